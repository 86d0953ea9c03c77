"""The Observatory's test of Content-Security-Policy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hauberk.scan.headers import markup
from hauberk.scan.headers.policies import Merged, Sources, UnreadableError, merge, merge_meta
from hauberk.scan.headers.visit import Visit, joined

BROAD = frozenset({"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"})
UNSAFE = BROAD | {"'unsafe-inline'", "data:"}
TRUSTED = ("'sha256-", "'sha384-", "'sha512-", "'nonce-")
PASSIVE = ("img-src", "media-src")
PASSING = frozenset(
    {
        "csp-implemented-with-no-unsafe",
        "csp-implemented-with-no-unsafe-default-src-none",
        "csp-implemented-with-unsafe-inline-in-style-src-only",
        "csp-implemented-with-insecure-scheme-in-passive-content-only",
    }
)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the test says, and the merged policy that it said it of."""

    result: str
    sources: Sources = field(default_factory=dict)
    """Empty where there is no policy, or none that can be read."""

    @property
    def limits_frames(self) -> bool:
        """Whether frame-ancestors is there, which makes X-Frame-Options needless."""
        return "frame-ancestors" in self.sources


def content_security_policy(visit: Visit, algorithm: int) -> Policy:
    """Judge all policies of the page together. Version 4 did not part policies at commas."""
    sent = [*visit.page.all("content-security-policy")] if visit.page is not None else []
    # Two fields of one name reach the Observatory as one, joined by a comma.
    sent = [", ".join(sent)] if sent else []
    tags = list(markup.read(visit.page.text).policies) if visit.page is not None and visit.says_html else []
    if algorithm >= 6:
        sent, tags = ([part.strip() for field in group for part in field.split(",")] for group in (sent, tags))
    try:
        merged = merge([*sent, *tags])
    except UnreadableError:
        return Policy("csp-header-invalid")
    if len(_quietly(merge, sent)) + len(_quietly(merge_meta, tags)) == 0:
        only = bool(joined(visit.page, "content-security-policy-report-only"))
        return Policy("csp-not-implemented-but-reporting-enabled" if only else "csp-not-implemented")
    result = _judge(merged.sources, https=visit.is_https)
    if result in PASSING and merged.repeated:
        result = "csp-implemented-but-duplicate-directives"
    return Policy(result, merged.sources)


def _quietly(merger: Callable[[list[str]], Merged], policies: list[str]) -> Merged:
    try:
        return merger(policies)
    except UnreadableError:
        return Merged()


def _judge(sources: Sources, *, https: bool) -> str:
    """The first thing that is wrong, in the Observatory's order.

    The sets are shared and changed in place: what a nonce makes needless in script-src is gone from default-src too,
    where that serves for it.
    """
    everything = {"*"}
    default = sources.get("default-src", everything)
    objects = sources.get("object-src", default)
    scripts = sources.get("script-src", default)
    styles = sources.get("style-src", default)
    for allowed in (scripts, styles):
        if _has_trusted(allowed):
            allowed.discard("'unsafe-inline'")
    if "'strict-dynamic'" in scripts:
        if not _has_trusted(scripts):
            return "csp-header-invalid"
        scripts -= {s for s in scripts if s.startswith(tuple(BROAD)) or s in {"'self'", "'unsafe-inline'"}}
    active = {s for name, all_of_it in sources.items() if name not in {*PASSIVE, "script-src"} for s in all_of_it}
    passive = {s for name in PASSIVE for s in sources.get(name, sources.get("default-src", set()))}
    if scripts & UNSAFE or objects & BROAD:
        return "csp-implemented-with-unsafe-inline"
    if https and _insecure(active | scripts):
        return "csp-implemented-with-insecure-scheme"
    if "'unsafe-eval'" in scripts | styles:
        return "csp-implemented-with-unsafe-eval"
    if https and _insecure(passive):
        return "csp-implemented-with-insecure-scheme-in-passive-content-only"
    if styles & UNSAFE:
        return "csp-implemented-with-unsafe-inline-in-style-src-only"
    if sources.get("default-src") == {"'none'"}:
        return "csp-implemented-with-no-unsafe-default-src-none"
    return "csp-implemented-with-no-unsafe"


def _has_trusted(sources: set[str]) -> bool:
    return any(source.startswith(TRUSTED) for source in sources)


def _insecure(sources: set[str]) -> bool:
    return any(source.startswith(("http:", "ftp:")) for source in sources)
