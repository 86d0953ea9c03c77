"""Both ways to call an application."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from hauberk.core.errors import ConfigurationError, InputError
from hauberk.core.events import RECORDING, SinkEvent
from hauberk.scan import ASGITransport, Budget, Request, Response, Wire, WSGITransport
from hauberk.scan.client import Client, ExhaustedError
from hauberk.scan.messages import CookieJar
from hauberk.scan.transport import Transport

Reply = Callable[[Request], "Response | Iterator[bytes]"]
Connect = Callable[..., Transport]


def event() -> None:
    record = RECORDING.get()
    assert record is not None
    record.add(SinkEvent(kind="path", target="open", text="x"))


def asgi(answer: Reply) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        message = await receive()
        query = scope["query_string"].decode()
        headers = tuple((k.decode(), v.decode("latin-1")) for k, v in scope["headers"])
        got = answer(
            Request(
                method=scope["method"],
                target=scope["path"] + ("?" + query if query else ""),
                headers=(("scheme", scope["scheme"]), *headers),
                body=message["body"],
            )
        )
        fields = got.headers if isinstance(got, Response) else ()
        status = got.status if isinstance(got, Response) else 200
        raw = [(k.encode(), v.encode("latin-1")) for k, v in fields]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        for part in [got.body] if isinstance(got, Response) else got:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    return app


def wsgi(answer: Reply) -> Any:
    def app(environ: dict[str, Any], start_response: Any) -> Any:
        query = environ["QUERY_STRING"]
        headers = tuple((k[5:].lower().replace("_", "-"), v) for k, v in environ.items() if k.startswith("HTTP_"))
        got = answer(
            Request(
                method=environ["REQUEST_METHOD"],
                target=environ["PATH_INFO"].encode("latin-1").decode() + ("?" + query if query else ""),
                headers=(("scheme", environ["wsgi.url_scheme"]), *headers),
                body=environ["wsgi.input"].read(),
            )
        )
        fields = list(got.headers) if isinstance(got, Response) else []
        start_response(f"{got.status if isinstance(got, Response) else 200} X", fields)
        return [got.body] if isinstance(got, Response) else got

    return app


@pytest.fixture(params=["asgi", "wsgi"])
def connect(request: pytest.FixtureRequest) -> Connect:
    def made(answer: Reply, **wire: Any) -> Transport:
        chosen = Wire(**wire)
        return ASGITransport(asgi(answer), chosen) if request.param == "asgi" else WSGITransport(wsgi(answer), chosen)

    return made


def test_request_and_response_pass(connect: Connect) -> None:
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        event()
        return Response(status=404, headers=(("X-A", "1"), ("x-a", "2")), body=b"no")

    with connect(answer) as transport:
        got = transport.send(Request(method="POST", target="/a%20b%C3%A9?q=%27", headers=(("x-b", "c"),), body=b"hi"))
    assert (seen[0].method, seen[0].target, seen[0].body) == ("POST", "/a bé?q=%27", b"hi")
    assert (seen[0].header("x-b"), seen[0].header("host"), seen[0].header("scheme")) == ("c", "testserver", "https")
    assert (got.status, got.all("x-a"), got.body, got.error) == (404, ("1", "2"), b"no", "")
    assert [e.text for e in got.events] == ["x"]


def test_an_exception_is_a_500_with_its_words(connect: Connect) -> None:
    def answer(request: Request) -> Response:
        event()
        raise ValueError("boom")

    with connect(answer) as transport:
        got = transport.send(Request())
    assert got.status == 500
    assert got.error.startswith("ValueError: boom (")
    assert len(got.events) == 1


def test_an_exception_within_the_body(connect: Connect) -> None:
    def answer(request: Request) -> Iterator[bytes]:
        yield b"begun"
        raise OSError("gone")

    with connect(answer) as transport:
        got = transport.send(Request())
    assert "gone" in got.error
    assert got.body == b"begun"


def test_streams_are_joined_and_bounded(connect: Connect) -> None:
    with connect(lambda request: iter([b"a", b"b", b"c"])) as transport:
        assert transport.send(Request()).body == b"abc"

    def endless(request: Request) -> Iterator[bytes]:
        while True:
            yield b"x" * 1000

    with connect(endless, max_body=5000) as transport:
        answer = transport.send(Request())
    assert (len(answer.body), answer.truncated, answer.error) == (5000, True, "")


def test_the_iterables_close_is_called() -> None:
    closed = []

    class Body:
        def __iter__(self) -> Iterator[bytes]:
            return iter([b"a"])

        def close(self) -> None:
            closed.append(True)

    def app(environ: Any, start_response: Any) -> Body:
        start_response("200 OK", [])(b"written ")
        return Body()

    with WSGITransport(app) as transport:
        assert transport.send(Request()).body == b"written a"
    assert closed == [True]


def test_a_handler_that_hangs_does_not_stop_the_scan() -> None:
    release = threading.Event()

    def hangs(environ: Any, start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/hang":
            release.wait(20)
        start_response("200 OK", [])
        return [b"fine"]

    async def sleeps(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/hang":
            await asyncio.sleep(20)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"fine"})

    wire = Wire(timeout=0.1)
    for transport in (WSGITransport(hangs, wire), ASGITransport(http_only(sleeps), wire)):
        begun = time.monotonic()
        with transport:
            hung = transport.send(Request(target="/hang"))
            assert "TimeoutError" in hung.error
            assert transport.send(Request()).body == b"fine"
        assert time.monotonic() - begun < 5
    release.set()


def test_each_answer_has_all_of_its_time() -> None:
    """However many were asked for before it, and whatever is done in between."""

    async def answers(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] != "/quick":
            await asyncio.sleep(0.2 if scope["path"] == "/slow" else 20)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"fine"})

    with ASGITransport(http_only(answers), Wire(timeout=0.3)) as transport:
        for pause in (0.0, 0.2, 0.4):
            transport.send(Request(target="/quick"))
            time.sleep(pause)
            assert transport.send(Request(target="/slow")).body == b"fine"
        begun = time.monotonic()
        assert "TimeoutError" in transport.send(Request(target="/never")).error
        assert 0.29 < time.monotonic() - begun < 2


def http_only(app: Any) -> Any:
    async def served(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await app(scope, receive, send)

    return served


def lifespan(startup: Callable[[], str]) -> tuple[list[str], Any]:
    log: list[str] = []

    async def app(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        if scope["type"] == "http":
            log.append(f"request {scope['state']}")
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})
            return
        assert (await receive())["type"] == "lifespan.startup"
        problem = startup()
        scope["state"]["db"] = 1
        log.append("started")
        if problem:
            await send({"type": "lifespan.startup.failed", "message": problem})
            return
        await send({"type": "lifespan.startup.complete"})
        assert (await receive())["type"] == "lifespan.shutdown"
        log.append("stopped")
        await send({"type": "lifespan.shutdown.complete"})

    return log, app


def test_lifespan_is_run_once_around_all_requests() -> None:
    log, app = lifespan(str)
    with ASGITransport(app) as transport:
        transport.send(Request())
        transport.send(Request())
    assert log == ["started", "request {'db': 1}", "request {'db': 1}", "stopped"]


def test_an_application_that_cannot_start_is_an_input_error() -> None:
    _, app = lifespan(lambda: "Traceback ...\nRuntimeError: no database")
    with pytest.raises(InputError, match="RuntimeError: no database"), ASGITransport(app):
        pytest.fail("it cannot have started")


def test_a_running_loop_is_refused_with_words() -> None:
    async def main() -> None:
        with ASGITransport(asgi(lambda request: Response(status=200))):
            pytest.fail("it cannot have started")

    with pytest.raises(ConfigurationError, match="running event loop"):
        asyncio.run(main())


def test_a_transport_that_is_not_started_says_so() -> None:
    with pytest.raises(ConfigurationError, match="with statement"):
        ASGITransport(asgi(lambda request: Response(status=200))).send(Request())


@pytest.mark.parametrize(
    "options", [{"scheme": "ftp"}, {"host": "a b"}, {"host": ""}, {"max_body": 0}, {"timeout": -1}, {"host": "a/b"}]
)
def test_wrong_wires_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Wire(**options)


@pytest.mark.parametrize(
    ("host", "name", "port"),
    [
        ("a.example", "a.example", 443),
        ("a.example:8443", "a.example", 8443),
        ("[::1]:81", "[::1]", 81),
        ("[::1]", "[::1]", 443),
    ],
)
def test_host_and_port(host: str, name: str, port: int) -> None:
    assert (Wire(host=host).name, Wire(host=host).port) == (name, port)


def test_cookies_come_back(connect: Connect) -> None:
    def answer(request: Request) -> Response:
        fields = (("set-cookie", "id=1; Secure; Path=/"), ("set-cookie", "b=2; Path=/admin"))
        return Response(status=200, headers=fields, body=(request.header("cookie") or "").encode())

    with connect(answer) as transport:
        client = Client(transport, Budget())
        assert client.send(Request()).body == b""
        assert client.send(Request()).body == b"id=1"
        assert client.send(Request(target="/admin/x")).body == b"id=1; b=2"
        assert client.send(Request(headers=(("cookie", "id=mine; c=3"),))).body == b"id=mine; c=3"
    with connect(answer, scheme="http") as transport:
        client = Client(transport, Budget())
        client.send(Request())
        assert client.send(Request(target="/admin/x")).body == b"b=2"


def test_nothing_is_kept_while_frozen(connect: Connect) -> None:
    with connect(lambda request: Response(status=200, headers=(("set-cookie", "id=1"),))) as transport:
        client = Client(transport, Budget())
        with client.frozen():
            client.send(Request())
        assert len(client.jar) == 0
        client.send(Request())
        assert len(client.jar) == 1


@pytest.mark.parametrize("gone", ["Max-Age=0", "Max-Age=-1", "Expires=Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_cookie_that_is_taken_away(gone: str) -> None:
    jar = CookieJar()
    jar.keep(Request(), Response(status=200, headers=(("set-cookie", "a=1; Path=/"),)))
    assert jar.header("/") == "a=1"
    jar.keep(Request(), Response(status=200, headers=(("set-cookie", f"a=; Path=/; {gone}"),)))
    assert jar.header("/") == ""


def test_unsafe_requests_look_same_origin(connect: Connect) -> None:
    with connect(lambda request: Response(status=200)) as transport:
        client = Client(transport, Budget())
        sent = dict(client.complete(Request(method="POST", target="/x")).headers)
        assert (sent["origin"], sent["sec-fetch-site"]) == ("https://testserver", "same-origin")
        assert "origin" not in dict(client.complete(Request()).headers)


def test_the_budget_ends(connect: Connect) -> None:
    with connect(lambda request: Response(status=200)) as transport:
        client = Client(transport, Budget(max_requests=2))
        client.send(Request())
        client.send(Request())
        with pytest.raises(ExhaustedError, match="2 requests"):
            client.send(Request())
        late = Client(transport, Budget(max_seconds=0.01))
        time.sleep(0.02)
        with pytest.raises(ExhaustedError, match="seconds"):
            late.send(Request())


@pytest.mark.parametrize("options", [{"max_requests": 0}, {"max_seconds": -1}])
def test_wrong_budgets_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Budget(**options)


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/html; charset=latin-1", b"\xe9", "é"),
        ("text/html", "é".encode(), "é"),
        ("text/html; charset=nonsense", "é".encode(), "é"),
        ("text/html", b"\xff", "\ufffd"),
    ],
)
def test_text(content_type: str, body: bytes, text: str) -> None:
    assert Response(status=200, headers=(("content-type", content_type),), body=body).text == text
