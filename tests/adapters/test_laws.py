"""What is easy to get wrong between a server and an application: one test each."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any
from wsgiref.handlers import SimpleHandler

import pytest

from hauberk import CSP, NONCE, Failures, LateNonceError, Policy
from hauberk.adapters.asgi import ASGIExchange, ASGIShield, Message, Receive, Scope, Send
from hauberk.adapters.wsgi import Environ, StartResponse, WSGIShield
from hauberk.core.errors import WaitingStoreError
from hauberk.core.exchange import CURRENT, Exchange, Head, Reply, held
from hauberk.core.plan import Plan, Steps
from tests.drivers import Answer, Got, Serve, serve_asgi, serve_wsgi

POLICY = Policy.recommended().replace(guard=None)
PLAN = POLICY.plan()
NAMES = [name for name, _ in PLAN.constants(None)]


def boom(ex: Exchange) -> Answer:
    raise RuntimeError("the database password is hunter2")


# --- headers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 204, 301, 304, 404, 500])
def test_every_answer_has_every_header(serve: Serve, status: int) -> None:
    got = serve(PLAN, lambda ex: Answer(status=status, body=b""))
    assert got.status == status
    assert all(got.one(name) for name in NAMES)


def test_the_applications_own_header_wins(serve: Serve) -> None:
    got = serve(PLAN, lambda ex: Answer(headers=[("content-type", "text/html"), ("x-frame-options", "DENY")]))
    assert got.one("x-frame-options") == "DENY"
    assert got.one("x-content-type-options") == "nosniff"


@pytest.mark.parametrize("spelling", ["X-Frame-Options", "X-FRAME-OPTIONS", "x-frame-options"])
def test_it_wins_however_it_is_spelled(spelling: str) -> None:
    for drive in (serve_asgi, serve_wsgi):
        assert drive(PLAN, lambda ex: Answer(headers=[(spelling, "DENY")])).all("x-frame-options") == ["DENY"]


def test_fingerprints_are_taken_away(serve: Serve) -> None:
    got = serve(PLAN, lambda ex: Answer(headers=[("content-type", "text/html"), ("x-powered-by", "PHP/5.2")]))
    assert got.one("x-powered-by") is None
    assert got.one("content-type") == "text/html"


def test_an_enforced_header_replaces_the_applications_own(serve: Serve) -> None:
    @dataclass(frozen=True)
    class Enforced:
        def steps(self) -> Steps:
            return Steps(headers=(("x-frame-options", "DENY"),), enforce=True)

    got = serve(Plan.of([Enforced()]), lambda ex: Answer(headers=[("x-frame-options", "SAMEORIGIN")]))
    assert got.one("x-frame-options") == "DENY"
    assert serve(Plan.of([Enforced()])).one("x-frame-options") == "DENY"


# --- the nonce ---------------------------------------------------------------------------------------------------


def test_a_page_that_reads_the_nonce_gets_it_in_its_policy(serve: Serve) -> None:
    seen = []

    def page(ex: Exchange) -> Answer:
        seen.append(ex.read_nonce())
        assert ex.read_nonce() == seen[-1], "the same however often it is read"
        return Answer()

    for _ in range(2):
        got = serve(PLAN, page)
        policy = got.one("content-security-policy") or ""
        assert f"script-src 'self' 'nonce-{seen[-1]}' 'strict-dynamic'" in policy
        assert got.one("cache-control") == "private, no-store"
    assert seen[0] != seen[1]


def test_a_page_that_does_not_keeps_its_own_script_files(serve: Serve) -> None:
    policy = serve(PLAN).one("content-security-policy") or ""
    assert "script-src 'self';" in policy
    assert "nonce" not in policy
    assert "strict-dynamic" not in policy
    assert serve(PLAN).one("cache-control") is None


def test_a_nonce_read_too_late_is_an_error_and_not_an_empty_text(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        held(scope["hauberk"]).read_nonce()

    with pytest.raises(LateNonceError, match="after the response's header"):
        drive_asgi(ASGIShield(app, PLAN))

    def lazily(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield held(environ["hauberk"]).read_nonce().encode()

    head, _ = by_wsgiref(WSGIShield(lazily, PLAN))
    assert "500 internal server error" in head
    assert any(r.exc_info and r.exc_info[0] is LateNonceError for r in caplog.records)


def test_two_answers_that_share_their_headers_do_not_share_a_nonce() -> None:
    shared: dict[str, Any] = {"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        held(scope["hauberk"]).read_nonce()
        await send(shared)

    shield = ASGIShield(app, PLAN)
    policies = [dict(drive_asgi(shield)[0]["headers"])[b"content-security-policy"] for _ in range(2)]
    assert policies[0] != policies[1]
    assert shared["headers"] == [(b"a", b"b")]


# --- errors ------------------------------------------------------------------------------------------------------


def test_an_unhandled_error_keeps_all_headers_and_leaks_nothing(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    got = serve(PLAN, boom)
    assert got.status == 500
    assert all(got.one(name) for name in NAMES)
    assert b"hunter2" not in got.body
    assert b"RuntimeError" not in got.body
    assert b"Traceback" not in got.body


@pytest.mark.parametrize("drive", [serve_asgi, serve_wsgi])
def test_the_log_has_the_error_under_the_id_that_the_client_got(
    drive: Callable[..., Got], caplog: pytest.LogCaptureFixture
) -> None:
    got = drive(PLAN, boom)
    record = next(r for r in caplog.records if r.name == "hauberk")
    assert got.one("content-type") == "application/problem+json"
    assert isinstance(record.args, tuple)
    assert str(record.args[0]).encode() in got.body
    assert "hunter2" in str(record.exc_info)


def test_the_server_hears_of_the_error_too() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("boom")

    sent: list[Message] = []
    with pytest.raises(RuntimeError, match="boom"):
        drive_asgi(ASGIShield(app, PLAN), sent=sent)
    assert sent[0]["status"] == 500


def test_an_error_after_the_header_is_not_answered_again() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise RuntimeError("boom")

    sent: list[Message] = []
    with pytest.raises(RuntimeError, match="boom"):
        drive_asgi(ASGIShield(app, PLAN), sent=sent)
    assert [m["type"] for m in sent] == ["http.response.start", "http.response.body"]


def test_cancellation_is_not_an_error_to_answer() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise asyncio.CancelledError

    sent: list[Message] = []
    with pytest.raises(asyncio.CancelledError):
        drive_asgi(ASGIShield(app, PLAN), sent=sent)
    assert sent == []


# --- ASGI: what passes untouched ---------------------------------------------------------------------------------


def drive_asgi(
    app: Any, scope: Scope | None = None, incoming: tuple[Message, ...] = (), sent: list[Message] | None = None
) -> list[Message]:
    sent = [] if sent is None else sent
    queue = list(incoming) or [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        return queue.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    default = {"type": "http", "method": "GET", "path": "/", "scheme": "https", "query_string": b"", "headers": []}
    asyncio.run(app(scope or default, receive, send))
    return sent


def replay(*messages: Message) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    return app


START: Message = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}


@pytest.mark.parametrize(
    "rest",
    [
        [{"type": "http.response.body", "body": b"a", "more_body": True}, {"type": "http.response.body", "body": b"b"}],
        [{"type": "http.response.pathsend", "path": "/srv/file"}],
        [{"type": "http.response.zerocopysend", "file": 3}],
        [{"type": "http.response.body", "body": b""}, {"type": "http.response.trailers", "headers": []}],
    ],
)
def test_what_follows_the_header_passes_as_the_same_objects(rest: list[Message]) -> None:
    sent = drive_asgi(ASGIShield(replay(START, *rest), PLAN))
    assert all(a is b for a, b in zip(sent[1:], rest, strict=True))


def test_push_and_early_hints_pass_untouched() -> None:
    push = {"type": "http.response.push", "path": "/a.css", "headers": [(b"a", b"b")]}
    hints = {"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload"]}
    sent = drive_asgi(ASGIShield(replay(push, hints, START), PLAN))
    assert sent[0] is push
    assert sent[1] is hints


def test_other_members_of_the_start_message_stay() -> None:
    assert drive_asgi(ASGIShield(replay({**START, "trailers": True}), PLAN))[0]["trailers"] is True


@pytest.mark.parametrize("headers", [[(b"a", b"b")], ((b"a", b"b"),), iter([(b"a", b"b")])])
def test_headers_may_be_any_iterable(headers: Any) -> None:
    sent = drive_asgi(ASGIShield(replay({"type": "http.response.start", "status": 200, "headers": headers}), PLAN))
    assert sent[0]["headers"][0] == (b"a", b"b")


def test_lifespan_gets_the_servers_own_callables() -> None:
    seen: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend((receive, send))

    async def receive() -> Message:
        return {}

    async def send(message: Message) -> None:
        return None

    asyncio.run(ASGIShield(app, PLAN)({"type": "lifespan"}, receive, send))
    assert seen == [receive, send]


def test_websocket_messages_pass_and_its_cookies_are_hardened() -> None:
    accept = {"type": "websocket.accept", "headers": [(b"set-cookie", b"a=b")]}
    frame = {"type": "websocket.send", "text": "hi"}
    scope = {"type": "websocket", "path": "/", "scheme": "wss", "headers": []}
    sent = drive_asgi(ASGIShield(replay(accept, frame), PLAN), scope)
    assert sent[0]["headers"] == [(b"set-cookie", b"a=b; Secure; HttpOnly; SameSite=Lax")]
    assert sent[1] is frame


def test_a_refused_handshake_has_all_headers() -> None:
    denial = {"type": "websocket.http.response.start", "status": 403, "headers": []}
    scope = {"type": "websocket", "path": "/", "scheme": "wss", "headers": []}
    sent = drive_asgi(ASGIShield(replay(denial), PLAN), scope)
    assert {name.decode() for name, _ in sent[0]["headers"]} >= set(NAMES)


def test_work_in_the_background_goes_on_after_the_answer() -> None:
    done = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await replay(START, {"type": "http.response.body", "body": b""})(scope, receive, send)
        await asyncio.sleep(0)
        done.append(True)

    drive_asgi(ASGIShield(app, PLAN))
    assert done == [True]


# --- WSGI --------------------------------------------------------------------------------------------------------


def fail(part: bytes) -> bytes:
    raise RuntimeError(part.decode())


def starter(started: list[Any]) -> StartResponse:
    """A server's `start_response` that writes down how it was called."""

    def start(*arguments: Any) -> Callable[[bytes], object]:
        started.append(arguments)
        return lambda part: None

    return start


