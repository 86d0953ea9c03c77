"""Violations that say nothing of an application: browsers' extensions, and pages that were never ours."""

from __future__ import annotations

from hauberk.wire.csp_report import Violation

EXTENSIONS = frozenset(
    "about brave chrome chrome-error chrome-extension chromenull edge extension gap gsa jar kaspersky-internal "
    "moz-extension ms-browser-extension mx opera resource safari-extension safari-web-extension user-script "
    "view-source webkit-masked-url webviewprogressproxy".split()
)
"""Schemes of what lives in the browser and not on the web."""
AGENTS = frozenset({"user-script", "sandbox eval code", "extensions", "<extension>"})
"""What stands for a file where an extension or a debugger runs code."""


def noise(violation: Violation) -> str:
    """Why a violation is none of the application's; empty if it may be."""
    for url in (violation.blocked, violation.source):
        scheme = url.partition(":")[0]
        if scheme in EXTENSIONS or url in AGENTS:
            return "an extension of the browser"
    scheme = violation.document.partition("://")[0]
    if scheme not in {"http", "https"}:
        return "not a page of a server"
    if violation.kind == "inline" and violation.directive != "script-src-attr" and not violation.source:
        # Browsers name the page and the line of what its own markup holds; what an extension injected has neither.
        return "inline, and not from the page's markup"
    return ""
