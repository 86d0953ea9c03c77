"""Upload of active content: a page or picture with script is taken, and served as such by the same origin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from hauberk.core.finding import Finding, HttpLocation, Rule, Severity
from hauberk.scan import build, evidence
from hauberk.scan.client import Client
from hauberk.scan.html import parse
from hauberk.scan.messages import Request, Response
from hauberk.scan.surface import MULTIPART, Operation, Parameter
from hauberk.scan.trial import canary

RULE = Rule(
    id="scan.active-upload",
    title="Uploads are served as pages",
    severity="high",
    why="Whoever opens the file runs the uploader's script as a page of this site, with his session.",
    fix="Serve uploads with Content-Disposition: attachment and X-Content-Type-Options: nosniff, from a host of their "
    "own or with CSP sandbox; take the media types that you need alone, and write pictures anew.",
    cwe=(434, 79),
    asvs=("v5.0.0-3.2.1", "v5.0.0-5.2.2"),
    top10=("A06:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/File_Upload_Cheat_Sheet.html",
)
FILES = (
    ("html", "text/html", "<!DOCTYPE html><title>x</title><script>{c}</script>"),
    ("svg", "image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg"><script>{c}</script></svg>'),
)
FOLDERS = ("/uploads", "/media", "/static/uploads", "/static", "/files")
RETURNED = 5
"""Addresses of an answer that are opened."""
_PLAIN = b"Content-Type: text/plain\r\n\r\nhauberk\r\n"
_ADDRESS = re.compile(r"(?:https?:/|(?<![\w/]))/[\w.~%/:?&=+-]+")
_SCRIPTED = frozenset({"image/svg+xml", "application/xml", "text/xml"})


def judge(response: Response, script: str) -> bool:
    """Whether a browser that opens this runs the script: as a page or SVG, not as text and not as a download."""
    media = response.is_html or response.media in _SCRIPTED
    apart = (response.header("content-disposition") or "").lstrip().lower().startswith("attachment")
    policy = " ".join(response.all("content-security-policy")).lower()
    boxed = "sandbox" in policy and "allow-scripts" not in policy
    return response.status == 200 and media and not apart and not boxed and script in response.text


def ask(client: Client, operation: Operation) -> list[Finding]:
    """A finding for each file field that serves back, twice, what is active; the control is a file of plain text."""
    found = []
    for field in operation.at("upload"):
        for kind in FILES:
            if _serves(client, operation, field, kind) and (last := _serves(client, operation, field, kind)):
                found.append(_finding(client, operation, field, *last))
                break
    return found


def upload(operation: Operation, field: Parameter, name: str, media: str, content: str) -> Request:
    """The operation's request with this file; the others stay plain text."""
    made = build.request(operation, {field.key: name})
    mark = f'filename="{name}"\r\n'.encode()
    before, _, after = made.body.partition(mark)
    part = f"Content-Type: {media}\r\n\r\n{content}\r\n".encode()
    return replace(made, body=before + mark + part + after.removeprefix(_PLAIN))


Served = tuple[Request, Response, Request, Response]


def _serves(client: Client, operation: Operation, field: Parameter, kind: tuple[str, str, str]) -> Served | None:
    """The upload with its answer, and the request that brought it back."""
    ending, media, content = kind
    word = canary()
    sent = upload(operation, field, f"{word}.{ending}", media, content.replace("{c}", word))
    if not (sent.header("content-type") or "").startswith(MULTIPART):
        return None
    answer = client.send(sent)
    if answer.status >= 400 or f"<script>{word}</script>" in answer.text:  # the second is an ordinary reflection
        return None
    for target in _targets(client.origin, sent, answer, f"{word}.{ending}"):
        shown = client.send(Request(target=target))
        if judge(shown, f"<script>{word}</script>"):
            return sent, answer, Request(target=target), shown
    return None


def _targets(origin: str, sent: Request, answer: Response, name: str) -> Iterator[str]:
    """Where the file may be: the addresses of the answer, then the usual folders."""
    text = answer.text.replace("\\/", "/")
    found = [answer.header("location") or ""]
    if answer.is_html:
        nodes = parse(answer.text).css("[href],[src]")
        found += [node.attributes.get("href") or node.attributes.get("src") or "" for node in nodes]
    else:
        found += _ADDRESS.findall(text)
    found.sort(key=lambda address: name not in address)
    targets: dict[str, None] = {}
    for address in found[: RETURNED * 4]:
        try:
            parts = urlsplit(urljoin(origin + sent.path, address.strip()))
        except ValueError:
            continue
        if address and f"{parts.scheme}://{parts.netloc}" == origin and len(targets) < RETURNED:
            targets[parts.path + ("?" + parts.query if parts.query else "")] = None
    targets |= {f"{folder}/{name}": None for folder in (*FOLDERS, sent.path.rstrip("/"))}
    yield from targets


def _finding(
    client: Client,
    operation: Operation,
    field: Parameter,
    sent: Request,
    answer: Response,
    page: Request,
    shown: Response,
) -> Finding:
    def written(request: Request) -> dict[str, Any]:
        return evidence.request(client.origin, client.complete(request))

    policy = " ".join(shown.all("content-security-policy")).lower()
    limited = ("script-src" in policy or "default-src" in policy) and "unsafe-inline" not in policy
    weak: Severity | None = "medium" if limited else None
    control = upload(operation, field, f"{canary()}.txt", "text/plain", "hauberk")
    reason = f"the script in it is served at {page.path} as {shown.media or 'an untyped page'}"
    return Finding(
        rule=RULE,
        outcome="fail",
        message=f"{field.name} (upload): {reason}.",
        location=HttpLocation(
            method=operation.method,
            path=operation.path,
            place="upload",
            parameter=field.name,
            file=operation.handler.file,
            line=operation.handler.line,
        ),
        own_severity=weak,
        evidence={
            "request": written(sent),
            "response": evidence.response(answer),
            "page": written(page) | {"response": evidence.response(shown) | {"headers": evidence.fields(shown)}},
            "control": written(control) | {"response": evidence.response(client.send(control))},
            "reason": reason,
        },
    )