def environ_() -> Environ:
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(),
    }


def test_close_is_called_and_parts_come_one_by_one() -> None:
    closed = []

    class Body:
        def __iter__(self) -> Iterator[bytes]:
            yield from (b"a", b"b")

        def close(self) -> None:
            closed.append(True)

    def app(environ: Environ, start_response: StartResponse) -> Body:
        start_response("200 OK", [])
        return Body()

    for policy in (POLICY, Policy.recommended()):
        body: Any = WSGIShield(app, policy.plan())(environ_(), lambda *a: lambda part: None)
        assert list(body) == [b"a", b"b"]
        body.close()
    assert closed == [True, True]


def test_write_and_exc_info_are_the_servers_own() -> None:
    written: list[bytes] = []
    infos: list[object] = []

    def app(environ: Environ, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [])
        try:
            raise ValueError("too late")
        except ValueError:
            import sys

            start_response("500 Internal Server Error", [], sys.exc_info())(b"written")
        return []

    def start(status: str, headers: object, exc_info: object = None) -> Callable[[bytes], object]:
        infos.append(exc_info)
        return written.append

    WSGIShield(app, PLAN)(environ_(), start)
    assert written == [b"written"]
    assert infos[0] is None
    assert isinstance(infos[1], tuple)


def test_start_response_may_come_with_the_first_part() -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [("content-type", "text/plain")])
        yield b"late"

    started: list[Any] = []
    for policy in (POLICY, Policy.recommended()):
        body = WSGIShield(app, policy.plan())(environ_(), starter(started))
        assert list(body) == [b"late"]
        assert dict(started[-1][1])["x-content-type-options"] == "nosniff"


