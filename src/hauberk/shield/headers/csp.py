"""Content-Security-Policy (CSP Level 3, with Trusted Types and the reporting directives)."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from difflib import get_close_matches

from hauberk.core.errors import ConfigurationError
from hauberk.core.options import flag, words
from hauberk.core.plan import NONCE as PLACEHOLDER
from hauberk.core.plan import Nonced, Steps

NONCE = f"'nonce-{PLACEHOLDER}'"
"""Write this source where a nonce is to stand; `{{ csp_nonce }}` in a template gives the same nonce."""

Sources = tuple[str, ...] | None

KEYWORDS = frozenset(
    "none self unsafe-inline unsafe-eval unsafe-hashes wasm-unsafe-eval strict-dynamic report-sample "
    "inline-speculation-rules trusted-types-eval unsafe-allow-redirects script allow-duplicates".split()
)
HASH_OR_NONCE = re.compile(r"'(sha(256|384|512)|nonce)-[A-Za-z0-9+/_-]+={0,2}'\Z")
UNQUOTED = re.compile(r"(sha(256|384|512)|nonce)-")
FORBIDDEN = re.compile(r"[;,\s\x00-\x1f\x7f-\U0010ffff]")
SANDBOX = frozenset(
    "allow-downloads allow-forms allow-modals allow-orientation-lock allow-pointer-lock allow-popups "
    "allow-popups-to-escape-sandbox allow-presentation allow-same-origin allow-scripts "
    "allow-storage-access-by-user-activation allow-top-navigation allow-top-navigation-by-user-activation "
    "allow-top-navigation-to-custom-protocols".split()
)
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
    worker_src: Sources = ("'self'",)
    report_only: bool = False
    """Browsers report and do not enforce. Policy sets it for `csp_report_only`."""
    insecure_without_default_src: bool = False
    """Allow a policy without default-src, which leaves everything not named open."""

    def __post_init__(self) -> None:
        for name in ("upgrade_insecure_requests", "report_only", "insecure_without_default_src"):
            flag(f"CSP.{name}", getattr(self, name))
        if self.report_to is not None:
            _token("CSP.report_to", self.report_to)
        for name in DIRECTIVES:
            sources = getattr(self, name)
            if sources is not None:
                _check(name, words(f"CSP.{name}", sources))
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


DIRECTIVES: tuple[str, ...] = tuple(
    f.name
    for f in fields(CSP)
    if f.name not in {"report_to", "upgrade_insecure_requests", "report_only", "insecure_without_default_src"}
)


def _check(name: str, sources: tuple[str, ...]) -> None:
    """Refuse what a browser would silently ignore or misread."""
    field = f"CSP.{name}"
    if name == "sandbox":
        for token in sources:
            if token not in SANDBOX:
                raise ConfigurationError(field, token, "is not a sandbox token (HTML, section 7.6)")
        return
    if not sources and name != "trusted_types":
        raise ConfigurationError(field, sources, "is empty, which browsers read as 'none'", "write (\"'none'\",)")
    for source in sources:
        _source(field, source)
    if "'none'" in sources and len(sources) > 1:
        raise ConfigurationError(
            field, sources, "has 'none' beside other sources, where it is ignored", "keep one of them"
        )
    if len(set(sources)) < len(sources):
        raise ConfigurationError(field, sources, "names a source twice")


def _source(field: str, source: str) -> None:
    if source == NONCE:
        return
    _token(field, source)
    bare = source.strip("'")
    if source in KEYWORDS - {"script", "default"} or UNQUOTED.match(source):
        raise ConfigurationError(
            field, source, "is a keyword without its quotes, so a host name to browsers", f'write "{source!r}"'
        )
    if source.startswith("'") and not (source.endswith("'") and (bare in KEYWORDS or HASH_OR_NONCE.match(source))):
        near = get_close_matches(bare, KEYWORDS, n=1)
        raise ConfigurationError(
            field, source, "is not a keyword of CSP", f"did you mean \"'{near[0]}'\"?" if near else ""
        )


def _token(field: str, text: str) -> None:
    if not text or FORBIDDEN.search(text):
        raise ConfigurationError(
            field,
            text,
            "is empty or holds a space, a comma, a semicolon or a character outside ASCII",
            "write each source as a text of its own",
        )
