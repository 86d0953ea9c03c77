"""What a finding shows: request, control, both answers, and the call at the sink. JSON values only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath
from typing import Any

from hauberk.core.events import SinkEvent
from hauberk.core.finding import HttpLocation
from hauberk.scan.messages import Request, Response
from hauberk.scan.surface import Operation, Parameter
from hauberk.scan.trial import CANARY, Shot
from hauberk.wire.set_cookie import SetCookie

EXCERPT = 240
TEXT = 500
BODY = 2_000
SECRET = 16
"""Characters from which on a cookie's value may be a credential."""
HIDDEN = "(hidden)"


def request(origin: str, sent: Request) -> dict[str, Any]:
    """A request, complete enough to send it again by whoever has a session of his own."""
    return {
        "method": sent.method,
        "url": origin + sent.target,
        "headers": {name: _without_secrets(name, value) for name, value in sent.headers},
        "body": sent.body[:BODY].decode("utf-8", "replace"),
    }


def _without_secrets(name: str, value: str) -> str:
    """Credentials of the scan's own session are nobody's business; what the probe put there is."""
    if name == "authorization" and CANARY.search(value) is None:
        return value.partition(" ")[0] + " " + HIDDEN
    if name != "cookie":
        return value
    pairs = (part.partition("=") for part in value.split("; "))
    return "; ".join(
        f"{key}={HIDDEN if len(held) >= SECRET and CANARY.search(held) is None else held}" for key, _, held in pairs
    )


def fields(answer: Response) -> list[list[str]]:
    """The header of an answer, without the credentials that it hands out."""
    return [[name, _given(value) if name == "set-cookie" else value] for name, value in answer.headers]


def _given(line: str) -> str:
    cookie = SetCookie.parse(line)
    return str(replace(cookie, value=HIDDEN)) if len(cookie.value) >= SECRET else line


def response(answer: Response, around: str = "") -> dict[str, Any]:
    """Status and a short piece of the body, around a word if it is there."""
    text = answer.text
    at = max(text.lower().find(around), 0) if around else 0
    start = max(at - EXCERPT // 2, 0)
    said: dict[str, Any] = {"status": answer.status, "body": text[start : start + EXCERPT]}
    if answer.header("location"):
        said["location"] = answer.header("location")
    if answer.error:
        said["error"] = answer.error[:TEXT]
    return said


def event(seen: SinkEvent, root: str) -> dict[str, Any]:
    """The call at the sink."""
    said: dict[str, Any] = {"kind": seen.kind, "target": seen.target, "text": seen.text[:TEXT]}
    if seen.argv:
        said["argv"] = [argument[:TEXT] for argument in seen.argv[:20]]
    if seen.file:
        said |= {"file": relative(seen.file, root), "line": seen.line}
    if seen.function:
        said["function"] = seen.function
    return said


def pair(origin: str, shot: Shot, control: Shot) -> dict[str, Any]:
    """A probe and its control."""
    return {
        "request": request(origin, shot.request) | {"value": shot.value},
        "response": response(shot.response, shot.canary),
        "control": request(origin, control.request)
        | {"value": control.value, "response": response(control.response, control.canary)},
    }


def location(operation: Operation, parameter: Parameter | None, seen: SinkEvent | None, root: str) -> HttpLocation:
    """The input, and the place in the code: the sink's if it was seen, else the handler's."""
    file, line = operation.handler.file, operation.handler.line
    if seen is not None and seen.file:
        file, line = relative(seen.file, root), seen.line
    return HttpLocation(
        method=operation.method,
        path=operation.path,
        place=parameter.place if parameter else None,
        parameter=parameter.name if parameter else None,
        file=file,
        line=line,
    )


def relative(file: str, root: str) -> str:
    """A file inside the project without the project's own path."""
    path = PurePath(file)
    return path.relative_to(root).as_posix() if root and path.is_absolute() and path.is_relative_to(root) else file