def test_an_error_in_a_late_body_is_answered() -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
        yield from map(fail, [b"secret"])

    started: list[Any] = []
    body = WSGIShield(app, PLAN)(environ_(), starter(started))
    assert b"secret" not in b"".join(body)
    assert started[0][0] == "500 Internal Server Error"


def by_wsgiref(app: Any) -> tuple[str, bytes]:
    """What the standard library's server puts on the wire."""
    out = io.BytesIO()
    environ = environ_() | {"SERVER_PROTOCOL": "HTTP/1.1"}
    handler = SimpleHandler(io.BytesIO(), out, io.StringIO(), environ, multithread=False)
    handler.run(app)
    head, _, body = out.getvalue().partition(b"\r\n\r\n")
    return head.decode("latin-1").lower(), body


def test_an_error_between_header_and_body_is_answered_with_all_headers() -> None:
    def app(environ: Environ, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [("content-type", "text/plain"), ("x-secret", "1")])
        raise RuntimeError("hunter2")

    for policy in (POLICY, Policy.recommended()):
        head, body = by_wsgiref(WSGIShield(app, policy.plan()))
        assert "500 internal server error" in head
        assert "x-content-type-options: nosniff" in head
        assert "x-secret" not in head
        assert b"hunter2" not in body


def test_an_error_after_a_part_was_sent_ends_the_answer() -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [("content-type", "text/plain")])
        yield b"half"
        raise RuntimeError("hunter2")

    head, body = by_wsgiref(WSGIShield(app, PLAN))
    assert "200 ok" in head
    assert body == b"half"


