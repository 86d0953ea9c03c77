"""Connections that a request sends the application to, through real clients to a real server on loopback."""

from __future__ import annotations

import _socket
import asyncio
import socket
import urllib.request
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest

from hauberk.adapters.asgi import ASGIShield
from hauberk.core.events import recording
from hauberk.core.plan import Plan
from hauberk.guard import Guard, install
from hauberk.guard.seen import SEEN
from hauberk.guard.sinks import connect
from tests.guard.backends import Backend, backend
from tests.guard.sites import BLOCK, ask, site

Fetch = Callable[[str], Any]


@pytest.fixture(scope="module")
def inside() -> Iterator[Backend]:
    with backend() as server:
        yield server


@pytest.fixture(autouse=True)
def _unasked(inside: Backend) -> None:
    inside.asked.clear()
    SEEN.clear()


def by_urllib(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=5) as response:
        return response.read()


def by_requests(url: str) -> Any:
    import requests

    return requests.get(url, timeout=5).text


def by_urllib3(url: str) -> Any:
    import urllib3

    return urllib3.PoolManager(retries=2).request("GET", url).data


def by_httpx(url: str) -> Any:
    import httpx

    return httpx.get(url, follow_redirects=True, timeout=5).text


def by_httpx2(url: str) -> Any:
    import httpx2

    return httpx2.get(url, follow_redirects=True, timeout=5).text


def by_socket(url: str) -> Any:
    host, port = url.removeprefix("http://").rstrip("/").rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        return connection.getpeername()


def by_name(url: str) -> Any:
    host, port = url.removeprefix("http://").rstrip("/").rsplit(":", 1)
    with socket.socket() as connection:
        return connection.connect((host, int(port)))


CLIENTS = [by_urllib, by_requests, by_urllib3, by_httpx, by_httpx2]


@pytest.mark.parametrize("fetch", [*CLIENTS, by_socket, by_name])
def test_an_internal_host_of_the_request_is_not_reached(fetch: Fetch, inside: Backend) -> None:
    install()
    assert ask(fetch, f"http://127.0.0.1:{inside.port}/") == 403
    assert ask(fetch, f"http://localhost:{inside.port}/") == 403
    assert inside.asked == []
    assert ask(lambda value: fetch(f"http://127.0.0.1:{inside.port}/"), "http://shop.example/") == 200


@pytest.mark.parametrize("fetch", CLIENTS)
def test_a_redirect_leads_no_further(fetch: Fetch, inside: Backend) -> None:
    install()
    with backend() as first:
        open_to_all = Plan.of([Guard(mode="block", internal_hosts=(f"127.0.0.1:{first.port}",))])
        goal = f"http://127.0.0.1:{inside.port}/x"
        assert ask(fetch, f"http://127.0.0.1:{first.port}/to?{goal}", open_to_all) == 403
        assert ask(lambda v: fetch(v + goal), f"http://127.0.0.1:{first.port}/to?", open_to_all) == 403
        assert inside.asked == []
        # Where no input chose the first host, the application trusts whom it asks.
        assert ask(lambda v: fetch(f"http://127.0.0.1:{first.port}/to?{goal}"), "a text", open_to_all) == 200
        assert inside.asked == ["/x"]


SPELLINGS = [
    "http://127.1:{}/", "http://2130706433:{}/", "http://0x7f.1:{}/", "http://0177.0.0.1:{}/", "http://0:{}/",
    "http://LOCALHOST:{}/", "http://user@127.0.0.1:{}/", "http://127.0.0.1.:{}/",
]  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_that_a_client_takes(spelling: str, inside: Backend) -> None:
    install()
    assert ask(by_urllib3, spelling.format(inside.port)) in {403, 500}
    assert inside.asked == []


def part_of_a_url(value: str) -> Any:
    return by_requests(f"http://{value}/path")


@pytest.mark.parametrize(
    "value", ["127.0.0.1:{}", "localhost:{}", "x@127.0.0.1:{}", "127.0.0.1:{}/other?", "127.0.0.1:{}#"]
)
def test_a_host_that_goes_into_a_url(value: str, inside: Backend) -> None:
    install()
    assert ask(part_of_a_url, value.format(inside.port)) == 403
    assert inside.asked == []


def test_a_host_without_its_port(inside: Backend) -> None:
    install()
    assert ask(lambda value: by_requests(f"http://{value}:{inside.port}/"), "127.0.0.1") == 403


def test_behind_the_applications_own_words(inside: Backend) -> None:
    """`http://api.example` + `@127.0.0.1`: the application's host becomes a user name."""
    install()
    assert ask(lambda value: by_requests(f"http://api.example{value}"), f"@127.0.0.1:{inside.port}/") == 403


