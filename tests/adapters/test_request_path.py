"""What must not happen while a request waits: compiling, and leaving garbage in circles. And `forward`."""

from __future__ import annotations

import asyncio
import gc
import re
from typing import Any

import pytest

import hauberk
from hauberk import CORS, Cookies, Policy
from hauberk.adapters.asgi import ASGIShield, Message, Receive, Scope, Send
from hauberk.core.errors import LateNonceError
from hauberk.core.exchange import Exchange, Reply, held
from hauberk.core.plan import Plan, Steps
from hauberk.shield.hosts import Hosts
from hauberk.shield.https import HTTPS
from tests.drivers import Answer, Serve, handshake_asgi

ORIGIN = "https://app.example"
PROFILES = ("recommended", "strict", "api", "helmet", "oshp")
REQUESTS: list[tuple[str, list[tuple[str, str]], bytes]] = [
    ("GET", [("host", "app.example"), ("accept", "text/html")], b""),
    ("GET", [("host", "app.example"), ("cookie", "session=abc; theme=dark"), ("sec-fetch-site", "none")], b""),
    ("POST", [("host", "app.example"), ("origin", ORIGIN), ("content-type", "application/json")], b'{"a": 1}'),
    ("POST", [("host", "app.example"), ("origin", "https://evil.example"), ("accept", "text/html")], b"a=b"),
    ("OPTIONS", [("host", "app.example"), ("origin", ORIGIN), ("access-control-request-method", "PUT")], b""),
    ("GET", [("host", "evil.example"), ("forwarded", "for=192.0.2.1;proto=http;host=x")], b""),
]


def page(ex: Exchange) -> Answer:
    ex.read_nonce()
    return Answer(headers=[("content-type", "text/html"), ("set-cookie", "a=b; Path=/; Expires=Thu, 01 Jan 2026")])


@pytest.mark.parametrize("profile", PROFILES)
def test_no_regular_expression_is_compiled_during_a_request(
    serve: Serve, profile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy: Policy = getattr(Policy, profile)()
    full = policy.replace(
        cors=CORS(origins=(ORIGIN, "https://*.sub.example")),
        hosts=Hosts(allow=("app.example",)),
        https=HTTPS(proxies=("127.0.0.0/8",)),
        guard=None,
    )
    plans = [policy.replace(guard=None).plan(), full.plan()]
    serve(plans[0], page)  # what the frameworks compile at their first request is not ours
    compiled: list[object] = []
    real: Any = re._compile  # type: ignore[attr-defined]

    def spy(pattern: Any, flags: Any) -> Any:
        if (type(pattern), pattern, int(flags)) not in re._cache:  # type: ignore[attr-defined]
            compiled.append(pattern)
        return real(pattern, flags)

    monkeypatch.setattr(re, "_compile", spy)
    re.compile("it is noticed if one is")
    assert compiled.pop() == "it is noticed if one is"
    re.purge()  # so that none is found ready by chance
    for plan in plans:
        for method, headers, body in REQUESTS:
            serve(plan, page, method=method, headers=headers, body=body, query="a=1&b=2")
    assert compiled == []


# --- no circles --------------------------------------------------------------------------------------------------


class Marked(dict[str, Any]):
    """A scope whose end can be seen."""

    alive = 0

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        Marked.alive += 1

    def __del__(self) -> None:
        Marked.alive -= 1


async def run_once(shield: ASGIShield) -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        return None

    scope: Scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    await shield(Marked(scope), receive, send)


@pytest.mark.parametrize("reads", [True, False], ids=["nonce", "plain"])
@pytest.mark.parametrize("more", [{}, {"csrf": None, "limits": None, "paths": None}], ids=["full", "lean"])
def test_a_request_is_gone_when_it_is_over(more: dict[str, Any], reads: bool) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if reads:
            held(scope["hauberk"]).read_nonce()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    shield = ASGIShield(app, Policy.recommended().replace(guard=None, **more).plan())
    Marked.alive = 0
    gc.disable()
    try:
        asyncio.run(run_once(shield))
        assert Marked.alive == 0
    finally:
        gc.enable()


def test_who_asks_for_a_nonce_afterwards_is_told() -> None:
    kept: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        kept.append(scope)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    asyncio.run(run_once(ASGIShield(app, Policy.helmet().plan())))
    with pytest.raises(LateNonceError):
        held(kept[0]["hauberk"]).read_nonce()


# --- forward -----------------------------------------------------------------------------------------------------


class Forwarding:
    """Tells the application what a proxy said."""

    def __init__(self, **said: str) -> None:
        self.said = {"scheme": "", "client": "", "host": ""} | said

    def steps(self) -> Steps:
        def begin(ex: Exchange) -> Reply | None:
            ex.forward(**self.said)
            return None

        return Steps(on_request=begin)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, ("http", "192.0.2.7", "inner.example")),
        ({"scheme": "https"}, ("https", "192.0.2.7", "inner.example")),
        ({"client": "2001:db8::1"}, ("http", "2001:db8::1", "inner.example")),
        ({"host": "outer.example:8443"}, ("http", "192.0.2.7", "outer.example:8443")),
        (
            {"scheme": "https", "client": "198.51.100.1", "host": "[2001:db8::2]"},
            ("https", "198.51.100.1", "[2001:db8::2]"),
        ),
    ],
)
def test_the_application_sees_the_request_as_the_proxy_did(
    serve: Serve, said: dict[str, str], expected: tuple[str, str, str]
) -> None:
    seen: list[tuple[str, str, str]] = []

    def app(ex: Exchange) -> Answer:
        seen.append((ex.scheme, ex.client, ex.header("host")))
        return Answer()

    serve(Plan.of([Forwarding(**said)]), app, headers=[("host", "inner.example")], scheme="http")
    assert seen == [expected]


