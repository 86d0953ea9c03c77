"""Key sets from a real server with TLS: fetched once, kept, fetched again, and never trusted too far."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from hauberk import KeyRing, Policy, TokenError, Tokens
from hauberk.auth.jwks import JWKS, Issuer
from hauberk.auth.jwks.answer import lifetime
from hauberk.core.errors import ConfigurationError
from tests.drivers import Answer, Serve
from tests.judges.conftest import certificate  # noqa: F401 - a fixture

RING = KeyRing.generate("ES256")
TOKENS = Tokens(issuer="https://id.example", audience="api", keys=RING)
Reply = Callable[[BaseHTTPRequestHandler], None]


def answer(body: bytes, status: int = 200, **fields: str) -> Reply:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"content-length": str(len(body)), **fields}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def good(**fields: str) -> Reply:
    return answer(json.dumps(RING.jwks()).encode(), 200, **fields)


class Server:
    """Answers as it is told, and counts."""

    def __init__(self, signed: Path) -> None:
        self.reply: Reply = good()
        self.asked: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                server.reply(self)

            def log_message(self, *args: Any) -> None: ...

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.handle_error = lambda *args: None  # type: ignore[method-assign]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(signed)
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"https://localhost:{self.http.server_address[1]}/jwks.json"
        self.trusting = ssl.create_default_context(cafile=str(signed))


@pytest.fixture
def server(certificate: Path) -> Iterator[Server]:  # noqa: F811 - the fixture
    made = Server(certificate)
    yield made
    made.http.shutdown()
    made.http.server_close()


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def client(server: Server, clock: Clock, **options: Any) -> JWKS:
    settings: dict[str, Any] = {"verify": server.trusting, "clock": clock, "timeout": 2.0} | options
    return JWKS(url=server.url, **settings)


@pytest.fixture(params=["waiting", "blocking"])
def ask(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Both faces."""
    if request.param == "blocking":
        return lambda jwks, kid=None: jwks.keys_sync(kid)
    return lambda jwks, kid=None: asyncio.run(jwks.keys(kid))


def test_it_is_fetched_once_and_again_when_it_is_no_longer_fresh(server: Server, clock: Clock, ask: Any) -> None:
    jwks = client(server, clock)
    for _ in range(3):
        assert {key.kid for key in ask(jwks)} == {key.kid for key in RING.keys}
    assert len(server.asked) == 1
    server.reply = good(cache_control="public, max-age=4000")
    clock.now += 301
    ask(jwks, "unheard-of")
    clock.now += 3_900
    ask(jwks)
    assert len(server.asked) == 2


def test_an_unknown_kid_fetches_but_not_again_and_again(server: Server, clock: Clock, ask: Any) -> None:
    jwks = client(server, clock)
    ask(jwks)
    for number in range(50):
        ask(jwks, f"made-up-{number}")
    assert len(server.asked) == 1
    clock.now += 31
    for number in range(50):
        ask(jwks, f"made-up-{number}")
    assert len(server.asked) == 2


def test_while_the_server_fails_what_is_known_goes_on_being_used(server: Server, clock: Clock, ask: Any) -> None:
    jwks = client(server, clock, stale=1_000.0)
    ask(jwks)
    server.reply = answer(b"oops", 500)
    clock.now += 400
    assert ask(jwks)
    clock.now += 1_000
    with pytest.raises(TokenError, match="status 500"):
        ask(jwks)
    server.reply = good()
    clock.now += 31
    assert ask(jwks)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (answer(b"{}"), "no list of keys"),
        (answer(b"[]"), "no JSON"),
        (answer(b"<html>"), "no JSON"),
        (answer(b'{"keys":[{"kty":"oct","k":"' + b"A" * 43 + b'"}]}'), "no public key"),
        (answer(b'{"keys":[{"kty":"RSA"}]}'), "no key"),
        (answer(b'{"keys":[' + b",".join([b'{"kty":"x"}'] * 200) + b"]}"), "200 keys"),
        (answer(b"[" * 100_000), "no JSON"),
        (answer(b" " * 300_000), "longer than"),
        (answer(b"", 302, location="https://evil.example/jwks.json"), "another host"),
        (answer(b"", 302, location="http://localhost/jwks.json"), "another host"),
        (answer(b"", 302, location="/jwks.json"), "again and again"),
        (answer(b"", 302, location="file:///etc/passwd"), "another host"),
        (answer(b"not found", 404), "status 404"),
    ],
)
def test_what_is_no_key_set_is_none(server: Server, clock: Clock, ask: Any, reply: Reply, why: str) -> None:
    server.reply = reply
    with pytest.raises(TokenError, match=why):
        ask(client(server, clock))
    assert len(server.asked) <= 4


def test_a_redirect_within_the_host_is_followed(server: Server, clock: Clock, ask: Any) -> None:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        moved = answer(b"", 301, location="/v2/jwks.json")
        (good() if handler.path == "/v2/jwks.json" else moved)(handler)

    server.reply = reply
    assert ask(client(server, clock))
    assert server.asked == ["/jwks.json", "/v2/jwks.json"]


