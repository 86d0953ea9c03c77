"""What one policy allows that another does not."""

from __future__ import annotations

from hauberk.shield.csp.explain import THINGS
from hauberk.shield.headers.csp import CSP
from hauberk.wire import csp_terms as terms

ALONE = ("base-uri", "form-action", "frame-ancestors", "trusted-types")
"""Directives with sources that nothing stands in for."""
SWITCHES = ("sandbox", "require-trusted-types-for", "upgrade-insecure-requests", "webrtc")
SILENT = frozenset({"'none'", "'report-sample'"})
SCHEMES = {"https:": ("https://", "wss://"), "http:": ("http://", "https://", "ws://", "wss://"), "wss:": ("wss://",)}


def loosened(old: CSP, new: CSP) -> list[str]:
    """What the new policy allows and the old one does not, such as `img-src https://img.example`; empty if nothing.

    Errs to the strict side: a source that is not plainly covered counts as new.
    """
    before, after = old.directives(nonced=True), new.directives(nonced=True)
    found: dict[str, None] = {}
    for name in (*THINGS, *ALONE):
        was, will = terms.effective(before, name), terms.effective(after, name)
        if was is None:
            continue
        if will is None:
            found[f"{name} is gone"] = None
            continue
        more = (source for source in after[will] if source not in SILENT and not _covered(source, before[was]))
        found.update(dict.fromkeys(f"{will} {source}" for source in more))
    for name in SWITCHES:
        if name in before and name not in after:
            found[f"{name} is gone"] = None
        elif name in before and not set(after[name]) <= set(before[name]):
            found[f"{name} {' '.join(after[name])}"] = None
    return list(found)


def _covered(source: str, sources: tuple[str, ...]) -> bool:
    if source in sources:
        return True
    if source.startswith("'") or source in {"data:", "blob:", "filesystem:"}:
        return False
    return "*" in sources or any(source.startswith(SCHEMES.get(wide, ())) for wide in sources if wide in SCHEMES)
