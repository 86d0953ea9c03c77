"""Policy: everything an application asks of hauberk, as one frozen value."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from hauberk.core.equipment import Assembly
from hauberk.core.errors import ConfigurationError, InputError
from hauberk.core.options import did_you_mean, shown
from hauberk.core.plan import Feature, Plan
from hauberk.core.store import Store
from hauberk.events import Events
from hauberk.guard import Guard
from hauberk.guard.actors import Actors
from hauberk.shield.bearer import Bearer, Verifies
from hauberk.shield.cookies import Cookies
from hauberk.shield.cors import CORS
from hauberk.shield.csp import CSPReports
from hauberk.shield.csrf import CSRF
from hauberk.shield.exempt import Exempt
from hauberk.shield.failures import Failures
from hauberk.shield.fetch_metadata import FetchMetadata
from hauberk.shield.headers import (
    COEP,
    COOP,
    CORP,
    CSP,
    HSTS,
    NEL,
    CacheControl,
    ClearSiteData,
    ContentTypeOptions,
    CrossDomainPolicies,
    DNSPrefetchControl,
    DownloadOptions,
    Fingerprint,
    FrameOptions,
    OriginAgentCluster,
    PermissionsPolicy,
    ReferrerPolicy,
    Reporting,
    XSSProtection,
)
from hauberk.shield.hosts import Hosts
from hauberk.shield.https import HTTPS
from hauberk.shield.limits import Limits
from hauberk.shield.paths import Paths
from hauberk.shield.sessions import CookieSessions, Sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One field a feature: `None` is off, an instance is on with its options.

    Start from a profile and change what differs: `Policy.recommended().replace(csp=None)`.
    """

    https: HTTPS | None = None
    """Redirects to https, and the proxies that are believed; first of all, as the others see what it makes of it."""
    actors: Actors | None = None
    """Who attacks is held back for a while; before all that may answer, so that it hears of all that is refused."""
    hosts: Hosts | None = None
    paths: Paths | None = None
    csp: CSP | None = None
    csp_report_only: CSP | None = None
    coop: COOP | None = None
    coep: COEP | None = None
    corp: CORP | None = None
    origin_agent_cluster: OriginAgentCluster | None = None
    referrer_policy: ReferrerPolicy | None = None
    hsts: HSTS | None = None
    content_type_options: ContentTypeOptions | None = None
    dns_prefetch_control: DNSPrefetchControl | None = None
    download_options: DownloadOptions | None = None
    frame_options: FrameOptions | None = None
    permissions_policy: PermissionsPolicy | None = None
    cross_domain_policies: CrossDomainPolicies | None = None
    xss_protection: XSSProtection | None = None
    cache_control: CacheControl | None = None
    reporting: Reporting | None = None
    nel: NEL | None = None
    clear_site_data: ClearSiteData | None = None
    fingerprint: Fingerprint | None = None
    """Fields of the application's that are taken away, such as X-Powered-By."""
    csp_reports: CSPReports | None = None
    """An address that browsers report violations of the policy to."""
    cookies: Cookies | None = None
    cors: CORS | None = None
    sessions: Sessions | CookieSessions | None = None
    limits: Limits | None = None
    fetch_metadata: FetchMetadata | None = None
    csrf: CSRF | None = None
    tokens: Bearer | Verifies | None = None
    """Access tokens in Authorization; a Tokens by itself stands for `Bearer(tokens=...)`."""
    failures: Failures | None = None
    guard: Guard | None = None
    events: Events | None = None
    """Keeps every decision in a store, for the dashboard."""

    def __post_init__(self) -> None:
        # Known by what it does: importing its class would load `cryptography` into every application.
        if self.tokens is not None and not isinstance(self.tokens, Bearer) and hasattr(self.tokens, "check_sync"):
            object.__setattr__(self, "tokens", Bearer(tokens=self.tokens))
        for name, kind in FIELDS.items():
            value = getattr(self, name)
            if value is not None and not isinstance(value, kind):
                first = kind[0] if isinstance(kind, tuple) else kind
                fix = f"write {name}={first.__name__}(...), or None"
                raise ConfigurationError(f"Policy.{name}", shown(name, value), f"is not a {first.__name__}", fix)
        # The field decides, so that one CSP can serve in both places.
        if self.csp is not None and self.csp.report_only:
            object.__setattr__(self, "csp", replace(self.csp, report_only=False))
        if self.csp_report_only is not None and not self.csp_report_only.report_only:
            object.__setattr__(self, "csp_report_only", replace(self.csp_report_only, report_only=True))

    @classmethod
    def recommended(cls) -> Self:
        """For an application with pages: strict, and nothing that a well-made page trips over."""
        return cls(
            csp=CSP(),
            coop=COOP(),
            corp=CORP(),
            origin_agent_cluster=OriginAgentCluster(),
            referrer_policy=ReferrerPolicy(),
            hsts=HSTS(),
            content_type_options=ContentTypeOptions(),
            frame_options=FrameOptions(),
            permissions_policy=PermissionsPolicy(),
            cross_domain_policies=CrossDomainPolicies(),
            cache_control=CacheControl(),
            fingerprint=Fingerprint(),
            cookies=Cookies(),
            paths=Paths(encoded_slash="allow"),
            limits=Limits(),
            csrf=CSRF(),
            failures=Failures(),
            guard=Guard(),
        )

    @classmethod
    def strict(cls) -> Self:
        """For an application that was written for it: Trusted Types, isolation, and a guard that blocks."""
        return cls.recommended().replace(
            csp=CSP.strict(),
            coep=COEP(),
            frame_options=FrameOptions(action="DENY"),
            referrer_policy=ReferrerPolicy(policy=("no-referrer",)),
            cookies=Cookies(same_site="strict"),
            paths=Paths(),
            fetch_metadata=FetchMetadata(),
            guard=Guard(mode="block"),
        )

    @classmethod
    def api(cls) -> Self:
        """For an application that answers with data only."""
        return cls.recommended().replace(
            csp=CSP.api(),
            frame_options=FrameOptions(action="DENY"),
            referrer_policy=ReferrerPolicy(policy=("no-referrer",)),
            permissions_policy=None,
        )

    @classmethod
    def helmet(cls) -> Self:
        """The headers that helmet 8 sends by default, byte for byte, and nothing else."""
        return cls(
            csp=CSP.helmet(),
            coop=COOP(),
            corp=CORP(),
            origin_agent_cluster=OriginAgentCluster(),
            referrer_policy=ReferrerPolicy(policy=("no-referrer",)),
            hsts=HSTS(),
            content_type_options=ContentTypeOptions(),
            dns_prefetch_control=DNSPrefetchControl(),
            download_options=DownloadOptions(),
            frame_options=FrameOptions(),
            cross_domain_policies=CrossDomainPolicies(),
            xss_protection=XSSProtection(),
            fingerprint=Fingerprint(remove=frozenset({"x-powered-by"})),
        )

    @classmethod
    def oshp(cls) -> Self:
        """What the OWASP Secure Headers Project advises: every check of its validator passes.

        For compliance more than for comfort: nothing is cached, and pages with pictures or frames of other sites
        break. Where its list and its validator differ, the validator counts (HSTS: a year, not two).
        """
        return cls.strict().replace(
            csp=CSP.of(
                default_src=("'self'",),
                form_action=("'self'",),
                base_uri=("'self'",),
                object_src=("'none'",),
                frame_ancestors=("'none'",),
                upgrade_insecure_requests=True,
            ),
            permissions_policy=PermissionsPolicy.oshp(),
            dns_prefetch_control=DNSPrefetchControl(),
            cache_control=CacheControl(personal="no-store, max-age=0", always="no-store, max-age=0"),
            clear_site_data=ClearSiteData(paths=frozenset({"/logout"})),
            fingerprint=Fingerprint.oshp(),
            cookies=Cookies(),
            guard=Guard(),
        )

    def replace(self, **changes: Any) -> Self:
        """The same policy with these fields changed. Raises ConfigurationError for a field that does not exist."""
        for name in changes:
            if name not in FIELDS:
                value = shown(name, changes[name])
                raise ConfigurationError(f"Policy.{name}", value, "is not a field", did_you_mean(name, FIELDS))
        return replace(self, **changes)

    @classmethod
    def load(cls, *, pyproject: Path | str | None = None, environ: Mapping[str, str] | None = None) -> Self:
        """The policy that `[tool.hauberk]` of a pyproject.toml names: `profile`, `off`, and a table a feature.

        `environ` may override the profile: HAUBERK_PROFILE. Secrets are never read from the file.
        """
        table: Mapping[str, Any] = {}
        if pyproject is not None:
            table = _table(Path(pyproject))
        profile = (environ or {}).get("HAUBERK_PROFILE") or table.get("profile", "recommended")
        if profile not in PROFILES:
            raise ConfigurationError(
                "tool.hauberk.profile", profile, "is not a profile", did_you_mean(profile, PROFILES)
            )
        policy: Self = getattr(cls, profile)()
        changes: dict[str, Any] = {}
        for name in table.get("off", ()):
            changes[name] = None
        for name, options in table.items():
            if name in {"profile", "off", *OTHER_TABLES}:
                continue
            changes[name] = _feature(name, options, getattr(policy, name, None))
        return policy.replace(**changes)

    def features(self) -> Iterator[Feature]:
        """What is on, in the order in which it acts."""
        for name in FIELDS:
            if (feature := getattr(self, name)) is not None:
                yield feature

    def plan(self, assembly: Assembly | None = None) -> Plan:
        """Compile it once, for the adapters; variants of one policy by one `assembly`, so that they share stores."""
        return (assembly or assemble()).plan({name: getattr(self, name) for name in FIELDS})


