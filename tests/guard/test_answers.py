"""Pages on their way out, through all three adapters: what is stopped, watched, escaped, and what streams as before."""

from __future__ import annotations

import asyncio
import gzip
import logging
import zlib
from collections.abc import AsyncIterator, Iterator
from functools import partial
from html import escape
from typing import Any, Literal
from urllib.parse import parse_qs, quote

import pytest

from hauberk.adapters.asgi import ASGIShield, Message, Receive, Scope, Send
from hauberk.adapters.wsgi import WSGIShield
from hauberk.core.exchange import Exchange
from hauberk.core.plan import Plan
from hauberk.guard import Guard
from hauberk.guard.sinks import pages
from tests.drivers import Answer, Serve

ATTACK = "<script>alert(1)</script>"
BLOCK = Plan.of([Guard(mode="block")])
OBSERVE = Plan.of([Guard(mode="observe")])
ESCAPE = Plan.of([Guard(mode="block", xss="escape")])


@pytest.fixture(autouse=True)
def unlearned() -> None:
    pages.KNOWN.clear()


def value_of(ex: Exchange) -> str:
    return parse_qs(ex.query.decode())["v"][0]


def page(ex: Exchange, kind: str = "text/html; charset=utf-8", *, status: int = 200, coding: str = "") -> Answer:
    body = f"<!doctype html><p>Hi {value_of(ex)}</p>".encode()
    headers = [("content-type", kind), ("content-length", str(len(body)))]
    return Answer(status, headers + ([("content-encoding", coding)] if coding else []), body)


def ask(serve: Serve, plan: Plan, value: str, app: Any = page, **more: Any) -> Any:
    return serve(plan, app, query="v=" + quote(value), **more)


def test_an_attack_is_stopped(serve: Serve) -> None:
    got = ask(serve, BLOCK, ATTACK)
    assert (got.status, ATTACK.encode() in got.body) == (403, False)
    assert got.one("content-type") == "application/problem+json"


@pytest.mark.parametrize("value", ["Ada", "<b>Ada</b>", "a < b", 'it\'s (me) = "you"'])
def test_what_runs_nothing_passes(serve: Serve, value: str) -> None:
    got = ask(serve, BLOCK, value)
    assert (got.status, got.body.decode()) == (200, f"<!doctype html><p>Hi {value}</p>")


def test_what_was_escaped_passes(serve: Serve) -> None:
    got = ask(serve, BLOCK, ATTACK, lambda ex: Answer(body=escape(value_of(ex)).encode()))
    assert (got.status, got.body) == (200, escape(ATTACK).encode())


def test_observed(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "hauberk.decisions"):
        got = ask(serve, OBSERVE, ATTACK)
    assert (got.status, ATTACK.encode() in got.body) == (200, True)
    said = [record.hauberk for record in caplog.records if hasattr(record, "hauberk")]
    assert [(event["event"], event["kind"], event["input"]) for event in said] == [
        ("guard-observed", "html", "query:v")
    ]
    assert ATTACK not in caplog.text


def test_escaped_in_the_page(serve: Serve) -> None:
    got = ask(serve, ESCAPE, ATTACK + "é")
    assert (got.status, got.body.decode()) == (200, f"<!doctype html><p>Hi {escape(ATTACK)}é</p>")
    assert got.one("content-length") == str(len(got.body))


def test_what_cannot_be_escaped_is_stopped(serve: Serve) -> None:
    def link(ex: Exchange) -> Answer:
        return Answer(body=f'<a href="{value_of(ex)}">x</a>'.encode())

    assert ask(serve, ESCAPE, "javascript:alert(1)", link).status == 403


@pytest.mark.parametrize("mode", ["xss", "mode"])
def test_off(serve: Serve, mode: Literal["xss", "mode"]) -> None:
    plan = Plan.of([Guard(mode="block", xss="off") if mode == "xss" else Guard(mode="off")])
    assert ask(serve, plan, ATTACK).status == 200


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("text/html", 403),
        ("TEXT/HTML;charset=utf-8", 403),
        ("application/xhtml+xml", 403),
        ("image/svg+xml", 403),
        ("", 403),
        ("unknown/unknown", 403),
        ("application/json", 200),
        ("application/problem+json", 200),
        ("text/plain", 200),
        ("text/event-stream", 200),
        ("application/octet-stream", 200),
    ],
)
def test_types_that_browsers_run(serve: Serve, kind: str, status: int) -> None:
    assert ask(serve, BLOCK, ATTACK, lambda ex: page(ex, kind)).status == status


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 304), ("GET", 204)])
def test_answers_without_a_body(serve: Serve, method: str, status: int) -> None:
    got = ask(serve, BLOCK, ATTACK, lambda ex: Answer(status, [("content-type", "text/html")], b""), method=method)
    assert got.status == status


