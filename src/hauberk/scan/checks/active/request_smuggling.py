"""Request smuggling: the front and what is behind it do not agree where a request ends (RFC 9112, section 11.2).

Each probe is whole to whoever reads its length by either of its fields, and is answered at once. Only where the front
forwards by one of them, and what is behind waits by the other, nothing comes. What could leave octets behind the front
is sent after what could not, and only where that was answered. CL.0 shows itself on one connection: the body of a
request is answered as a request, which asks to close the connection.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hauberk.core.finding import Finding, HttpLocation, Rule
from hauberk.scan import evidence
from hauberk.scan.care import destroys, ends_session
from hauberk.scan.client import Client
from hauberk.scan.messages import Response
from hauberk.scan.surface import Operation, Surface
from hauberk.scan.trial import canary

RULE = Rule(
    id="scan.request-smuggling",
    title="Request smuggling",
    severity="high",
    why="An attacker puts a request of his own before the next one of somebody else: past the checks of the front, and "
    "with the cookies of whoever comes next.",
    fix="Let the front speak HTTP/2 to the application, or refuse requests with both Content-Length and "
    "Transfer-Encoding, and update whichever of the two reads more than RFC 9112 allows.",
    cwe=(444,),
    asvs=("v5.0.0-4.2.1",),
    top10=("A06:2025",),
    docs="https://portswigger.net/web-security/request-smuggling",
)

PLACES = 2
"""Operations that are asked: where a body is read, and the first page."""
PART = 0.1
"""Of the requests that are left, what it may take."""
PATIENCE = 1.5
"""Seconds after which an answer is not coming."""
QUICK = 0.5
"""Seconds in which the control has to be answered."""
LATE = frozenset({408, 500, 502, 503, 504})
"""What a front says in the end of a request that nobody answered."""
PROXIES = ("via", "x-cache", "cf-ray", "x-amz-cf-id", "x-varnish", "x-served-by")
"""Fields of proxies that serve others too."""
NOT_ASKED = "Request smuggling was not asked for: others' requests may go the same way. --intrusive asks for it."
TOO_FEW = "Request smuggling was not asked for: too few requests are left."
TOO_SLOW = "Request smuggling was not asked for: ordinary answers come too slowly for a silence to be told from them."


@dataclass(frozen=True, slots=True)
class Probe:
    """Octets that only two that disagree do not answer."""

    name: str
    fields: tuple[bytes, ...]
    """Lines of the header, without their ends."""
    body: bytes
    control: tuple[tuple[bytes, ...], bytes]
    """The same with fields that agree."""
    twin: bytes = b""
    """Another body that must not be answered either, and that nobody who reads chunks alone stumbles over."""


CHUNKED = b"Transfer-Encoding: chunked"
SPELLINGS: tuple[tuple[str, bytes], ...] = (
    ("Transfer-Encoding", CHUNKED),
    ("a space before the colon", b"Transfer-Encoding : chunked"),
    ("a tab", b"Transfer-Encoding:\tchunked"),
    ("a vertical tab", b"Transfer-Encoding:\x0bchunked"),
    ("another coding's name", b"Transfer-Encoding: xchunked"),
    ("quotes", b'Transfer-Encoding: "chunked"'),
    ("twice", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
    ("a folded line", b"Transfer-Encoding:\r\n chunked"),
    ("a line that ends in LF alone", b"X-Line: x\nTransfer-Encoding: chunked"),
    ("a line that ends in CR alone", b"X-Line: x\rTransfer-Encoding: chunked"),
)
END = b"0\r\n\r\n"


def probes() -> Iterator[Probe]:
    """What leaves nothing behind the front comes first."""
    for said, line in SPELLINGS:
        # Forwarded by length without the last chunk. Who reads chunks alone refuses `Q`.
        control = (b"Content-Length: 11", line), b"1\r\nZ\r\n" + END
        yield Probe(
            f"CL.TE, {said}", (b"Content-Length: 4", line), b"1\r\nZ\r\nQ\r\n\r\n", control, b"1\r\nZ\r\n" + END
        )
    for said, line in SPELLINGS:
        # Forwarded by chunks, one octet short of the length.
        yield Probe(f"TE.CL, {said}", (b"Content-Length: 6", line), END + b"X", ((b"Content-Length: 5", line), END))
    for said, body in _SIZES:
        yield Probe(f"TE.TE, {said}", (CHUNKED,), body, ((CHUNKED,), b"8\r\nZZZZZZZZ\r\n" + END))
    two = (b"Content-Length: 3", b"Content-Length: 5")
    yield Probe("CL.CL, the first and the last of two", two, b"a=123", ((two[1], two[1]), b"a=123"))
    yield Probe("CL.CL, the last and the first of two", two[::-1], b"a=123", ((two[1], two[1]), b"a=123"))


_SIZES: tuple[tuple[str, bytes], ...] = (
    ("0x8 as a size", b"0x8\r\n\r\nZZZZZZ\r\n" + END),
    ("1_0 as a size", b"1_0\r\nZ\r\n" + END + b"ZZZZZZZZ\r\n" + END),
    ("a size's line that ends in LF alone", b"8;\nZZZZZZZZ\r\n" + END + b"ZZZ\r\n" + END),
)
"""Bodies that are whole by either reading of the size, the shorter one first."""


def ask(client: Client, surface: Surface, *, intrusive: bool) -> tuple[int, list[Finding], str]:
    """At how many operations it was asked, what was found, and why it was not asked."""
    if not client.speaks_raw:
        return 0, [], ""
    places = list(_places(surface))[: int(client.spare * PART) // len(list(probes()))]
    if not places:
        return 0, [], TOO_FEW
    plain, took = client.raw(_octets(client, "GET", places[-1].path, (), b""), idle=PATIENCE)
    shared = any(answer.header(name) for answer in plain for name in PROXIES)
    if not intrusive and (shared or not client.is_local):
        return 0, [], NOT_ASKED
    if took > QUICK or not plain:
        return 0, [], TOO_SLOW
    for operation in places:
        for probe in probes():
            finding = _by_waiting(client, operation, probe)
            if finding is not None:
                return len(places), [finding], ""
        finding = _by_second_answer(client, operation)
        if finding is not None:
            return len(places), [finding], ""
    return len(places), [], ""


def _places(surface: Surface) -> Iterator[Operation]:
    kept = [
        o for o in surface.operations if not o.names and not destroys(o.method, o.path) and not ends_session(o.path)
    ]
    reading = [o for o in kept if o.method == "POST" and o.at("form", "json")]
    first = Operation(method="GET", path="/")
    yield from [*reading, next((o for o in kept if (o.method, o.path) == ("GET", "/")), first)][:PLACES]


def _octets(
    client: Client, method: str, path: str, fields: tuple[bytes, ...], body: bytes, *, close: bool = True
) -> bytes:
    own = [f"{method} {path} HTTP/1.1", f"Host: {client.transport.wire.host}", *client.marks(path)]
    own += ["Content-Type: application/x-www-form-urlencoded"] if body else []
    own += ["Connection: close"] if close else []
    return b"\r\n".join([*(line.encode() for line in own), *fields, b"", b""]) + body


def _by_waiting(client: Client, operation: Operation, probe: Probe) -> Finding | None:
    """No answer, an answer to the control, and both again."""

    def asked(fields: tuple[bytes, ...], body: bytes) -> tuple[bytes, list[Response], float]:
        octets = _octets(client, "POST", operation.path, fields, body, close=False)
        answers, seconds = client.raw(octets, idle=PATIENCE)
        return octets, answers, seconds

    for body in (probe.body, probe.twin or probe.body):
        sent, answers, seconds = asked(probe.fields, body)
        if seconds < PATIENCE * 0.9 or any(answer.status not in LATE for answer in answers):
            return None
        control, plain, took = asked(*probe.control)
        if took > QUICK or not plain:
            return None
    reason = f"{probe.name}: no answer comes, as of two that disagree where it ends one still waits"
    return _finding(client, operation, reason, (sent, answers, seconds), (control, plain, took))


def _by_second_answer(client: Client, operation: Operation) -> Finding | None:
    """The body of one request, a request itself, is answered before the request that follows. Twice."""
    path = operation.path
    for _ in range(2):
        inner = _octets(client, "GET", f"/{canary()}", (), b"")
        follows = _octets(client, "GET", "/", (), b"")
        length = (f"Content-Length: {len(inner)}".encode(),)
        sent = _octets(client, "POST", path, length, inner, close=False) + follows
        answers, seconds = client.raw(sent, answers=2, idle=PATIENCE)
        control = _octets(client, "POST", path, length, b"x" * len(inner), close=False) + follows
        plain, took = client.raw(control, answers=2, idle=PATIENCE)
        nowhere, _ = client.raw(inner, idle=PATIENCE)
        if len(answers) < 2 or len(plain) < 2 or not nowhere:
            return None
        if answers[1].status != nowhere[0].status or answers[1].status == plain[1].status:
            return None
    reason = "CL.0: the body of a request is answered as the next request, instead of the one that follows"
    return _finding(client, operation, reason, (sent, answers, seconds), (control, plain, took))


def _hidden(octets: str) -> str:
    """The octets without the session's own credentials."""
    return _CREDENTIAL.sub(r"\1: (hidden)", octets)


_CREDENTIAL = re.compile(r"^(cookie|authorization): [^\r]*", re.MULTILINE)
Exchange = tuple[bytes, list[Response], float]


def _finding(client: Client, operation: Operation, reason: str, probe: Exchange, control: Exchange) -> Finding:
    def shown(exchange: Exchange) -> dict[str, Any]:
        sent, answers, seconds = exchange
        return {
            "octets": _hidden(sent.decode("latin-1")),
            "answers": [evidence.response(answer) for answer in answers],
            "seconds": round(seconds, 2),
        }

    answers = probe[1]
    return Finding(
        rule=RULE,
        outcome="fail",
        message=f"POST {operation.path}: {reason}.",
        location=HttpLocation(method="POST", path=operation.path),
        confidence="firm",
        evidence={
            "reason": reason,
            "request": {"method": "POST", "url": client.origin + operation.path, **shown(probe)},
            "response": evidence.response(answers[-1]) if answers else {"status": 0, "body": ""},
            "control": shown(control),
        },
    )
