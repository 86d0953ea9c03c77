"""Whatever a request brings, limits answer or let it pass, and raise nothing: `python -m fuzz.limits`."""

from __future__ import annotations

import gzip
import logging

from fuzz.harness import instrumented, main

with instrumented(__name__):
    from hauberk.core.plan import Plan
    from hauberk.shield.limits import Limits
    from tests.shield.request import Request

KINDS = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=XX", "text/plain", "")
SEEDS = (
    b"\x005\ngzip\n/a?b&c\n" + gzip.compress(b"[" * 50),
    b"\x015, 5\nidentity\n/a\na=1&b=2&c=3&d=4",
    b"\x02x\ndeflate\n/\n--XX\r\n\r\n--XX",
)
PLAN = Plan.of(
    [
        Limits(
            body=100,
            url=60,
            query=40,
            parameters=4,
            fields=4,
            parts=2,
            json_depth=3,
            encodings=frozenset({"gzip", "deflate"}),
        )
    ]
)


def one_input(data: bytes) -> None:
    """One run of the fuzzer: what kind of body, its length and its coding as the request says, the target, the body."""
    logging.getLogger("hauberk.decisions").setLevel(logging.CRITICAL)
    length, coding, target, body = [*data[1:].split(b"\n", 3), b"", b"", b"", b""][:4]
    headers = (
        ("content-type", KINDS[(data[0] if data else 0) % len(KINDS)]),
        ("content-length", length.decode("latin-1")),
        ("content-encoding", coding.decode("latin-1")),
    )
    request = Request(target.decode("latin-1"), method="POST", headers=headers)
    reply = PLAN.begin(request)
    if reply is not None and reply.status not in {400, 413, 414, 415, 431}:
        raise AssertionError(f"{data!r} was answered with {reply.status}")
    for step in PLAN.on_body:
        watch = step(request)
        replies = [watch(body[at : at + 7]) for at in range(0, len(body), 7)] if watch is not None else []
        if len(body) > 100 and not any(replies):
            raise AssertionError(f"{data!r} was let pass")


if __name__ == "__main__":
    main(one_input, SEEDS)