def test_a_url_within_a_document(inside: Backend) -> None:
    install()
    url = f"http://127.0.0.1:{inside.port}/logo"
    fetching = site(lambda request: by_urllib(url))
    assert fetching.post("/", data=f'<svg><image href="{url}"/></svg>', content_type="image/svg+xml").status_code == 403
    assert fetching.post("/", json={"page": f"see {url} for it"}).status_code == 403
    assert fetching.post("/", data="<svg/>", content_type="image/svg+xml").status_code == 200


def test_a_backend_that_the_application_connects_to_anyway(inside: Backend) -> None:
    """A database on `localhost`, and a visitor who types that word, or writes of it."""
    install()
    client = site(lambda request: by_urllib(f"http://localhost:{inside.port}/"))
    assert client.get("/").status_code == 200
    assert client.get("/?q=localhost").status_code == 200
    assert client.get("/?q=" + quote("we run http://localhost:9 at home")).status_code == 200
    assert client.get("/?q=" + quote(f"we run http://localhost:{inside.port}/ at home")).status_code == 200
    assert client.get("/?q=" + quote(f"http://localhost:{inside.port}/")).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Real-IP": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1;host=localhost"},
        {"Origin": "http://localhost"},
        {"Referer": "http://localhost:1/page"},
        {"Host": "localhost:8000"},
        {"Host": "127.0.0.1"},
    ],
)
def test_fields_that_name_this_machine(headers: dict[str, str], inside: Backend) -> None:
    install()
    client = site(lambda request: by_urllib(f"http://127.0.0.1:{inside.port}/"))
    assert client.get("/", headers=headers).status_code == 200


def test_the_application_asks_itself(inside: Backend) -> None:
    install()
    url = f"http://localhost:{inside.port}/"
    client = site(lambda request: by_urllib(request.args.get("v", url)))
    own = {"base_url": url}
    assert client.get("/", **own).status_code == 200
    assert client.get("/?v=" + quote(url), **own).status_code == 200
    # A Host field alone says nothing: the server has to listen there.
    elsewhere = {"environ_overrides": {"SERVER_PORT": "80"}, "headers": {"Host": f"localhost:{inside.port}"}}
    assert client.get("/?v=" + quote(url), **elsewhere).status_code == 403


def test_a_host_field_that_sends_the_application_elsewhere(inside: Backend) -> None:
    install()
    client = site(lambda request: by_urllib(f"http://{request.host}/reset"))
    headers = {"Host": f"127.0.0.1:{inside.port}"}
    assert client.get("/", headers=headers, environ_overrides={"SERVER_PORT": "80"}).status_code == 403
    assert inside.asked == []


def test_a_host_that_the_policy_allows(inside: Backend) -> None:
    install()
    url = f"http://127.0.0.1:{inside.port}/"
    assert ask(by_requests, url, Plan.of([Guard(mode="block", internal_hosts=("127.0.0.1",))])) == 200
    assert ask(by_requests, url, Plan.of([Guard(mode="block", internal_hosts=("127.0.0.1:1",))])) == 403
    assert ask(by_requests, url, Plan.of([Guard(mode="block", ssrf="observe")])) == 200


def test_an_open_connection_is_no_way_in(inside: Backend) -> None:
    """The application's own client keeps a connection to its backend, and a request names that."""
    import httpx
    import requests

    install()
    url = f"http://127.0.0.1:{inside.port}/"
    with requests.Session() as session, httpx.Client() as client:
        gets: list[Fetch] = [session.get, client.get]
        for get in gets:
            assert ask(partial(_ignoring, get, url), "a text") == 200
            assert ask(get, url) == 403
            assert ask(partial(_ignoring, get, url), "a text") == 200


def _ignoring(get: Fetch, url: str, value: str) -> Any:
    return get(url)


