"""`protect(app)` in each framework: the same object back, every header on every answer, nothing else changed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hauberk import ConfigurationError, Cookies, Policy, protect
from tests.integrations.apps import FRAMEWORKS, Framework
from tests.integrations.driving import Visitor

NAMES = [name for name, _ in Policy.recommended().plan().constants(None)]


@pytest.fixture(params=FRAMEWORKS, ids=lambda framework: framework.name)
def framework(request: pytest.FixtureRequest) -> Framework:
    found: Framework = request.param
    return found


@pytest.fixture
def app(framework: Framework) -> Any:
    return protect(framework.make())


@pytest.fixture
def visitor(framework: Framework, app: Any) -> Visitor:
    return Visitor(app, framework.protocol)


# --- the object --------------------------------------------------------------------------------------------------


def test_the_same_object_of_the_same_type(framework: Framework) -> None:
    app = framework.make()
    kind = type(app)
    assert protect(app) is app
    assert type(app) is kind
    assert app.__hauberk__.policy == Policy.recommended()


def test_twice_by_the_same_policy_is_once(framework: Framework) -> None:
    app = framework.make()
    assert protect(protect(app)) is app
    assert protect(app, Policy.recommended()) is app
    got = Visitor(app, framework.protocol).get("/")
    assert all(got.one(name) for name in NAMES)


def test_twice_by_different_policies_is_an_error_that_says_so(framework: Framework) -> None:
    app = protect(framework.make())
    with pytest.raises(ConfigurationError, match="protected already, by another policy; call protect once"):
        protect(app, Policy.strict())
    with pytest.raises(ConfigurationError, match="protected already"):
        protect(app, cookies=Cookies(same_site="strict"))


# --- headers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/", 200),
        ("HEAD", "/static/site.css", 200),
        ("GET", "/static/site.css", 200),
        ("GET", "/static/missing.css", 404),
        ("GET", "/missing", 404),
        ("POST", "/", 405),
        ("GET", "/away", 302),
        ("GET", "/stream", 200),
        ("GET", "/page", 200),
        ("GET", "/teapot", 418),
        ("GET", "/boom", 500),
        ("GET", "/a%2Fb%00%FF", 400),
    ],
)
def test_every_answer_has_every_header_once(visitor: Visitor, method: str, target: str, status: int) -> None:
    got = visitor.request(method, target)
    assert got.status == status
    assert [name for name in NAMES if not got.one(name)] == []


def test_nothing_else_changes(framework: Framework, visitor: Visitor) -> None:
    bare = Visitor(framework.make(), framework.protocol)
    for method, target in (
        ("GET", "/"),
        ("HEAD", "/static/site.css"),
        ("GET", "/static/site.css"),
        ("GET", "/missing"),
        ("POST", "/"),
        ("GET", "/away"),
        ("GET", "/stream"),
        ("GET", "/teapot"),
    ):
        before, after = bare.request(method, target), visitor.request(method, target)
        assert (before.status, before.body) == (after.status, after.body), target
        unstable = {"date", "expires", "allow"}  # times, and methods that come from a set
        kept = [pair for pair in after.headers if pair[0] not in unstable and pair[0] not in NAMES]
        assert kept == [pair for pair in before.headers if pair[0] not in unstable], target


def test_the_applications_own_header_wins(visitor: Visitor) -> None:
    assert visitor.get("/framed").one("x-frame-options") == "DENY"


def test_an_unhandled_error_leaks_nothing(visitor: Visitor) -> None:
    got = visitor.get("/boom")
    assert got.status == 500
    assert b"hunter2" not in got.body
    assert b"Traceback" not in got.body


def test_the_applications_own_handler_wins(visitor: Visitor) -> None:
    got = visitor.get("/teapot")
    assert (got.status, re.sub(rb"\s", b"", got.body)) == (418, b'{"tea":true}')


# --- nonce -------------------------------------------------------------------------------------------------------


def test_the_nonce_of_a_page_is_the_one_in_its_header(visitor: Visitor) -> None:
    seen = set()
    for _ in range(2):
        got = visitor.get("/page")
        first, second = re.findall(r'nonce="([^"]+)"', got.body.decode())
        assert first == second
        assert f"'nonce-{first}'" in (got.one("content-security-policy") or "")
        seen.add(first)
    assert len(seen) == 2


def test_a_handler_reads_the_same_nonce_twice(visitor: Visitor) -> None:
    got = visitor.get("/nonce")
    first, second = got.body.decode().split()
    assert first == second
    assert f"'nonce-{first}'" in (got.one("content-security-policy") or "")


def test_a_page_without_scripts_has_no_nonce(visitor: Visitor) -> None:
    assert "nonce" not in (visitor.get("/").one("content-security-policy") or "")


# --- cookies and sessions ----------------------------------------------------------------------------------------


def test_cookies_are_hardened_and_deleted(visitor: Visitor) -> None:
    lines = {line.partition("=")[0]: line.lower() for line in visitor.get("/cookie").all("set-cookie")}
    for line in lines.values():
        assert "; secure" in line
        assert "; httponly" in line
        assert line.count("samesite=") == 1
    assert "samesite=lax" in lines["plain"]
    assert "samesite=strict" in lines["own"]
    assert visitor.cookies.keys() >= {"plain", "own"}
    visitor.get("/forget")
    assert "plain" not in visitor.cookies


def test_sessions_of_the_framework_work(framework: Framework, app: Any) -> None:
    for scheme in ("http", "https"):
        visitor = Visitor(app, framework.protocol, scheme)
        assert [visitor.get("/session").body for _ in range(3)] == [b"1", b"2", b"3"]


def test_two_visitors_do_not_share_a_session(framework: Framework, app: Any) -> None:
    one, other = Visitor(app, framework.protocol), Visitor(app, framework.protocol)
    assert [one.get("/session").body, one.get("/session").body, other.get("/session").body] == [b"1", b"2", b"1"]
