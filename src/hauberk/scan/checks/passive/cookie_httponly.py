"""A session cookie that scripts can read."""

from __future__ import annotations

from hauberk.core.finding import Rule
from hauberk.scan.page import FINE, Page, Seen, is_session

RULE = Rule(
    id="scan.cookie-not-httponly",
    title="Session cookie without HttpOnly",
    severity="medium",
    why="A script that an attacker injects reads the cookie and takes the session with it.",
    fix="Set HttpOnly on every cookie that no script of yours has to read.",
    cwe=(1004,),
    asvs=("v5.0.0-3.3.4",),
    top10=("A02:2025",),
    docs="https://developer.mozilla.org/docs/Web/HTTP/Headers/Set-Cookie#httponly",
)


def judge(page: Page) -> Seen | None:
    """Only cookies that say who you are: others may be meant for scripts."""
    sessions = [cookie for cookie in page.cookies if is_session(cookie)]
    if not sessions:
        return None
    names = sorted({cookie.name for cookie in sessions if cookie.attribute("httponly") is None})
    return Seen(fault=f"without HttpOnly: {', '.join(names)}") if names else FINE
