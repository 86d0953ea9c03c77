"""A login that tells whether an account exists: it answers a wrong password differently from a wrong name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from hauberk.core.finding import Finding, HttpLocation, Rule
from hauberk.scan import evidence
from hauberk.scan.client import Client
from hauberk.scan.fields import NAME, fields_of, with_fields
from hauberk.scan.lab import repeated
from hauberk.scan.messages import Request
from hauberk.scan.surface import FORM
from hauberk.scan.trial import Shot, canary

RULE = Rule(
    id="scan.user-enumeration",
    title="Login tells which accounts exist",
    severity="low",
    why="Stolen passwords are tried where an account is known to be, and that somebody has one may be a secret.",
    fix="Answer a wrong name and a wrong password with the same status and words, and take the same time for both.",
    cwe=(204,),
    asvs=("v5.0.0-6.3.8",),
    top10=("A07:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html",
)
PASSWORD = re.compile(r"pass|pwd|secret|pin$", re.IGNORECASE)


def judge(client: Client, login: Sequence[Request]) -> tuple[int, list[Finding]]:
    """How many logins were asked, and what was found: four attempts for each, with passwords that are wrong."""
    asked, found = 0, []
    for request in login:
        fields = fields_of(request)
        name = next((key for key in fields if NAME.search(key) and not PASSWORD.search(key)), None)
        password = next((key for key in fields if PASSWORD.search(key)), None)
        if name is None or password is None:
            continue
        asked += 1
        known, unknown = ([_attempt(client, request, name, password, fresh=f) for _ in range(2)] for f in (False, True))
        if any(shot.response.status == 429 or shot.response.status >= 500 for shot in (*known, *unknown)):
            continue
        # What may be repeated is taken out of all of them: a name may be a part of another word on the page.
        every = (*known, *unknown)
        first, second, third, fourth = (repeated(shot.response, every) for shot in every)
        if first == second and third == fourth and first != third:
            found.append(_finding(client, request, name, known[1], unknown[1]))
    return asked, found


def _attempt(client: Client, request: Request, name: str, password: str, *, fresh: bool) -> Shot:
    """One login with a wrong password: of the account that is known, or of one that nobody has."""
    word, fields = canary(), fields_of(request)
    value = (f"{word}@example.com" if "@" in fields[name] else word) if fresh else fields[name]
    changed = with_fields(request, fields | {name: value, password: f"Wrong-{word}-1"})
    response = client.send(changed)
    # The name that was sent may be repeated in the answer, and the word of the password.
    text = response.text.replace(f"Wrong-{word}-1", "").encode()
    return Shot(value=value, canary=word, request=client.complete(changed), response=replace(response, body=text))


def _finding(client: Client, request: Request, name: str, known: Shot, unknown: Shot) -> Finding:
    reason = f"status {known.response.status} for a wrong password, {unknown.response.status} for a wrong name"
    if known.response.status == unknown.response.status:
        reason = "the words are different for a wrong password and for a wrong name"
    return Finding(
        rule=RULE,
        outcome="fail",
        message=f"{name}: {reason}, twice each.",
        location=HttpLocation(
            method=request.method, path=request.path, place="form" if _is_form(request) else "json", parameter=name
        ),
        evidence={
            "reason": reason,
            "request": _shown(client, unknown.request),
            "response": evidence.response(unknown.response),
            "control": _shown(client, known.request) | {"response": evidence.response(known.response)},
        },
    )


def _shown(client: Client, request: Request) -> dict[str, object]:
    return evidence.request(client.origin, request)


def _is_form(request: Request) -> bool:
    return (request.header("content-type") or "").startswith(FORM)
