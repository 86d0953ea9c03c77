"""Recorded traffic (HTTP Archive 1.2) as seeds: operations with values that work, and the logins among them.

Browsers, proxies and test suites write it; `pytest --hauberk-record FILE` writes it for an application's own tests.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hauberk._version import __version__
from hauberk.core.errors import InputError
from hauberk.scan.identity import bearer
from hauberk.scan.messages import Request, Response
from hauberk.scan.transport import Wire

PASSWORD = re.compile(
    r"""(?:^|[&"'\s])(?:pass(?:word|wd|phrase)?|pwd|secret)\w*(?:["']?\s*[=:]|"\s*\r\n\r\n)""", re.IGNORECASE
)
"""The name of such a field in a form, a JSON document or a multipart body."""
FIX = "save the traffic as HAR 1.2, or record it with `pytest --hauberk-record seeds.har`"
BODY = 16_384
"""Octets of an answer that are written."""
DROPPED = frozenset("authorization content-length cookie host connection accept-encoding proxy-authorization".split())
"""Fields of a request that are not written: they are the connection's, or somebody's credentials."""
METHODS = frozenset("GET POST PUT PATCH DELETE HEAD OPTIONS".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer, as they were recorded."""

    origin: str
    request: Request
    response: Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeds:
    """What a scan begins with."""

    requests: tuple[Request, ...]
    logins: tuple[Request, ...]
    """Requests that carried a password and were answered with a session or a token."""
    left_out: int = 0
    """Entries of other origins."""


def read(path: Path) -> list[Exchange]:
    """Every exchange of an archive. Raises InputError if it cannot be read, or is none."""
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), f"cannot be read: {error}", FIX) from error
    except ValueError as error:
        raise InputError(str(path), f"is no JSON: {error}", FIX) from error
    found = exchanges(document)
    if found is None:
        raise InputError(str(path), "is no HTTP archive: it has no log.entries", FIX)
    if not found:
        raise InputError(str(path), "holds no request", FIX)
    return found


def exchanges(document: Any) -> list[Exchange] | None:
    """The exchanges of an archive's JSON, whatever else is in it; None if it is no archive."""
    log = document.get("log") if isinstance(document, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list):
        return None
    return [one for one in map(_exchange, entries) if one is not None]


def seeds(recorded: Sequence[Exchange], source: str, wire: Wire | None = None) -> Seeds:
    """The requests to one origin: the target's; of an application in process, the one that most went to.

    Raises InputError if there are none.
    """
    counts: dict[str, int] = {}
    for one in recorded:
        counts[one.origin] = counts.get(one.origin, 0) + 1
    origin = wire.origin.lower() if wire is not None else max(counts, key=lambda name: counts[name])
    kept = [one for one in recorded if one.origin == origin]
    if not kept:
        others = ", ".join(sorted(counts)[:5])
        raise InputError(source, f"holds nothing of {origin}, only of {others}", "record the target itself")
    unique = {
        (one.request.method, one.request.target, one.request.body): one for one in kept if one.response.status < 400
    }
    logins: dict[tuple[str, str], Exchange] = {}
    for one in kept:
        if is_login(one):
            logins.setdefault((one.request.method, one.request.path), one)
    return Seeds(
        requests=tuple(one.request for one in unique.values()),
        logins=tuple(one.request for one in list(logins.values())[:1]),
        left_out=len(recorded) - len(kept),
    )


def is_login(one: Exchange) -> bool:
    """Whether it carried a password and was answered with a session or a token."""
    body = one.request.body.decode("utf-8", "replace")
    if one.response.status >= 400 or not PASSWORD.search(body):
        return False
    return bool(one.response.all("set-cookie")) or bool(bearer(one.response))


def _exchange(entry: Any) -> Exchange | None:
    """One entry; None if it is not of http, or not what the format says."""
    request = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(request, dict):
        return None
    try:
        split = urlsplit(str(request.get("url")))
    except ValueError:
        return None
    method = str(request.get("method", "")).upper()
    if split.scheme not in {"http", "https"} or not split.netloc or method not in METHODS:
        return None
    posted = request.get("postData")
    headers = [(name, value) for name, value in _fields(request.get("headers")) if not name.startswith(":")]
    body = b""
    if isinstance(posted, dict):
        body = _octets(posted)
        if posted.get("mimeType") and not any(name == "content-type" for name, _ in headers):
            headers.append(("content-type", str(posted["mimeType"])))
    said = entry.get("response")
    answer = said if isinstance(said, dict) else {}
    status = answer.get("status")
    content = answer.get("content")
    return Exchange(
        origin=f"{split.scheme}://{split.netloc}".lower(),
        request=Request(
            method=method,
            target=(split.path or "/") + (f"?{split.query}" if split.query else ""),
            headers=tuple(pair for pair in headers if pair[0] not in DROPPED),
            body=body,
        ),
        response=Response(
            status=status if isinstance(status, int) else 0,
            headers=tuple(_fields(answer.get("headers"))),
            body=_octets(content) if isinstance(content, dict) else b"",
        ),
    )


def _fields(given: Any) -> list[tuple[str, str]]:
    found = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    return [(str(one.get("name", "")).lower(), str(one.get("value", ""))) for one in found]


def _octets(held: dict[str, Any]) -> bytes:
    text = held.get("text")
    if not isinstance(text, str):
        pairs = _fields(held.get("params"))
        return "&".join(f"{name}={value}" for name, value in pairs).encode("utf-8", "replace")
    if held.get("encoding") == "base64":
        try:
            return b64decode(text)
        except (ValueError, binascii.Error):
            return b""
    return text.encode("utf-8", "replace")


def written(recorded: Iterable[Exchange]) -> str:
    """The archive. What somebody's browser or test would prove itself with is left out, logins are not."""
    entries = [_entry(one) for one in recorded]
    log = {"version": "1.2", "creator": {"name": "hauberk", "version": __version__}, "entries": entries}
    return json.dumps({"log": log}, indent=1) + "\n"


def _entry(one: Exchange) -> dict[str, Any]:
    request, response = one.request, one.response
    asked: dict[str, Any] = {
        "method": request.method,
        "url": one.origin + request.target,
        "httpVersion": "HTTP/1.1",
        "headers": [{"name": n, "value": v} for n, v in request.headers if n not in DROPPED],
        "queryString": [],
        "cookies": [],
        "headersSize": -1,
        "bodySize": len(request.body),
    }
    if request.body:
        asked["postData"] = {"mimeType": request.header("content-type") or "", **_text(request.body)}
    kept = response.body[:BODY] if is_login(one) else b""
    return {
        "startedDateTime": "1970-01-01T00:00:00Z",
        "time": 0,
        "request": asked,
        "response": {
            "status": response.status,
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "headers": [{"name": n, "value": v} for n, v in response.headers],
            "cookies": [],
            "content": {"size": len(response.body), "mimeType": response.media, **(_text(kept) if kept else {})},
            "redirectURL": response.header("location") or "",
            "headersSize": -1,
            "bodySize": len(response.body),
        },
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
    }


def _text(octets: bytes) -> dict[str, str]:
    try:
        return {"text": octets.decode()}
    except UnicodeDecodeError:
        return {"text": b64encode(octets).decode(), "encoding": "base64"}