FIELDS: dict[str, type[Any] | tuple[type[Any], ...]] = {
    "https": HTTPS,
    "actors": Actors,
    "hosts": Hosts,
    "paths": Paths,
    "csp": CSP,
    "csp_report_only": CSP,
    "coop": COOP,
    "coep": COEP,
    "corp": CORP,
    "origin_agent_cluster": OriginAgentCluster,
    "referrer_policy": ReferrerPolicy,
    "hsts": HSTS,
    "content_type_options": ContentTypeOptions,
    "dns_prefetch_control": DNSPrefetchControl,
    "download_options": DownloadOptions,
    "frame_options": FrameOptions,
    "permissions_policy": PermissionsPolicy,
    "cross_domain_policies": CrossDomainPolicies,
    "xss_protection": XSSProtection,
    "cache_control": CacheControl,
    "reporting": Reporting,
    "nel": NEL,
    "clear_site_data": ClearSiteData,
    "fingerprint": Fingerprint,
    "csp_reports": CSPReports,
    "cookies": Cookies,
    "cors": CORS,
    "sessions": (Sessions, CookieSessions),
    "limits": Limits,
    "fetch_metadata": FetchMetadata,
    "csrf": CSRF,
    "tokens": Bearer,
    "failures": Failures,
    "guard": Guard,
    "events": Events,
}
"""Field to the class that it takes; in the order in which features act."""

