"""X-Forwarded-* and Forwarded of clients: nobody is believed about who he is (CWE-348, CWE-290)."""

from __future__ import annotations

import pytest

from hauberk.core.exchange import Exchange
from hauberk.core.plan import Plan
from hauberk.shield.hosts import Hosts
from hauberk.shield.https import HTTPS
from tests.drivers import Answer, Serve

HOSTS = Hosts(allow=("app.example",))
DRIVERS = ("192.0.2.7", "127.0.0.1")
"""The peers that the drivers have."""


def whoami(ex: Exchange) -> Answer:
    return Answer(body=f"{ex.scheme} {ex.client} {ex.header('host')}".encode())


SPOOFS = [
    [("x-forwarded-for", "127.0.0.1")],
    [("x-forwarded-for", "10.0.0.1, 10.0.0.2, 127.0.0.1")],
    [("x-forwarded-for", "127.0.0.1"), ("x-forwarded-for", "10.0.0.1")],
    [("x-forwarded-proto", "https")],
    [("x-forwarded-proto", "https,https")],
    [("x-forwarded-ssl", "on"), ("front-end-https", "on"), ("x-url-scheme", "https"), ("x-forwarded-scheme", "https")],
    [("x-forwarded-host", "evil.example")],
    [("x-forwarded-port", "1337")],
    [("x-real-ip", "127.0.0.1"), ("true-client-ip", "127.0.0.1"), ("cf-connecting-ip", "127.0.0.1")],
    [("x-client-ip", "127.0.0.1"), ("x-cluster-client-ip", "127.0.0.1"), ("client-ip", "127.0.0.1")],
    [("forwarded", "for=127.0.0.1;proto=https;host=evil.example")],
    [("forwarded", 'for="[::1]";proto=https')],
    [("forwarded", 'for="127.0.0.1'), ("x-forwarded-for", "127.0.0.1")],
]


@pytest.mark.parametrize("fields", SPOOFS)
@pytest.mark.parametrize("family", ["x-forwarded", "forwarded"])
def test_a_client_is_who_he_is(serve: Serve, fields: list[tuple[str, str]], family: str) -> None:
    https = HTTPS(redirect=False, proxies=("10.0.0.0/8",), proxy_headers=family, hosts=HOSTS.allow)  # type: ignore[arg-type]
    got = serve(Plan.of([https, HOSTS]), whoami, scheme="http", headers=[("host", "app.example"), *fields])
    assert got.body.decode() in {f"http {peer} app.example" for peer in DRIVERS}


@pytest.mark.parametrize("fields", SPOOFS)
def test_nor_does_he_get_past_the_redirect(serve: Serve, fields: list[tuple[str, str]]) -> None:
    plan = Plan.of([HTTPS(hosts=HOSTS.allow, proxies=("10.0.0.0/8",)), HOSTS])
    got = serve(plan, whoami, scheme="http", headers=[("host", "app.example"), *fields])
    assert (got.status, got.one("location")) == (308, "https://app.example/")


@pytest.mark.parametrize(
    ("family", "field", "written", "appended"),
    [
        ("x-forwarded", "x-forwarded-for", "127.0.0.1", "203.0.113.9"),
        ("x-forwarded", "x-forwarded-for", "127.0.0.1, 10.0.0.1, unknown", "203.0.113.9"),
        ("x-forwarded", "x-forwarded-for", ", , ,", "203.0.113.9"),
        ("forwarded", "forwarded", "for=127.0.0.1;proto=http", "for=203.0.113.9"),
        ("forwarded", "forwarded", 'for="127.0.0.1', "for=203.0.113.9"),
        ("forwarded", "forwarded", 'for="127.0.0.1;x="', 'for="203.0.113.9:80"'),
        ("forwarded", "forwarded", 'for=127.0.0.1;secret="\\', "for=203.0.113.9"),
    ],
)
def test_a_proxy_is_believed_about_him_whatever_he_wrote(
    serve: Serve, family: str, field: str, written: str, appended: str
) -> None:
    """The benign twin: the same field, through a proxy that appends to it."""
    https = HTTPS(redirect=False, proxies=DRIVERS, proxy_headers=family)  # type: ignore[arg-type]
    got = serve(
        Plan.of([https]), whoami, scheme="http", headers=[("host", "app.example"), (field, f"{written}, {appended}")]
    )
    assert got.body == b"http 203.0.113.9 app.example"