@pytest.mark.parametrize("status", [400, 404, 500])
def test_error_pages_are_pages(serve: Serve, status: int) -> None:
    assert ask(serve, BLOCK, ATTACK, lambda ex: page(ex, status=status)).status == 403


@pytest.mark.parametrize(
    "source",
    [
        {"query": "other=1&v=" + quote(ATTACK)},
        {"query": "v=x&" + quote(ATTACK) + "=1"},
        {"query": "v=x", "headers": [("referer", f"https://x.example/{ATTACK}")]},
        {"query": "v=x", "headers": [("cookie", f"a={quote(ATTACK)}")]},
        {"query": "v=x", "body": f"a={quote(ATTACK)}".encode(), "method": "POST"},
        {"query": "v=x", "body": f'{{"a": "{ATTACK}"}}'.encode(), "method": "POST", "kind": "application/json"},
        {"query": "v=" + quote(quote(ATTACK))},
    ],
)
def test_wherever_it_came_from(serve: Serve, source: dict[str, Any]) -> None:
    source = dict(source)
    kind = source.pop("kind", "application/x-www-form-urlencoded")
    headers = [*source.pop("headers", []), ("content-type", kind)]
    got = serve(BLOCK, lambda ex: Answer(body=b"<p>" + ATTACK.encode()), headers=headers, **source)
    assert got.status == 403


def test_what_is_stored_is_not_reflected(serve: Serve) -> None:
    got = serve(BLOCK, lambda ex: Answer(body=b"<p>" + ATTACK.encode()), query="id=7&q=" + quote("a < b"))
    assert got.status == 200


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "gbk", "utf-16", "no-such", "utf-7"])
def test_charsets(serve: Serve, charset: str) -> None:
    encoding = {"utf-16": "utf-16-le", "no-such": "utf-8", "utf-7": "utf-8"}.get(charset, charset)

    def app(ex: Exchange) -> Answer:
        body = f"<p>Hi {value_of(ex)}</p>".encode(encoding)
        return Answer(200, [("content-type", f"text/html; charset={charset}")], body)

    assert ask(serve, BLOCK, ATTACK, app).status == 403
    assert ask(serve, BLOCK, "<b>Ada</b>", app).body == "<p>Hi <b>Ada</b></p>".encode(encoding)
    assert escape(ATTACK).encode(encoding) in ask(serve, ESCAPE, ATTACK, app).body


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


PACKED = [("gzip", partial(gzip.compress, mtime=0)), ("deflate", zlib.compress), ("deflate", raw_deflate)]


@pytest.mark.parametrize(("coding", "pack"), PACKED)
@pytest.mark.parametrize(("plan", "status"), [(BLOCK, 403), (OBSERVE, 200), (ESCAPE, 403)])
def test_compressed(serve: Serve, coding: str, pack: Any, plan: Plan, status: int) -> None:
    def app(ex: Exchange) -> Answer:
        body = pack(b"<p>" + value_of(ex).encode())
        return Answer(200, [("content-type", "text/html"), ("content-encoding", coding)], body)

    assert ask(serve, plan, ATTACK, app).status == status
    assert ask(serve, plan, "<b>x", app).body == pack(b"<p><b>x")


def test_a_coding_that_cannot_be_undone_is_said(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    for coding, body in (("zstd", b"..."), ("gzip", b"no gzip at all")):
        caplog.clear()
        with caplog.at_level(logging.WARNING, "hauberk.decisions"):
            fields = [("content-type", "text/html"), ("content-encoding", coding)]
            got = ask(serve, BLOCK, ATTACK, lambda ex, fields=fields, body=body: Answer(200, fields, body))
        assert (got.status, got.body, "guard-incomplete" in caplog.text) == (200, body, True)


def test_a_large_page_is_looked_at_up_to_a_bound(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    filler = b"<p>" + b"x" * pages.MOST

    assert ask(serve, BLOCK, ATTACK, lambda ex: Answer(body=ATTACK.encode() + filler)).status == 403
    with caplog.at_level(logging.WARNING, "hauberk.decisions"):
        got = ask(serve, BLOCK, ATTACK, lambda ex: Answer(body=filler + ATTACK.encode()))
    assert (got.status, len(got.body), "guard-incomplete" in caplog.text) == (200, len(filler) + len(ATTACK), True)


def test_scripts_of_earlier_pages_are_known(serve: Serve) -> None:
    own = '<script src="//cdn.example/app.js"></script>'
    app = lambda ex: Answer(body=f"<head>{own}</head><p>{escape(value_of(ex))}</p>".encode())  # noqa: E731
    assert ask(serve, BLOCK, "a < b", app).status == 200
    assert ask(serve, BLOCK, own, app).status == 200
    assert ask(serve, BLOCK, ATTACK, lambda ex: Answer(body=(own + value_of(ex)).encode())).status == 403


# Streams: each protocol has its own way of making one.

Parts = list[bytes]
HALVES = [b"<p>Hi <script>al", b"ert(1)</script>", b"</p>"]


def stream_asgi(parts: Parts, plan: Plan, query: str = "v=" + quote(ATTACK), kind: str = "text/html") -> list[Message]:
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind.encode())]})
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
            sent.append({"type": "mark"})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": query.encode(), "headers": []}
    asyncio.run(ASGIShield(app, plan)(scope, receive, send))
    return sent


