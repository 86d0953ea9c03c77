"""What is asked of Django through each of its doors; `test_django.py` runs this file once for each."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client, override_settings

from hauberk import ConfigurationError, Guard, LateNonceError, Policy, protect
from tests.drivers import Got
from tests.integrations import django_site as site
from tests.integrations.driving import Visitor

NAMES = [name for name, _ in Policy.recommended().plan().constants(None)]
application = site.make()
pytestmark = [
    # Django says so of every sync stream and file that it sends over ASGI.
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume synchronous iterators"),
    # Django does not close its copy of the request's body if a stream fails, protected or not.
    pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning"),
]


@pytest.fixture
def visitor() -> Visitor:
    return Visitor(application, site.PROTOCOL)


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("GET", "/static/site.css", 200),
        ("HEAD", "/static/site.css", 200),
        ("GET", "/static/missing.css", 404),
        ("GET", "/missing", 404),
        ("GET", "/only_get", 405),
        ("GET", "/away", 302),
        ("GET", "/stream", 200),
        ("GET", "/file", 200),
        ("GET", "/page", 200),
        ("GET", "/boom", 500),
        ("GET", "/async_boom", 500),
        ("GET", "/a%2Fb", 404),
        ("POST", "/cookie", 403),
    ],
)
def test_every_answer_has_every_header_once(visitor: Visitor, method: str, target: str, status: int) -> None:
    got = visitor.request(method, target)
    assert got.status == status
    assert [name for name in NAMES if not got.one(name)] == []
    assert b"hunter2" not in got.body


def test_a_wrong_host_too(visitor: Visitor) -> None:
    got = visitor.get("/", host="evil.example")
    assert got.status == 400
    assert all(got.one(name) for name in NAMES)


def test_bodies_are_as_they_were(visitor: Visitor) -> None:
    for target, body in (
        ("/", b"home"),
        ("/stream", b"part 0;part 1;part 2;"),
        ("/file", b"p { color: red; }\n"),
        ("/static/site.css", b"p { color: red; }\n"),
        ("/missing", b"our own 404"),
        ("/boom", b"our own 500"),
    ):
        assert visitor.get(target).body == body


def test_the_applications_own_header_wins(visitor: Visitor) -> None:
    assert visitor.get("/framed").one("x-frame-options") == "DENY"


def same(got: Got) -> str:
    nonces = re.findall(r'nonce="([^"]*)"', got.body.decode())
    assert len(nonces) == 2
    assert len(set(nonces)) == 1
    assert f"'nonce-{nonces[0]}'" in (got.one("content-security-policy") or "")
    return str(nonces[0])


@pytest.mark.parametrize("target", ["/page", "/jinja_page", "/async_page", "/stream_page"])
def test_the_nonce_of_a_page_is_the_one_in_its_header(visitor: Visitor, target: str) -> None:
    assert len({same(visitor.get(target)) for _ in range(3)}) == 3


def test_the_applications_own_context_is_there(visitor: Visitor) -> None:
    assert b'title="Threads"' in visitor.get("/page").body


def test_a_handler_reads_the_same_nonce_twice(visitor: Visitor) -> None:
    got = visitor.get("/nonce")
    first, second = got.body.decode().split()
    assert first == second
    assert f"'nonce-{first}'" in (got.one("content-security-policy") or "")


def test_a_nonce_read_too_late_is_an_error(visitor: Visitor) -> None:
    if site.PROTOCOL == "asgi":
        visitor.get("/stream_late")
        assert [type(error) for error in visitor.errors] == [LateNonceError]
        return
    with pytest.raises(LateNonceError):
        visitor.get("/stream_late_sync")


def test_cookies_are_hardened_and_deleted(visitor: Visitor) -> None:
    lines = {line.partition("=")[0].strip(): line.lower() for line in visitor.get("/cookie").all("set-cookie")}
    assert lines.keys() == {"plain", "own"}
    for line in lines.values():
        assert "; secure" in line
        assert "; httponly" in line
        assert line.count("samesite=") == 1
    assert "samesite=lax" in lines["plain"]
    assert "max-age=60" in lines["plain"]
    assert "samesite=strict" in lines["own"]
    visitor.get("/forget")
    assert "plain" not in visitor.cookies


def test_sessions_work(visitor: Visitor) -> None:
    assert [visitor.get("/session").body for _ in range(3)] == [b"1", b"2", b"3"]


def test_the_test_client_is_protected_as_well() -> None:
    reply = Client().get("/", headers={"host": "shop.example"})
    assert reply.headers["X-Frame-Options"] == "SAMEORIGIN"
    with pytest.raises(RuntimeError, match="hunter2"):
        Client().get("/boom", headers={"host": "shop.example"})


@override_settings(DEBUG=True)
def test_the_debug_page_is_djangos_own(visitor: Visitor) -> None:
    got = visitor.get("/boom")
    assert got.status == 500
    assert b"RuntimeError" in got.body
    assert b"Traceback" in got.body
    assert all(got.one(name) for name in NAMES)


def test_twice_is_once_and_another_policy_is_an_error() -> None:
    assert protect(application) is application
    other = Policy.recommended().replace(guard=Guard(mode="block"))
    with pytest.raises(ConfigurationError, match=r"protected already|settings.HAUBERK|another policy"):
        protect(application, other)
    assert all(Visitor(application, site.PROTOCOL).get("/").one(name) for name in NAMES)


def test_a_second_handler_of_the_same_project() -> None:
    second = site.bare()
    assert protect(second) is second
    assert settings.MIDDLEWARE.count("hauberk.django.Shield") == 1
    assert all(Visitor(second, site.PROTOCOL).get("/").one(name) for name in NAMES)
    with pytest.raises(ConfigurationError, match=r"settings.HAUBERK='Policy': is another policy"):
        protect(site.bare(), Policy.strict())


def test_the_type_is_djangos() -> None:
    assert type(application).__module__.startswith("django.")