def test_a_server_that_dawdles_is_left(server: Server, clock: Clock, ask: Any) -> None:
    over = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not over.wait(0.05):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    server.reply = drip
    begin = time.monotonic()
    try:
        with pytest.raises(TokenError, match="keys"):
            ask(client(server, clock, timeout=0.4))
        assert time.monotonic() - begin < 5
    finally:
        over.set()


def test_a_certificate_of_nobody_is_refused(server: Server, clock: Clock, ask: Any) -> None:
    with pytest.raises(TokenError, match="keys"):
        ask(client(server, clock, verify=True))


def test_many_at_once_are_one_fetch(server: Server, clock: Clock) -> None:
    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.2)
        good()(handler)

    server.reply = slow

    async def together() -> None:
        jwks = client(server, clock)
        found = await asyncio.gather(*(jwks.keys(f"kid-{number}") for number in range(100)))
        assert all(len(keys) == 2 for keys in found)

    asyncio.run(together())
    assert len(server.asked) == 1
    jwks, found = client(server, clock), []
    threads = [threading.Thread(target=lambda: found.append(jwks.keys_sync())) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 20
    assert len(server.asked) == 2


def test_one_that_goes_away_does_not_take_the_answer_with_him(server: Server, clock: Clock) -> None:
    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.2)
        good()(handler)

    server.reply = slow

    async def together() -> None:
        jwks = client(server, clock)
        first = asyncio.create_task(jwks.keys())
        await asyncio.sleep(0.05)
        second = asyncio.create_task(jwks.keys())
        await asyncio.sleep(0.02)
        first.cancel()
        assert len(await second) == 2

    asyncio.run(together())


def test_tokens_of_an_issuer_through_an_application(server: Server, clock: Clock, serve: Serve) -> None:
    issuer = Issuer(issuer="https://id.example", audience="api", keys=client(server, clock), typ="at+jwt")
    plan = Policy(tokens=issuer).plan()

    def ask(token: str) -> Any:
        fields = [("authorization", f"Bearer {token}")]
        return serve(plan, lambda ex: Answer(body=ex.claims.claims.subject.encode()), headers=fields)

    assert ask(TOKENS.issue("ann")).body == b"ann"
    others = [
        Tokens(issuer="https://id.example", audience="api", keys=KeyRing.generate("ES256")),
        Tokens(issuer="https://evil.example", audience="api", keys=RING),
        Tokens(issuer="https://id.example", audience="another", keys=RING),
        Tokens(issuer="https://id.example", audience="api", keys=KeyRing.generate("HS256")),
    ]
    assert [ask(other.issue("ann")).status for other in others] == [401] * 4
    assert ask("x.y.z").status == 401
    assert len(server.asked) == 1


def test_a_key_that_was_rotated_is_found(server: Server, clock: Clock) -> None:
    ring = KeyRing.generate("ES256")
    tokens = Tokens(issuer="https://id.example", audience="api", keys=ring)
    issuer = Issuer(issuer="https://id.example", audience="api", keys=client(server, clock))
    server.reply = lambda handler: answer(json.dumps(ring.jwks()).encode())(handler)
    assert issuer.check_sync(tokens.issue("ann")).subject == "ann"
    for _ in range(3):
        ring.rotate()
    clock.now += 31
    assert issuer.check_sync(tokens.issue("bob")).subject == "bob"
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"url": "http://id.example/jwks.json"}, r"JWKS\.url"),
        ({"url": "http://id.example/jwks.json", "insecure_http": True}, r"JWKS\.url"),
        ({"url": "file:///etc/passwd"}, r"JWKS\.url"),
        ({"url": "ftp://id.example/x"}, r"JWKS\.url"),
        ({"url": "data:application/json,{}"}, r"JWKS\.url"),
        ({"url": "https://user:secret@id.example/"}, r"JWKS\.url"),
        ({"url": "https://[::1"}, r"JWKS\.url"),
        ({"fresh": (500.0, 100.0)}, r"JWKS\.fresh"),
        ({"timeout": 0}, r"JWKS\.timeout"),
        ({"most": 0}, r"JWKS\.most"),
        ({"cooldown": -1}, r"JWKS\.cooldown"),
        ({"verify": False}, r"JWKS\.verify"),
    ],
)
def test_bad_options_are_named(options: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationError, match=field):
        JWKS(**{"url": "https://id.example/jwks.json", **options})


def test_symmetric_algorithms_cannot_be_listed() -> None:
    jwks = JWKS(url="https://id.example/jwks.json")
    for name in ("HS256", "none", "dir"):
        with pytest.raises(ConfigurationError, match=r"Issuer\.algorithms"):
            Issuer(issuer="https://id.example", audience="api", keys=jwks, algorithms=frozenset({name}))
    JWKS(url="http://127.0.0.1:8000/jwks.json", insecure_http=True)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("", 300),
        ("public, max-age=3600", 3_600),
        ("max-age=5", 300),
        ("max-age=99999999", 86_400),
        ("no-store, max-age=3600", 300),
        ("no-cache", 300),
        ("s-maxage=9000", 300),
        ("max-age=-5", 300),
        ('max-age="600"', 600),
    ],
)
def test_cache_control_within_bounds(said: str, seconds: float) -> None:
    assert lifetime(said, 300.0, 86_400.0) == seconds
