"""The application answers for its own hosts, whoever asks, and for no other."""

from __future__ import annotations

import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.core.errors import ConfigurationError
from hauberk.core.plan import Plan
from hauberk.shield.hosts import Hosts
from tests.drivers import Serve
from tests.shield.request import Request, ask, status

HOSTS = Hosts(
    allow=("app.example", "*.shop.example", "admin.example:8443", "192.0.2.80", "[2001:db8::80]:8000"),
    exempt=("/healthz", "/probe/"),
)


def to(host: str, target: str = "/", client: str = "192.0.2.7") -> Request:
    return Request(target, client=client, headers=(("host", host),))


@pytest.mark.parametrize(
    "host",
    [
        "app.example",
        "APP.example",
        "app.example.",
        "app.example:443",
        "app.example:8000",
        "a.shop.example",
        "a.b.shop.example:80",
        "admin.example:8443",
        "192.0.2.80",
        "192.0.2.80:9000",
        "[2001:DB8:0::80]:8000",
    ],
)
def test_own_hosts(host: str) -> None:
    assert status(HOSTS, to(host)) == 200
    assert HOSTS.allows(host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evilapp.example",
        "app.example.evil.example",
        "example",
        "shop.example",
        "evilshop.example",
        "admin.example",
        "admin.example:443",
        "admin.example:8444",
        "192.0.2.81",
        "[2001:db8::80]",
        "[2001:db8::81]:8000",
        "localhost",
        "127.0.0.1:8000",
    ],
)
def test_strangers_are_misdirected(host: str) -> None:
    """RFC 9110, section 15.5.20."""
    assert status(HOSTS, to(host)) == 421
    assert not HOSTS.allows(host)


@pytest.mark.parametrize(
    "host",
    ["", "app.example@evil.example", "app.example, app.example", "app.example:", "app.example/x", "app.example:x"],
)
def test_what_is_no_host_is_a_bad_request(host: str) -> None:
    """RFC 9112, section 3.2."""
    assert status(HOSTS, to(host)) == 400


def test_a_field_that_came_twice_is_refused() -> None:
    request = Request(headers=(("host", "app.example"), ("host", "app.example")))
    assert status(HOSTS, request) == 400


def test_a_missing_field_is_refused() -> None:
    assert status(HOSTS, Request()) == 400


@pytest.mark.parametrize(
    ("path", "host", "answer"),
    [
        ("/healthz", "10.0.0.5:8000", 200),
        ("/healthz", "", 200),
        ("/probe/deep", "10.0.0.5", 200),
        ("/healthz", "a, b", 400),
        ("/healthz/", "10.0.0.5", 421),
        ("/probe/../admin", "10.0.0.5", 421),
        ("/probe/%2e%2e/admin", "10.0.0.5", 421),
        ("/", "10.0.0.5", 421),
    ],
)
def test_health_checks_know_an_address_only(path: str, host: str, answer: int) -> None:
    assert status(HOSTS, to(host, path)) == answer


@pytest.mark.parametrize(
    ("client", "host", "answer"),
    [
        ("127.0.0.1", "localhost:8000", 200),
        ("127.0.0.1", "127.0.0.1:8000", 200),
        ("::1", "[::1]:8000", 200),
        ("::ffff:127.0.0.1", "shop.localhost", 200),
        ("192.0.2.7", "localhost:8000", 421),
        ("", "localhost:8000", 421),
        ("testclient", "localhost", 421),
        ("127.0.0.1", "evil.example", 421),
    ],
)
def test_development_works_on_this_machine_alone(client: str, host: str, answer: int) -> None:
    """A rebound name (DNS rebinding) is a stranger although the client is this machine."""
    assert status(HOSTS, to(host, client=client)) == answer
    off = Hosts(allow=("app.example",), loopback=False)
    assert status(off, to(host, client=client)) == 421
    listed = Hosts(allow=("localhost", "127.0.0.1"), loopback=False)
    assert status(listed, to("localhost:1", client="192.0.2.7")) == 200


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        ("http://app.example/", 200),
        ("HTTPS://APP.example/x", 200),
        ("http://evil.example/", 400),
        ("http://app.example@evil.example/", 400),
        ("http://app.example:81/", 400),
        ("ftp://app.example/", 400),
        ("evil.example:443", 400),
        ("*", 200),
        ("", 200),
        ("//evil.example/", 200),  # a path; Paths looks after it
    ],
)
def test_a_target_that_names_another_host_is_refused(target: str, answer: int) -> None:
    assert status(HOSTS, to("app.example", target)) == answer