def stream_wsgi(parts: Parts, plan: Plan, query: str = "v=" + quote(ATTACK), kind: str = "text/html") -> list[Any]:
    sent: list[Any] = []

    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", kind)])
        for part in parts:
            yield part
            sent.append("mark")

    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "QUERY_STRING": query}

    def start(status: str, headers: object, exc_info: object = None) -> Any:
        sent.append(status)

    body = WSGIShield(app, plan)(environ, start)
    try:
        sent.extend(part for part in body)
    finally:
        body.close()  # type: ignore[attr-defined]
    return sent


def bodies(sent: list[Any]) -> bytes:
    return b"".join(m.get("body", b"") if isinstance(m, dict) else m for m in sent if isinstance(m, dict | bytes))


@pytest.mark.parametrize("stream", [stream_asgi, stream_wsgi])
def test_an_attack_over_several_parts(stream: Any) -> None:
    assert b"alert" not in bodies(stream(HALVES, BLOCK))
    assert bodies(stream(HALVES, OBSERVE)) == b"".join(HALVES)
    assert bodies(stream(HALVES, ESCAPE)) == b"<p>Hi &lt;script&gt;alert(1)&lt;/script&gt;</p>"


@pytest.mark.parametrize("stream", [stream_asgi, stream_wsgi])
@pytest.mark.parametrize(("kind", "query"), [("text/event-stream", "v=" + quote(ATTACK)), ("text/html", "v=Ada")])
def test_what_nobody_wants_to_see_streams(stream: Any, kind: str, query: str) -> None:
    sent = [m for m in stream([b"one", b"two"], BLOCK, query, kind) if m != b""]
    order = [m["type"] if isinstance(m, dict) else m for m in sent]
    first = order.index("http.response.body") if "http.response.body" in order else order.index(b"one")
    assert order.index("mark") > first


@pytest.mark.parametrize("stream", [stream_asgi, stream_wsgi])
def test_a_page_that_comes_slowly_is_not_kept(stream: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PATIENCE", 0)
    assert bodies(stream([b"<p>", b"one ", b"two"], BLOCK)) == b"<p>one two"
    got = []
    with pytest.raises(Exception, match="was stopped"):
        got = stream([b"<p>", b"one ", *HALVES], BLOCK)
    assert b"alert" not in bodies(got)


async def parts_async(parts: Parts) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("made_async", [False, True])
@pytest.mark.parametrize("plan", [BLOCK, OBSERVE, ESCAPE])
def test_streams_of_django(serve: Serve, waits: bool, made_async: bool, plan: Plan) -> None:
    if "django" not in str(serve):
        pytest.skip("the others have streams of their own, above")
    serve(plan)  # configures Django
    from asgiref.sync import async_to_sync
    from django.http import HttpRequest, StreamingHttpResponse
    from django.test import RequestFactory

    from hauberk.integrations.protect.django import Shield

    def response(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(parts_async(HALVES) if made_async else iter(HALVES))

    async def view(request: HttpRequest) -> StreamingHttpResponse:
        return response(request)

    shield = Shield(view if waits else response)
    shield.plan = plan
    request = RequestFactory().get("/", {"v": ATTACK})

    async def run() -> Any:
        answer: Any = shield(request)
        return await answer

    got: Any = async_to_sync(run)() if waits else shield(request)
    if plan is BLOCK:
        assert got.status_code == 403
        return

    async def joined() -> bytes:
        return b"".join([part async for part in got.streaming_content])

    body = async_to_sync(joined)() if got.is_async else b"".join(got.streaming_content)
    expected = b"".join(HALVES) if plan is OBSERVE else b"<p>Hi &lt;script&gt;alert(1)&lt;/script&gt;</p>"
    assert body == expected
