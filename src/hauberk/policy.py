"""Policy: everything an application asks of hauberk, as one frozen value."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from hauberk.core.errors import ConfigurationError, InputError
from hauberk.core.options import did_you_mean
from hauberk.core.plan import Feature, Plan
from hauberk.guard import Guard
from hauberk.shield.cookies import Cookies
from hauberk.shield.failures import Failures
from hauberk.shield.headers import (
    COEP,
    COOP,
    CORP,
    CSP,
    HSTS,
    CacheControl,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One field a feature: `None` is off, an instance is on with its options.

    Start from a profile and change what differs: `Policy.recommended().replace(csp=None)`.
    """

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
    fingerprint: Fingerprint | None = None
    """Fields of the application's that are taken away, such as X-Powered-By."""
    cookies: Cookies | None = None
    failures: Failures | None = None
    guard: Guard | None = None

    def __post_init__(self) -> None:
        for name, kind in FIELDS.items():
            value = getattr(self, name)
            if value is not None and not isinstance(value, kind):
                raise ConfigurationError(
                    f"Policy.{name}", value, f"is not a {kind.__name__}", f"write {name}={kind.__name__}(...), or None"
                )
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

    def replace(self, **changes: Any) -> Self:
        """The same policy with these fields changed. Raises ConfigurationError for a field that does not exist."""
        for name in changes:
            if name not in FIELDS:
                raise ConfigurationError(f"Policy.{name}", changes[name], "is not a field", did_you_mean(name, FIELDS))
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
            if name in {"profile", "off"}:
                continue
            changes[name] = _feature(name, options, getattr(policy, name, None))
        return policy.replace(**changes)

    def features(self) -> Iterator[Feature]:
        """What is on, in the order in which it acts."""
        for name in FIELDS:
            if (feature := getattr(self, name)) is not None:
                yield feature

    def plan(self) -> Plan:
        """Compile it once, for the adapters."""
        return Plan.of(self.features())


FIELDS: dict[str, type[Any]] = {
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
    "fingerprint": Fingerprint,
    "cookies": Cookies,
    "failures": Failures,
    "guard": Guard,
}
"""Field to the class that it takes; in the order in which features act."""

PROFILES = ("recommended", "strict", "api", "helmet")


def _table(path: Path) -> Mapping[str, Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(str(path), f"cannot be read: {error}", "give a pyproject.toml") from error
    table = document.get("tool", {}).get("hauberk", {})
    for name in table:
        if name not in FIELDS and name not in {"profile", "off"}:
            raise ConfigurationError(
                f"tool.hauberk.{name}", table[name], "is not a field", did_you_mean(name, [*FIELDS, "profile", "off"])
            )
    return table  # type: ignore[no-any-return]


def _feature(name: str, options: object, current: Any) -> Any:
    """A feature from a TOML table, changing the profile's own where that has it on."""
    if not isinstance(options, Mapping):
        raise ConfigurationError(f"tool.hauberk.{name}", options, "is not a table", f"write [tool.hauberk.{name}]")
    kind = FIELDS[name]
    known = {f.name for f in fields(kind)}
    for option in options:
        if option not in known:
            raise ConfigurationError(
                f"tool.hauberk.{name}.{option}",
                options[option],
                "is not an option",
                did_you_mean(option, sorted(known)),
            )
    given = {key: _value(value) for key, value in options.items()}
    return replace(current, **given) if current is not None else kind(**given)


def _value(value: Any) -> Any:
    """TOML's arrays are our tuples."""
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, Mapping):
        return {key: _value(item) for key, item in value.items()}
    return value


assert set(FIELDS) == {f.name for f in fields(Policy)}  # noqa: S101 - read at import, once