def test_ports_may_be_listed_once_for_all() -> None:
    hosts = Hosts(allow=("app.example", "*.app.example", "dev.example:9000"), ports=(8443,))
    for host in ("app.example", "app.example:443", "app.example:8443", "a.app.example:8443", "dev.example:9000"):
        assert hosts.allows(host), host
    for host in ("app.example:8000", "a.app.example:81", "dev.example:8443", "dev.example"):
        assert not hosts.allows(host), host


def test_any_host_may_be_let_in_but_nothing_malformed() -> None:
    hosts = Hosts(insecure_allow_any_host=True)
    assert status(hosts, to("evil.example")) == 200
    assert status(hosts, to("evil.example@x")) == 400


def test_a_websocket_is_a_request_like_any_other() -> None:
    assert status(HOSTS, Request(websocket=True, headers=(("host", "evil.example"),))) == 421
    assert status(HOSTS, Request(websocket=True, headers=(("host", "app.example"),))) == 200


def test_refusals_are_not_kept_by_caches() -> None:
    for host in ("evil.example", ""):
        reply = ask(HOSTS, to(host))
        assert reply is not None
        assert dict(reply.headers)["cache-control"] == "no-store"


def test_refusals_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "hauberk.decisions"):
        ask(HOSTS, to("evil.example\r\nx" + "a" * 9000))
        ask(HOSTS, to("app.example"))
    (record,) = caplog.records
    logged = json.loads(record.getMessage())
    assert logged["event"] == "host-refused"
    assert logged["status"] == 400
    assert logged["client"] == "192.0.2.7"
    assert len(logged["host"]) <= 255
    assert "\n" not in record.getMessage()


@pytest.mark.parametrize(
    ("allow", "fix"),
    [
        ((), "app.example"),
        (("*",), "insecure_allow_any_host"),
        (("*.com",), "yours"),
        ((".app.example",), "'*.app.example'"),
        (("https://app.example",), "'app.example'"),
        (("app.example/",), "'app.example'"),
        (("bücher.example",), "'xn--bcher-kva.example'"),
        (("::1",), r"'\[::1\]'"),
        (("*.192.0.2.7",), "no subdomains"),
        (("a*.example",), "write a host"),
        (("app.example:*",), "write a host"),
        ("app.example", r"\('app.example',\)"),
    ],
)
def test_what_makes_no_sense_is_refused(allow: tuple[str, ...], fix: str) -> None:
    with pytest.raises(ConfigurationError, match=f"Hosts.allow.*{fix}"):
        Hosts(allow=allow)


@pytest.mark.parametrize("ports", [(0,), (65536,), (True,), ("80",)])
def test_ports_are_numbers(ports: tuple[int, ...]) -> None:
    with pytest.raises(ConfigurationError, match=r"Hosts\.ports"):
        Hosts(allow=("app.example",), ports=ports)


@pytest.mark.parametrize("path", ["healthz", "/a/../b", "/x?y", "/"])
def test_exempt_paths_are_paths(path: str) -> None:
    with pytest.raises(ConfigurationError, match=r"Hosts\.exempt"):
        Hosts(allow=("app.example",), exempt=(path,))


@pytest.mark.parametrize("name", ["*.localhost", "*.internal", "*.test"])
def test_names_that_nobody_can_buy_have_subdomains(name: str) -> None:
    assert Hosts(allow=(name,)).allows("a" + name[1:])


@given(st.text(alphabet=st.characters(max_codepoint=255)))
def test_any_field_is_answered_or_refused(host: str) -> None:
    assert status(HOSTS, to(host)) in {200, 400, 421}


@pytest.mark.parametrize(("host", "answer"), [("app.example", 200), ("evil.example", 421), ("a@b", 400)])
def test_through_every_adapter(serve: Serve, host: str, answer: int) -> None:
    got = serve(Plan.of([HOSTS]), headers=[("host", host)])
    assert got.status == answer
    assert (got.body == b"hello") is (answer == 200)
