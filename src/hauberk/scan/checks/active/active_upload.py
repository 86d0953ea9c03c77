"""Upload of active content: a page or picture with script is taken, and served as such by the same origin."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from hauberk.core.finding import Finding, HttpLocation, Rule, Severity
from hauberk.scan import build, evidence
from hauberk.scan.client import Client
from hauberk.scan.html import parse
from hauberk.scan.messages import Request, Response, own_target
from hauberk.scan.pictures import MAGIC, gif, kind_of, png, wants_picture
from hauberk.scan.surface import MULTIPART, Operation, Parameter
from hauberk.scan.trial import canary

Kind = tuple[str, str, Callable[[bytes], bytes]]
"""How the name ends, the media type that is said, and the file with a script in it."""

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
SCRIPT = "<script>{c}</script>"
FILES: tuple[Kind, ...] = (
    ("html", "text/html", lambda script: b"<!DOCTYPE html><title>x</title>" + script),
    ("svg", "image/svg+xml", lambda script: b'<svg xmlns="http://www.w3.org/2000/svg">' + script + b"</svg>"),
)
PICTURES: tuple[Kind, ...] = (("png.html", "image/png", png), ("gif.html", "image/gif", gif))
"""Pictures to whoever reads them, with script in a comment: a page where the name's ending chooses the media type."""
FOLDERS = ("/uploads", "/media", "/static/uploads", "/static", "/files")
RETURNED = 5
"""Addresses of an answer that are opened."""
_ADDRESS = re.compile(r"(?:https?:/|(?<![\w/]))/[\w.~%/:?&=+-]+")
_SCRIPTED = frozenset({"image/svg+xml", "application/xml", "text/xml"})


def judge(response: Response, script: str) -> bool:
    """Whether a browser that opens this runs the script: as a page or SVG, not as text and not as a download."""
    media = response.is_html or response.media in _SCRIPTED
    if not response.media and response.body.startswith(MAGIC):
        return False
    apart = (response.header("content-disposition") or "").lstrip().lower().startswith("attachment")
    policy = " ".join(response.all("content-security-policy")).lower()
    boxed = "sandbox" in policy and "allow-scripts" not in policy
    return response.status == 200 and media and not apart and not boxed and script in response.text


def ask(client: Client, operation: Operation) -> list[Finding]:
    """A finding for each file field that serves back, twice, what is active; the control is a harmless file."""
    found = []
    for field in operation.at("upload"):
        refused = 0
        for kind in (*FILES, *PICTURES):
            if kind in PICTURES and not (wants_picture(field) or refused == len(FILES)):
                break  # neither asks it for pictures, nor is that why it takes nothing else
            last = _serves(client, operation, field, kind)
            refused += last is None
            if last and (last := _serves(client, operation, field, kind)):
                found.append(_finding(client, operation, field, kind, *last))
                break
    return found


def upload(operation: Operation, field: Parameter, name: str, media: str, content: bytes) -> Request:
    """The operation's request with this file; the others stay as they are."""
    return build.request(operation, {field.key: build.File(name=name, media=media, content=content)})


Served = tuple[Request, Response, Request, Response]


def _serves(client: Client, operation: Operation, field: Parameter, kind: Kind) -> Served | tuple[()] | None:
    """The upload with its answer, and the request that brought it back; None where it was refused."""
    ending, media, make = kind
    word = canary()
    script = SCRIPT.replace("{c}", word)
    sent = upload(operation, field, f"{word}.{ending}", media, make(script.encode()))
    if not (sent.header("content-type") or "").startswith(MULTIPART):
        return None
    answer = client.send(sent)
    if answer.status >= 400:
        return None
    if script in answer.text:  # an ordinary reflection
        return ()
    for target in _targets(client.origin, sent, answer, f"{word}.{ending}"):
        shown = client.send(Request(target=target))
        if judge(shown, script):
            return sent, answer, Request(target=target), shown
    return ()


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
        target = own_target(origin, sent.path, address.strip())
        if target and len(targets) < RETURNED:
            targets[target] = None
    targets |= {f"{folder}/{name}": None for folder in (*FOLDERS, sent.path.rstrip("/"))}
    yield from targets


def _finding(
    client: Client,
    operation: Operation,
    field: Parameter,
    kind: Kind,
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
    ending, plain, make = kind_of(field)
    if kind in PICTURES:
        control = upload(operation, field, canary() + ending, plain, make(b""))
    else:
        control = upload(operation, field, f"{canary()}.txt", "text/plain", b"hauberk")
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