def test_the_servers_file_wrapper_comes_back_as_it_is() -> None:
    class FileWrapper:
        def __init__(self, file: object, size: int = 8192) -> None:
            self.file = file

        def __iter__(self) -> Iterator[bytes]:
            yield b""

    def app(environ: Environ, start_response: StartResponse) -> Any:
        start_response("200 OK", [])
        return environ["wsgi.file_wrapper"](io.BytesIO(b"x"))

    for policy in (POLICY, Policy.recommended()):
        environ = environ_() | {"wsgi.file_wrapper": FileWrapper}
        assert isinstance(WSGIShield(app, policy.plan())(environ, lambda *a: lambda part: None), FileWrapper)


# --- steps -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recorder:
    """A feature that writes down in which order its steps ran."""

    name: str
    log: list[str]
    answer: Reply | None = None
    waits: bool = False

    def steps(self) -> Steps:
        return Steps(load=self.load, on_response=self.respond)

    async def load(self, ex: Exchange) -> Reply | None:
        self.log.append(f"load {self.name}")
        if self.waits:
            await asyncio.sleep(0)
        if self.answer is None:

            async def finish(head: Head) -> None:
                self.log.append(f"finish {self.name}")
                head.append("x-finished", self.name)

            ex.defer(finish)
        return self.answer

    def respond(self, ex: Exchange, head: Head) -> None:
        self.log.append(f"respond {self.name}")


def test_what_was_opened_last_is_finished_first(serve: Serve) -> None:
    log: list[str] = []
    got = serve(Plan.of([Recorder("a", log), Recorder("b", log)]))
    assert log == ["load a", "load b", "finish b", "finish a", "respond a", "respond b"]
    assert ", ".join(got.all("x-finished")) == "b, a"


def test_a_refusal_finishes_only_what_was_opened(serve: Serve) -> None:
    log: list[str] = []
    refused = Reply(403, b"no\n")
    plan = Plan.of([Recorder("a", log), Recorder("b", log, refused), Recorder("c", log)])
    got = serve(plan)
    assert got.status == 403
    assert got.body == b"no\n"
    assert [entry for entry in log if entry.startswith(("load", "finish"))] == ["load a", "load b", "finish a"]