@pytest.mark.parametrize(("scheme", "expected"), [("https", "wss"), ("http", "ws")])
def test_a_websocket_keeps_its_own_scheme(scheme: str, expected: str) -> None:
    seen: list[str] = []

    class Looking(Forwarding):
        def steps(self) -> Steps:
            def begin(ex: Exchange) -> Reply | None:
                ex.forward(scheme=scheme, client="", host="")
                assert ex.websocket
                seen.append(ex.scope["scheme"])  # type: ignore[attr-defined]
                return None

            return Steps(on_request=begin)

    assert handshake_asgi(Plan.of([Looking()]), scheme="http")
    assert seen == [expected]


@pytest.mark.parametrize("name", ["Set-Cookie", "Set-cookie", "set-cookie", "SET-COOKIE", "sEt-CoOkIe"])
@pytest.mark.parametrize("nonce", [False, True])
def test_a_cookie_is_made_safe_however_its_field_is_spelt(name: str, nonce: bool) -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        if nonce:
            held(environ["hauberk"]).read_nonce()
        start_response("200 OK", [(name, "a=b")])
        return [b""]

    sent: list[tuple[str, str]] = []

    def start(status: str, fields: list[tuple[str, str]], error: Any = None) -> Any:
        sent.extend(fields)

    environ = {"wsgi.url_scheme": "https", "REQUEST_METHOD": "GET", "PATH_INFO": "/", "HTTP_HOST": "app.example"}
    lean = Policy.recommended().replace(guard=None, limits=None, paths=None, csrf=None)
    for policy in (Policy.recommended(), lean):
        sent.clear()
        shielded = hauberk.wsgi(app, policy)
        shielded(environ.copy(), start)
        lines = [value for field, value in sent if field.lower() == "set-cookie"]
        assert lines == ["a=b; Secure; HttpOnly; SameSite=Lax"]


def test_names_that_an_application_makes_up_are_not_kept_without_end() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(f"x-{number}".encode(), b"1") for number in range(1_000)]
        await send({"type": "http.response.start", "status": 200, "headers": [*headers, (b"SeT-cOoKiE", b"a=b")]})
        await send({"type": "http.response.body", "body": b""})

    shield = ASGIShield(app, Policy.helmet().replace(cookies=Cookies()).plan())
    for _ in range(2):
        asyncio.run(run_once(shield))
    assert 0 < len(shield._encoded.harmless) <= 256