def rebinding(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    # Beneath the hook, which is as near to a name server as it gets here.
    install()

    def beneath(host: Any, *args: Any) -> Any:
        return connect._GETADDRINFO(address if host == "rebound.example" else host, *args)

    monkeypatch.setattr(_socket, "getaddrinfo", connect._watched(beneath, connect._of_infos))


def test_a_name_that_turns_out_to_be_internal(monkeypatch: pytest.MonkeyPatch, inside: Backend) -> None:
    rebinding(monkeypatch, "127.0.0.1")
    assert ask(by_requests, f"http://rebound.example:{inside.port}/") == 403
    assert ask(lambda value: by_requests(f"http://api.{value}/"), f"x.y@rebound.example:{inside.port}") == 403
    assert inside.asked == []
    assert ask(lambda value: by_requests(f"http://rebound.example:{inside.port}/"), "a text") == 200


def refusing(value: str) -> Any:
    """A sound application looks before it connects, and answers for itself."""
    return "refused" if socket.gethostbyname(value) == "127.0.0.1" else by_requests(f"http://{value}/")


def test_looking_is_not_connecting() -> None:
    install()
    assert ask(refusing, "localhost") == 200


def connecting_nowhere(host: str, port: int = 80) -> Any:
    """Raise the event that a connection raises, without one being tried."""
    connect._on_connect((None, (host, port)))
    return "connected"


def test_a_metadata_service_needs_no_input() -> None:
    install()
    stored = ".".join(["169", "254", "169", "254"])
    assert ask(lambda value: connecting_nowhere(stored), "a text") == 403


def test_a_kit_of_the_cloud_has_the_address_in_its_code() -> None:
    install()
    base = "http://{}.254/latest/".format(".".join(["169", "254", "169"]))
    namespace: dict[str, Any] = {"connect": connecting_nowhere, "METADATA_BASE_URL": base, "__name__": "kit"}
    source = compile("def kit():\n    return connect(METADATA_BASE_URL.split('/')[2])", __file__, "exec")
    exec(source, namespace)
    assert ask(lambda value: namespace["kit"](), "a text") == 200


def test_a_name_that_leads_to_a_metadata_service(monkeypatch: pytest.MonkeyPatch) -> None:
    install()
    rebinding(monkeypatch, ".".join(["169", "254", "169", "254"]))

    def stored() -> Any:
        (info, *_) = socket.getaddrinfo("rebound.example", 80, type=socket.SOCK_STREAM)
        return connecting_nowhere(str(info[4][0]))

    assert ask(lambda value: stored(), "a text") == 403


def drive(run: Callable[[Coroutine[Any, Any, Any]], Any], fetch: Callable[[str], Any], value: str) -> int:
    """One request through a shielded ASGI application in that kind of loop."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await fetch(scope["query_string"].decode().partition("=")[2])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": "/", "query_string": f"v={value}".encode(), "scheme": "http",
        "headers": [], "client": ("192.0.2.7", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    SEEN.clear()
    run(ASGIShield(app, BLOCK)(scope, receive, send))
    status: int = sent[0]["status"]
    return status


async def async_httpx(url: str) -> None:
    import httpx

    async with httpx.AsyncClient(timeout=5) as client:
        await client.get(url)


async def async_aiohttp(url: str) -> None:
    import aiohttp

    async with aiohttp.ClientSession() as session, session.get(url) as response:
        await response.read()


async def streams(url: str) -> None:
    host, port = url.removeprefix("http://").rstrip("/").rsplit(":", 1)
    _, writer = await asyncio.open_connection(host, int(port))
    writer.close()


def uvloop_run(main: Coroutine[Any, Any, Any]) -> Any:
    return pytest.importorskip("uvloop").run(main)


@pytest.mark.parametrize("run", [asyncio.run, uvloop_run])
@pytest.mark.parametrize("fetch", [async_httpx, async_aiohttp, streams])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_in_a_loop(run: Any, fetch: Any, host: str, inside: Backend) -> None:
    install()
    assert drive(run, fetch, f"http://{host}:{inside.port}/") == 403
    assert inside.asked == []
    own = f"http://{host}:{inside.port}/"
    assert drive(run, lambda value: fetch(own), "a+text") == 200


@pytest.mark.parametrize("run", [asyncio.run, uvloop_run])
def test_aiohttp_with_a_resolver_of_its_own(run: Any, inside: Backend) -> None:
    import aiohttp
    from aiohttp.abc import AbstractResolver

    class Resolver(AbstractResolver):
        async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> Any:
            return [
                {"hostname": host, "host": "127.0.0.1", "port": port, "family": family, "proto": 0, "flags": 0},
            ]

        async def close(self) -> None:
            pass

    async def fetch(url: str) -> None:
        connector = aiohttp.TCPConnector(resolver=Resolver())
        async with aiohttp.ClientSession(connector=connector) as session, session.get(url) as response:
            await response.read()

    install()
    url = f"http://rebound.example:{inside.port}/"
    assert drive(run, fetch, url) == 403
    assert inside.asked == []
    assert drive(run, lambda value: fetch(url), "a+text") == 200


@pytest.mark.parametrize("run", [asyncio.run, uvloop_run])
def test_aiohttp_follows_no_redirect_inside(run: Any, inside: Backend) -> None:
    install()
    with backend() as first:
        plan = Plan.of([Guard(mode="block", internal_hosts=(f"127.0.0.1:{first.port}",))])
        goal = f"http://127.0.0.1:{inside.port}/x"

        async def fetch(value: str) -> None:
            await async_aiohttp(value + goal)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tests.guard.test_connect.BLOCK", plan)
            assert drive(run, fetch, f"http://127.0.0.1:{first.port}/to?") == 403
            assert first.asked
        assert inside.asked == []


def test_a_recording_has_every_connection(inside: Backend) -> None:
    install()
    with recording() as events:
        by_urllib(f"http://127.0.0.1:{inside.port}/")
    assert [(event.kind, event.text) for event in events.events if event.kind == "url"] == [
        ("url", f"127.0.0.1:{inside.port}")
    ]