def test_a_refusal_has_all_headers_and_never_reaches_the_application(serve: Serve) -> None:
    @dataclass(frozen=True)
    class No:
        def steps(self) -> Steps:
            return Steps(on_request=lambda ex: Reply(403, b"no\n"))

    def never(ex: Exchange) -> Answer:
        raise AssertionError("the application ran")

    got = serve(Plan.of([*POLICY.features(), No()]), never)
    assert got.status == 403
    assert all(got.one(name) for name in NAMES)


def test_a_store_that_waits_is_an_error_in_wsgi_and_fine_in_asgi(caplog: pytest.LogCaptureFixture) -> None:
    log: list[str] = []
    plan = Plan.of([Recorder("a", log, waits=True), Failures()])
    assert serve_asgi(plan).status == 200
    assert serve_wsgi(plan).status == 500, "never as if the step had run"
    error = next(r.exc_info for r in caplog.records if r.name == "hauberk")
    assert error is not None
    assert error[0] is WaitingStoreError


def test_the_current_exchange_ends_with_its_request(serve: Serve) -> None:
    inside: list[object] = []

    @dataclass(frozen=True)
    class Eager:
        def steps(self) -> Steps:
            return Steps(on_request=lambda ex: None)

    def app(ex: Exchange) -> Answer:
        inside.append(CURRENT.get())
        return Answer()

    serve(Plan.of([Eager()]), app)
    assert isinstance(inside[0], Exchange)
    assert CURRENT.get() is None


# --- the guard's answer ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Blocker:
    def steps(self) -> Steps:
        return Steps(on_request=lambda ex: None, keep_body=True)


@pytest.mark.parametrize("swallow", [True, False])
def test_a_blocked_request_is_answered_by_us_whatever_the_application_says(serve: Serve, swallow: bool) -> None:
    def app(ex: Exchange) -> Answer:
        ex.blocked = Reply(403, b"blocked\n")
        if not swallow:
            raise PermissionError("blocked")
        return Answer(200, [("x-secret", "rows")], b"all the rows")

    got = serve(Plan.of([*POLICY.features(), Blocker()]), app)
    assert (got.status, got.body) == (403, b"blocked\n")
    assert got.one("x-secret") is None
    assert got.one("content-length") in {"8", None}
    assert got.one("x-content-type-options") == "nosniff"


def test_the_body_is_kept_as_the_application_reads_it(serve: Serve) -> None:
    kept: list[bytes] = []
    plan = Plan.of([Blocker()])

    def app(ex: Exchange) -> Answer:
        kept.append(ex.kept_body())
        return Answer()

    serve(plan, app, method="POST", body=b"a=1&b=2")
    assert kept == [b"a=1&b=2"]


def test_no_more_of_a_body_is_kept_than_the_bound() -> None:
    lengths: list[int] = []
    body = b"x" * (3 << 20)

    def app(ex: Exchange) -> Answer:
        lengths.append(len(ex.kept_body()))
        return Answer()

    for drive in (serve_asgi, serve_wsgi):
        drive(Plan.of([Blocker()]), app, method="POST", body=body)
    assert lengths == [1 << 20, 1 << 20]


def test_a_body_in_a_million_parts_costs_no_more_than_its_length() -> None:
    """Each part once: a list that is copied for every part would take hours here."""
    ex = ASGIExchange({"type": "http", "path": "/", "headers": []})
    for _ in range(1 << 20):
        ex.keep(b"x")
    assert len(ex.kept_body()) == 1 << 20
    ex.keep(b"y")
    assert (len(ex.kept_body()), ex.body_length) == (1 << 20, (1 << 20) + 1)


def test_enforced_and_report_only_policies_stand_side_by_side(serve: Serve) -> None:
    policy = POLICY.replace(csp_report_only=CSP(script_src=("'none'",)), csp=CSP(style_src=("'self'", NONCE)))
    got = serve(policy.plan())
    assert "script-src 'self'" in (got.one("content-security-policy") or "")
    assert "script-src 'none'" in (got.one("content-security-policy-report-only") or "")
