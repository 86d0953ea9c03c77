"""Markup that was proved by reading the answers, opened in a browser: whether it runs there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from hauberk.core.finding import Finding, HttpLocation
from hauberk.core.progress import Progress
from hauberk.scan import build
from hauberk.scan.browser.gate import ClosedError
from hauberk.scan.browser.payloads import Kind, fresh, value
from hauberk.scan.browser.stage import Stage, StoppedError, Visit, file
from hauberk.scan.checks.active import reflected_xss, stored_xss
from hauberk.scan.messages import Request
from hauberk.scan.surface import FORM, Surface

KINDS: tuple[Kind, ...] = ("html", "string", "url", "call")
MOST = 25
"""Findings that are looked at."""


def confirmable(findings: Sequence[Finding]) -> list[Finding]:
    """Those that a browser can be asked about."""
    return [f for f in findings if f.rule.id in {reflected_xss.RULE.id, stored_xss.RULE.id}][:MOST]


def confirm(stage: Stage, surface: Surface, findings: Sequence[Finding], progress: Progress) -> dict[str, Finding]:
    """By fingerprint: the findings with what the browser made of them."""
    found: dict[str, Finding] = {}
    asked = confirmable(findings)
    for done, one in enumerate(asked):
        progress("opening in a browser", done, len(asked))
        try:
            said = _tried(stage, surface, one)
        except (StoppedError, ClosedError):
            break
        if said is not None:
            found[one.fingerprint] = replace(one, evidence={**one.evidence, "browser": said})
    return found


def _tried(stage: Stage, surface: Surface, one: Finding) -> dict[str, Any] | None:
    """What ran; that nothing did; None where there is nothing to open."""
    tried = False
    for kind in KINDS:
        number = fresh()
        text = value(kind, stage.name, number, stage.attacker)
        request = _request(surface, one, text)
        if request is None:
            return None
        visit = _opened(stage, one, request)
        if visit is None:
            return None
        tried = True
        call = next((c for c in visit.calls if c.id == number and stage.is_own(c.origin)), None)
        if call is not None:
            return {"name": "Chromium", "ran": True, "value": text, "url": visit.url}
    return {"name": "Chromium", "ran": False} if tried else None


def _request(surface: Surface, one: Finding, text: str) -> Request | None:
    at = one.location
    if not isinstance(at, HttpLocation) or at.place is None or at.parameter is None:
        return None
    operation = next((o for o in surface.operations if (o.method, o.path) == (at.method, at.path)), None)
    if operation is None:
        return None
    return build.request(operation, {(at.place, at.parameter): text})


def _opened(stage: Stage, one: Finding, request: Request) -> Visit | None:
    """Open what shows the value: the page that it was stored for, the address, or the answer to a form."""
    if one.rule.id == stored_xss.RULE.id:
        page = one.evidence.get("page")
        url = page.get("url") if isinstance(page, dict) else None
        if not isinstance(url, str):
            return None
        stage.gate.ask(request)
        return stage.visit(url, then=lambda opened: opened.evaluate(file("poke.js"), stage.name))
    if request.method == "GET" and not any(name == "cookie" for name, _ in request.headers):
        return stage.visit(
            stage.origin + request.target, then=lambda opened: opened.evaluate(file("poke.js"), stage.name)
        )
    if request.method == "POST" and (request.header("content-type") or "") == FORM:
        pairs = parse_qsl(request.body.decode(), keep_blank_values=True)
        return stage.sent(request.target, pairs)
    return None
