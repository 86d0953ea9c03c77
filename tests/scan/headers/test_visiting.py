"""Making a visit: what is asked, where redirects are followed, and whom we ask at all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from hauberk import InputError
from hauberk.core.errors import NothingToTestError
from hauberk.scan import ASGITransport, Request, Response, Wire
from hauberk.scan.headers import Loopback, Place, in_process, review, visit
from hauberk.scan.headers.visiting import Scheme
from tests.drivers import Pairs

PLACE = Place(host="shop.example")
Answers = dict[str, Response]


def answer(status: int = 200, *fields: tuple[str, str], body: bytes = b"<p>hi") -> Response:
    return Response(status=status, headers=(("content-type", "text/html"), *fields), body=body)


def recorded(answers: Answers) -> tuple[Callable[[Scheme, Request], Response | None], list[str]]:
    """A server of fixed answers by `https /path`, and what it was asked."""
    asked: list[str] = []

    def send(scheme: Scheme, request: Request) -> Response | None:
        asked.append(f"{request.method} {scheme} {request.target}")
        if any(name == "cookie" for name, _ in request.headers):
            asked.append(f"cookie {request.header('cookie')}")
        return answers.get(f"{scheme} {request.target}", answer(404) if request.target == "/robots.txt" else None)

    return send, asked


def test_what_is_asked() -> None:
    send, asked = recorded(
        {
            "http /": answer(301, ("location", "https://shop.example/")),
            "https /": answer(302, ("location", "/home"), ("set-cookie", "a=b; Secure")),
            "https /home": answer(200, ("x-frame-options", "DENY"), ("set-cookie", "c=d")),
            "https /robots.txt": answer(200, ("set-cookie", "e=f")),
        }
    )
    seen, gaps = visit(send, PLACE)
    assert seen.https is not None
    assert seen.https.header("x-frame-options") == "DENY"
    assert seen.http is not None
    assert [hop.url for hop in seen.http] == [
        "http://shop.example/",
        "https://shop.example/",
        "https://shop.example/home",
    ]
    assert seen.set_cookies == ("a=b; Secure", "c=d", "e=f")
    assert "OPTIONS https /home" in asked
    assert "cookie a=b" in asked, "a client keeps cookies on its way"
    assert gaps == ()


def test_nobody_else_is_asked() -> None:
    send, asked = recorded(
        {
            "http /": answer(301, ("location", "https://other.example/")),
            "https /": answer(302, ("location", "//evil.example/x")),
        }
    )
    seen, gaps = visit(send, PLACE)
    assert seen.http is not None
    assert [(hop.url, hop.status) for hop in seen.http] == [
        ("http://shop.example/", 301),
        ("https://other.example/", 0),
    ]
    assert seen.https is not None
    assert seen.https.status == 302
    assert len(gaps) == 2
    assert not [line for line in asked if "evil" in line or "other" in line]


@pytest.mark.parametrize("location", ["", "https://[", "javascript:alert(1)", "https://shop.example.evil.example/"])
def test_where_a_redirect_leads_nowhere(location: str) -> None:
    send, _ = recorded({"https /": answer(302, ("location", location))})
    seen, _ = visit(send, PLACE)
    assert seen.https is not None
    assert seen.https.status == 302


def test_a_loop_ends() -> None:
    send, asked = recorded({"https /": answer(302, ("location", "/"))})
    visit(send, PLACE)
    assert len(asked) < 20


def test_a_preflight_that_is_no_success_allows_nothing() -> None:
    def send(scheme: Scheme, request: Request) -> Response | None:
        if request.method == "OPTIONS":
            return answer(405, ("access-control-allow-origin", "*"))
        return answer()

    seen, _ = visit(send, PLACE)
    assert seen.preflight is None


def test_in_process_both_schemes_are_asked() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        plain = scope["scheme"] == "http"
        headers = [(b"location", b"https://shop.example" + scope["path"].encode())] if plain else []
        await send({"type": "http.response.start", "status": 308 if plain else 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    with ASGITransport(app, Wire(host="shop.example")) as transport:
        made = review(in_process(transport), PLACE, target="x")
    assert made.pages[0].card["redirection"].result == "redirection-to-https"


def test_paths_are_judged_one_by_one() -> None:
    send, _ = recorded(
        {
            "https /": answer(200, ("x-frame-options", "DENY"), ("permissions-policy", "camera 'none'")),
            "https /open": answer(),
            "https /gone": answer(404),
        }
    )
    made = review(send, PLACE, ("/", "/open", "/gone"), target="shop")
    assert [page.path for page in made.pages] == ["/", "/open"]
    assert made.result.stats["score"] == min(page.card.score for page in made.pages)
    assert not made.result.complete
    assert made.result.gaps == ("/gone answered 404, so it was not judged.",)
    framed = {str(f.location): f.outcome for f in made.result.findings if f.rule.id == "headers.x-frame-options"}
    assert framed == {"GET /": "pass", "GET /open": "fail"}
    (ignored,) = [f for f in made.result.findings if f.rule.id == "headers.ignored"]
    assert ignored.message.startswith("permissions-policy cannot be read")


def test_half_a_year_is_enough_for_the_observatory_but_not_here() -> None:
    for age, outcome in (("31536000", "pass"), ("15552000", "fail"), ("soon", "fail")):
        send, _ = recorded({"https /": answer(200, ("strict-transport-security", f"max-age={age}"))})
        made = review(send, PLACE, target="shop")
        assert made.pages[0].card["strict-transport-security"].points == 0
        (found,) = [f for f in made.result.findings if f.rule.id == "headers.strict-transport-security"]
        assert found.outcome == outcome


def test_nothing_to_grade() -> None:
    for answers in ({}, {"https /": answer(500), "http /": answer(500)}):
        send, _ = recorded(answers)
        with pytest.raises(NothingToTestError, match="name one with --path"):
            review(send, PLACE, target="shop")


@contextmanager
def listening(fields: Pairs, status: int = 200) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(status)
            for name, value in fields:
                self.send_header(name, value)
            self.send_header("content-length", "5")
            self.end_headers()
            self.wfile.write(b"<p>hi")

        do_OPTIONS = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def test_a_server_on_this_machine() -> None:
    with listening([("Content-Type", "text/html"), ("X-Frame-Options", "DENY"), ("Vary", "a"), ("Vary", "b")]) as port:
        server = Loopback.of(f"http://127.0.0.1:{port}/?q=1")
        made = review(server.send, server.place(), (server.path,), target="server")
    page = made.pages[0]
    assert page.path == "/?q=1"
    assert page.card["x-frame-options"].points == 5
    assert page.card["strict-transport-security"].result == "hsts-not-implemented-no-https"
    assert page.card["redirection"].result == "redirection-missing"
    assert [field.value for field in page.fields if field.name == "vary"] == ["a", "b"]


def test_a_port_that_speaks_no_tls_is_no_https() -> None:
    with listening([]) as port:
        server = Loopback.of(f"http://127.0.0.1:{port}/", https_port=port)
        seen, _ = visit(server.send, server.place())
    assert seen.https is None
    assert seen.http is not None


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://shop.example/", "is not this machine, and nothing proves that it is yours"),
        ("http://192.0.2.1/", "is not this machine"),
        ("http://[2001:db8::1]/", "is not this machine"),
        ("http://0.0.0.0/", "is not this machine"),
        ("http://127.0.0.1.nip.example/", "is not this machine"),
        ("http://127.0.0.1@192.0.2.1/", "192.0.2.1 is not this machine"),
        ("ftp://127.0.0.1/", "neither an http nor an https URL"),
        ("http:///x", "neither an http nor an https URL"),
        ("http://127.0.0.1:99999/", "is no URL"),
        ("http://[::1", "is no URL"),
    ],
)
def test_whom_we_do_not_ask(url: str, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        Loopback.of(url)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("url", "options", "ports"),
    [
        ("http://127.0.0.1:8000/", {}, {"http": 8000}),
        ("http://127.0.0.1/", {}, {"http": 80, "https": 443}),
        ("https://127.0.0.1/", {}, {"http": 80, "https": 443}),
        ("https://127.0.0.1:8443/", {}, {"https": 8443}),
        ("https://127.0.0.1:8443/", {"http_port": 8080}, {"http": 8080, "https": 8443}),
        ("http://[::1]:8000/", {"https_port": 8443}, {"http": 8000, "https": 8443}),
    ],
)
def test_ports(url: str, options: dict[str, int], ports: dict[str, int]) -> None:
    assert Loopback.of(url, http_port=options.get("http_port"), https_port=options.get("https_port")).ports == ports