OTHER_TABLES = ("audit", "cli", "flows")
"""Tables of `[tool.hauberk]` that are for commands."""
PROFILES = ("recommended", "strict", "api", "helmet", "oshp")


def assemble() -> Assembly:
    """What compiles policies: with stores of its own, and keys of this process's secrets."""
    return Assembly(store=_store(), keys=_keys)


def _store() -> Callable[[str], Store]:
    """How a plan opens its stores: one for each URL, whoever asks."""
    opened: dict[str, Store] = {}

    def store(url: str) -> Store:
        if url not in opened:
            from hauberk.stores import open_store

            opened[url] = open_store(url)
        return opened[url]

    return store


def _keys(purpose: str) -> tuple[bytes, ...]:
    """Keys of HAUBERK_SECRET; without it, of a secret that this process makes up and forgets."""
    from hauberk.crypto.secrets import VARIABLE, Secrets

    global _ephemeral  # noqa: PLW0603 - one for all policies of a process, so that their keys agree
    if os.environ.get(VARIABLE):
        return Secrets.from_environ(os.environ).keys(purpose)
    _ephemeral = _ephemeral or Secrets.ephemeral()
    keys: tuple[bytes, ...] = _ephemeral.keys(purpose)
    return keys


_ephemeral: Any = None


def _table(path: Path) -> Mapping[str, Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(str(path), f"cannot be read: {error}", "give a pyproject.toml") from error
    tool = document.get("tool", {})
    table = tool.get("hauberk", {}) if isinstance(tool, Mapping) else tool
    if not isinstance(table, Mapping):
        raise ConfigurationError("tool.hauberk", table, "is not a table", "write [tool.hauberk]")
    for name, value in table.items():
        if name not in FIELDS and name not in {"profile", "off", *OTHER_TABLES}:
            fix = did_you_mean(name, [*FIELDS, "profile", "off"])
            raise ConfigurationError(f"tool.hauberk.{name}", shown(name, value), "is not a field", fix)
    if not isinstance(table.get("off", []), list):
        raise ConfigurationError("tool.hauberk.off", table["off"], "is no list", 'write off = ["csrf"]')
    return table


def _feature(name: str, options: object, current: Any) -> Any:
    """A feature from a TOML table, changing the profile's own where that has it on."""
    if not isinstance(options, Mapping):
        raise ConfigurationError(f"tool.hauberk.{name}", options, "is not a table", f"write [tool.hauberk.{name}]")
    kind = _kind(name, options, current)
    known = {f.name for f in fields(kind) if f.init and f.repr}  # what is not shown, as keys, is for code alone
    for option, value in options.items():
        if option not in known:
            fix = did_you_mean(option, sorted(known))
            raise ConfigurationError(f"tool.hauberk.{name}.{option}", shown(option, value), "is not an option", fix)
    given = {key: _exempt(value) if key in EXEMPTIONS else _value(value) for key, value in options.items()}
    if current is not None:
        return replace(current, **given)
    needed = [f.name for f in fields(kind) if f.init and f.default is MISSING and f.default_factory is MISSING]
    if missing := [one for one in needed if one not in given]:
        problem = f"needs {missing[0]}"
        fix = "give it there" if missing[0] in known else f"say it in code: Policy.replace({name}={kind.__name__}(...))"
        raise ConfigurationError(f"tool.hauberk.{name}", dict(options), problem, fix)
    return kind(**given)


def _kind(name: str, options: Mapping[str, Any], current: Any) -> type[Any]:
    """The class that a table is of: where there are several, the first that knows all its options."""
    kinds = FIELDS[name]
    if not isinstance(kinds, tuple):
        return kinds
    if current is not None:
        return type(current)
    return next((kind for kind in kinds if set(options) <= {f.name for f in fields(kind)}), kinds[0])


EXEMPTIONS = frozenset({"exempt", "open"})
"""Options whose tables are paths with the reason why they are left out."""


def _exempt(value: Any) -> Any:
    tables = _value(value)
    return (
        tuple(_exemption(one) if isinstance(one, dict) else one for one in tables)
        if isinstance(tables, tuple)
        else tables
    )


def _exemption(table: Mapping[str, Any]) -> Exempt:
    if set(table) != {"path", "reason"}:
        raise ConfigurationError(
            "exempt", table, "needs a path and a reason", "write { path = '/hooks/', reason = '...' }"
        )
    return Exempt(**table)


def _value(value: Any) -> Any:
    """TOML's arrays are our tuples."""
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, Mapping):
        return {key: _value(item) for key, item in value.items()}
    return value


assert set(FIELDS) == {f.name for f in fields(Policy)}  # noqa: S101 - read at import, once
