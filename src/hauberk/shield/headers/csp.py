"""Content-Security-Policy (CSP Level 3, with Trusted Types and the reporting directives)."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from hashlib import sha256, sha384, sha512
from typing import Literal

from hauberk.core.errors import ConfigurationError
from hauberk.core.options import did_you_mean, flag, words
from hauberk.core.plan import NONCE as PLACEHOLDER
from hauberk.core.plan import Nonced, Steps
from hauberk.shield.headers.csp_checks import NONCE as NONCE
from hauberk.shield.headers.csp_checks import check
from hauberk.wire import csp_terms as terms
from hauberk.wire.csp import parse

Sources = tuple[str, ...] | None
Algorithm = Literal["sha256", "sha384", "sha512"]

DIGESTS = {"sha256": sha256, "sha384": sha384, "sha512": sha512}
REPORT_TO = re.compile(r"[a-z*][a-z0-9_.*-]*\Z")
"""A key of the Reporting-Endpoints dictionary (RFC 9651)."""
LEARN_PATH = "/.well-known/hauberk/csp"
"""Where `CSPReports` listens, unless told otherwise."""
LEARN_ENDPOINT = "hauberk-csp"
"""The name of that place in Reporting-Endpoints."""
NONCE_ONLY = frozenset({NONCE, "'strict-dynamic'"})
"""Sources that mean nothing, or block everything, in a page that has no nonce."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CSP:
    """What a page may load and run: the strongest second line against cross-site scripting (CWE-79).

    The defaults are a strict policy that pages can live with. A page that reads the nonce gets
    `script-src 'self' 'nonce-...' 'strict-dynamic'`: scripts with the nonce run, and those that they load. A page that
    never reads it gets the same policy without these two sources, so that its own script files go on working.
    """

    default_src: Sources = ("'none'",)
    """For every fetch directive that is not given; None only with `insecure_without_default_src`."""
    base_uri: Sources = ("'self'",)
    child_src: Sources = None
    connect_src: Sources = ("'self'",)
    fenced_frame_src: Sources = None
    font_src: Sources = ("'self'",)
    form_action: Sources = ("'self'",)
    frame_ancestors: Sources = ("'self'",)
    frame_src: Sources = ("'self'",)
    img_src: Sources = ("'self'", "data:")
    manifest_src: Sources = ("'self'",)
    media_src: Sources = ("'self'",)
    object_src: Sources = None
    prefetch_src: Sources = None
    """Obsolete: browsers ignore it."""
    report_to: str | None = None
    """The name of a Reporting endpoint."""
    report_uri: Sources = None
    require_trusted_types_for: Sources = None
    sandbox: Sources = None
    """`()` for the bare directive."""
    script_src: Sources = ("'self'", NONCE, "'strict-dynamic'")
    script_src_attr: Sources = None
    script_src_elem: Sources = None
    style_src: Sources = ("'self'", NONCE)
    style_src_attr: Sources = None
    style_src_elem: Sources = None
    trusted_types: Sources = None
    upgrade_insecure_requests: bool = False
    """Off by default: it breaks http-only hosts, and development on localhost in Safari."""
    webrtc: Literal["allow", "block"] | None = None
    """Whether connections between browsers may be made (CSP3, section 6.4.1)."""
    worker_src: Sources = ("'self'",)
    report_only: bool = False
    """Browsers report and do not enforce. Policy sets it for `csp_report_only`."""
    insecure_without_default_src: bool = False
    """Allow a policy without default-src, which leaves everything not named open."""

    def __post_init__(self) -> None:
        for name in ("upgrade_insecure_requests", "report_only", "insecure_without_default_src"):
            flag(f"CSP.{name}", getattr(self, name))
        if self.report_to is not None and not REPORT_TO.match(self.report_to):
            raise ConfigurationError("CSP.report_to", self.report_to, "is not a name of Reporting-Endpoints")
        if self.webrtc not in {None, "allow", "block"}:
            raise ConfigurationError("CSP.webrtc", self.webrtc, "is neither 'allow' nor 'block'")
        for name in DIRECTIVES:
            sources = getattr(self, name)
            if sources is not None:
                object.__setattr__(self, name, words(f"CSP.{name}", sources))
                check(name, getattr(self, name))
        if self.default_src is None and not self.insecure_without_default_src:
            raise ConfigurationError(
                "CSP.default_src",
                None,
                "leaves every fetch that is not named open",
                "write (\"'none'\",) or (\"'self'\",)",
            )
        if not self.directives(nonced=True):
            raise ConfigurationError("CSP", "", "has no directive", "set some, or turn the header off with None")

    @classmethod
    def of(cls, *, report_only: bool = False, **directives: tuple[str, ...] | str | bool | None) -> CSP:
        """A policy of exactly these directives, without the defaults; names as in the constructor."""
        known = {f.name for f in fields(cls)}
        for name in directives:
            if name not in known:
                near = get_close_matches(name.replace("-", "_"), known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else "see CSP's fields"
                raise ConfigurationError("CSP", name, "is not a directive", hint)
        return cls(**dict.fromkeys(DIRECTIVES) | {"report_only": report_only} | directives)  # type: ignore[arg-type]

    @classmethod
    def learn(cls, *, path: str = LEARN_PATH, endpoint: str | None = None) -> CSP:
        """Everything is reported and nothing is blocked, to find out what pages load: for `csp_report_only`.

        `path` is where `CSPReports` listens. Stands beside whatever is enforced. `hauberk csp propose` makes a policy
        of what comes in. `endpoint` (`"hauberk-csp"`) adds report-to, for https only: where it stands, Chromium leaves
        report-uri alone, and on http, localhost included, then reports nothing at all.
        """
        none = ("'none'",)
        return cls.of(
            report_only=True,
            default_src=none,
            base_uri=none,
            form_action=none,
            frame_ancestors=none,
            # A sample is cut after 40 characters: it says which script, and too little to give anything away.
            script_src=("'report-sample'",),
            style_src=("'report-sample'",),
            report_uri=(path,),
            report_to=endpoint,
        )

    @staticmethod
    def hash_of(text: str | bytes, algorithm: Algorithm = "sha256") -> str:
        """The source that allows exactly this inline script or style, as it stands between its tags.

        Line ends are counted as browsers count them: they turn each into a line feed before they hash.
        """
        if algorithm not in DIGESTS:
            raise ConfigurationError("algorithm", algorithm, "is not one of CSP", did_you_mean(algorithm, DIGESTS))
        octets = text.encode() if isinstance(text, str) else text
        octets = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return f"'{algorithm}-{b64encode(DIGESTS[algorithm](octets).digest()).decode('ascii')}'"

    def adding(self, sources: Mapping[str, str | tuple[str, ...]]) -> CSP:
        """The same policy with more sources: `{"img-src": ("https://img.example",)}`.

        A directive that was not given starts from what stood in for it, so that nothing is taken away.
        """
        changes: dict[str, tuple[str, ...]] = {}
        given = self.directives(nonced=True)
        for written, more in sources.items():
            name = written.replace("-", "_")
            if name not in DIRECTIVES:
                known = [one.replace("_", "-") for one in DIRECTIVES]
                raise ConfigurationError("CSP", written, "is not a directive", did_you_mean(written, known))
            added = (more,) if isinstance(more, str) else words(f"CSP.{name}", more)
            stands = terms.effective(given, name.replace("_", "-"))
            if stands is None and name not in {"report_uri", "require_trusted_types_for"}:
                raise ConfigurationError(
                    f"CSP.{name}", added, "is added to a directive that allows everything", "leave it out"
                )
            before = tuple(s for s in given[stands] if s != "'none'") if stands else ()
            changes[name] = tuple(dict.fromkeys((*before, *added)))
        return replace(self, **changes)  # type: ignore[arg-type]

    @classmethod
    def parse(cls, text: str) -> CSP:
        """The policy of a header's value; of several, joined by commas, the first.

        `'nonce-{nonce}'` stands for the nonce, as in `value`. Raises ConfigurationError for what browsers would ignore.
        """
        directives = (parse(text) or [{}])[0]
        given: dict[str, tuple[str, ...] | str | bool] = {}
        for name, sources in directives.items():
            if name not in terms.KNOWN:
                raise ConfigurationError("CSP", name, "is not a directive", did_you_mean(name, sorted(terms.KNOWN)))
            field = name.replace("-", "_")
            if name == "upgrade-insecure-requests":
                given[field] = True
            elif name in {"report-to", "webrtc"}:
                given[field] = sources[0].strip("'") if sources else ""
            else:
                given[field] = sources
        opened = "default-src" not in directives
        return cls.of(report_only=False, insecure_without_default_src=opened, **given)

    @classmethod
    def helmet(cls) -> CSP:
        """What helmet 8 sends by default."""
        return cls.of(
            default_src=("'self'",),
            base_uri=("'self'",),
            font_src=("'self'", "https:", "data:"),
            form_action=("'self'",),
            frame_ancestors=("'self'",),
            img_src=("'self'", "data:"),
            object_src=("'none'",),
            script_src=("'self'",),
            script_src_attr=("'none'",),
            style_src=("'self'", "https:", "'unsafe-inline'"),
            upgrade_insecure_requests=True,
        )

    @classmethod
    def api(cls) -> CSP:
        """For answers that are no pages: nothing loads, nobody frames."""
        return cls.of(
            default_src=("'none'",), base_uri=("'none'",), form_action=("'none'",), frame_ancestors=("'none'",)
        )

    @classmethod
    def strict(cls) -> CSP:
        """Only scripts with the nonce; no frames; Trusted Types."""
        return cls(
            script_src=(NONCE, "'strict-dynamic'"),
            style_src=("'self'", NONCE),
            base_uri=("'none'",),
            frame_ancestors=("'none'",),
            frame_src=None,
            require_trusted_types_for=("'script'",),
        )

    def directives(self, *, nonced: bool) -> dict[str, tuple[str, ...]]:
        """Directive to sources, default-src first and the rest by name, for a page with or without a nonce."""
        found: dict[str, tuple[str, ...]] = {}
        for name in DIRECTIVES:
            sources = getattr(self, name)
            if sources is None:
                continue
            kept = tuple(s for s in sources if nonced or NONCE not in sources or s not in NONCE_ONLY)
            found[name.replace("_", "-")] = kept or (("'none'",) if sources else ())
        if self.report_to is not None:
            found["report-to"] = (self.report_to,)
        if self.webrtc is not None:
            found["webrtc"] = (f"'{self.webrtc}'",)
        if self.upgrade_insecure_requests:
            found["upgrade-insecure-requests"] = ()
        default = {"default-src": found.pop("default-src")} if "default-src" in found else {}
        return default | dict(sorted(found.items()))

    def value(self, *, nonced: bool) -> str:
        """The field's value; `{nonce}` stands for the nonce."""
        return ";".join(" ".join((name, *sources)) for name, sources in self.directives(nonced=nonced).items())

    def steps(self) -> Steps:
        """A constant field, or one with the nonce."""
        name = "content-security-policy" + "-report-only" * self.report_only
        with_nonce = self.value(nonced=True)
        if PLACEHOLDER not in with_nonce:
            return Steps(headers=((name, with_nonce),))
        return Steps(nonced=(Nonced(name=name, with_nonce=with_nonce, without=self.value(nonced=False)),))


NO_SOURCES = frozenset(
    {"report_to", "webrtc", "upgrade_insecure_requests", "report_only", "insecure_without_default_src"}
)
DIRECTIVES: tuple[str, ...] = tuple(f.name for f in fields(CSP) if f.name not in NO_SOURCES)
"""Fields that hold a tuple."""
