"""What was proved in a browser, as findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from hauberk.core.finding import Finding, HttpLocation, Rule, Severity
from hauberk.scan import evidence
from hauberk.scan.browser.dom import Proved
from hauberk.scan.browser.explore import template
from hauberk.scan.checks.active import dom_xss, open_redirect, reflected_xss
from hauberk.scan.surface import PLACEHOLDER

WORDS = {
    "name": "the name that another site gives its window",
    "message": "a message of another site",
    "referrer": "the address of the page that leads there",
    "storage": "what is in the browser's storage",
    "query": "the address",
    "fragment": "the address, behind #",
    "path": "the path",
}
STACK = 6


def findings(proved: Sequence[Proved]) -> list[Finding]:
    """One for each place; where a value both ran and led away, that it ran."""
    found: dict[tuple[str, str, str], Finding] = {}
    for one in sorted(proved, key=lambda p: p.call is None):
        made = finding(one)
        at = made.location
        assert isinstance(at, HttpLocation)  # noqa: S101 - as it was just made
        found.setdefault((at.path, str(at.place), str(at.parameter)), made)
    return list(found.values())


def finding(one: Proved) -> Finding:
    """A payload that ran or led away."""
    rule, reason = _judged(one)
    where = WORDS[one.source.kind]
    sink = one.sunk[-1].sink if one.sunk else ""
    through = f", through {sink}" if sink else ""
    shown: dict[str, Any] = {
        "request": {"method": "GET", "url": one.url, "value": one.payload, "source": one.source.kind},
        "control": {"method": "GET", "url": one.control},
        "reason": reason,
        "browser": "Chromium",
    }
    if one.call is not None:
        frames = [line.strip() for line in one.call.stack.splitlines() if "http" in line]
        shown["called"] = {"origin": one.call.origin, "stack": [line[: evidence.TEXT] for line in frames[:STACK]]}
    if one.sunk:
        shown["sink"] = {"name": sink, "value": one.sunk[-1].value[: evidence.TEXT], "stack": list(one.sunk[-1].stack)}
    if one.led_to:
        shown["location"] = one.led_to
    return Finding(
        rule=rule,
        outcome="fail",
        message=f"{parameter(one) or 'The fragment'} ({where}){through}: {reason}.",
        location=HttpLocation(
            method="GET", path=path(one), place=one.source.place, parameter=parameter(one) or one.source.kind
        ),
        own_severity=_severity(one),
        evidence=shown,
    )


def _judged(one: Proved) -> tuple[Rule, str]:
    if one.call is None:
        return open_redirect.RULE, f"a script sends the browser to {one.led_to[:200]}"
    if one.payload in one.body:
        return reflected_xss.RULE, "the server's answer holds it as it is, and Chromium ran it"
    return dom_xss.RULE, "a script of the page made it run: in Chromium the payload called back"


def _severity(one: Proved) -> Severity | None:
    """What has to be in the user's own storage already takes another fault to get there."""
    return "medium" if one.source.kind == "storage" and one.call is not None else None


def path(one: Proved) -> str:
    """The route, as `/items/{items}` or `/#/items`."""
    return template(one.source.page)


def parameter(one: Proved) -> str:
    """The input's name; of a path the name that its template has there."""
    if one.source.kind != "path":
        return one.source.parameter
    split = urlsplit(one.source.page)
    route = path(one).partition("#")[2] if split.fragment.lstrip("!").startswith("/") else path(one)
    parts = route.lstrip("!").strip("/").split("/")
    at = int(one.source.name) if one.source.name.isdigit() else 0
    part = parts[at] if at < len(parts) else ""
    named = PLACEHOLDER.fullmatch(part)
    return named[1] if named else part
