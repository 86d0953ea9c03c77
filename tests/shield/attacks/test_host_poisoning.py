"""Poisoned Host fields: no link, redirect or cache key is ever made of a host that is not ours (CWE-644)."""

from __future__ import annotations

import pytest

from hauberk.core.exchange import Exchange
from hauberk.core.plan import Plan
from hauberk.shield.hosts import Hosts
from hauberk.shield.https import HTTPS
from tests.drivers import Answer, Serve

HOSTS = Hosts(allow=("app.example", "*.app.example"))
PLAN = Plan.of([HTTPS(hosts=HOSTS.allow), HOSTS])
BEHIND = Plan.of([HTTPS(hosts=HOSTS.allow, proxies=("192.0.2.0/24", "loopback")), HOSTS])


def mail(ex: Exchange) -> Answer:
    """An application that writes a link into a password mail."""
    return Answer(body=f"https://{ex.header('host')}/reset?token=1".encode())


POISONED = [
    "evil.example",
    "evil.example:443",
    "app.example.evil.example",
    "evil.example#app.example",
    "evil.example/app.example",
    "evil.example\\app.example",
    "app.example@evil.example",
    "app.example:443@evil.example",
    "app.example:@evil.example",
    "app.example:evil.example",
    "evil.example?.app.example",
    "evil.example%00.app.example",
    "evil.example%23.app.example",
    "evil.example .app.example",
    "evil.example\t.app.example",
    "evil.example,app.example",
    "app.example, evil.example",
    "xapp.example",
    "app.example.",
    ".app.example",
    "app.example..",
    "app。example",
    "[::1].app.example",
    "localhost.app.example@127.1",
    "0x7f.1",
    '"><script>alert(1)</script>.app.example',
    "app.example' OR '1'='1",
    "",
]


@pytest.mark.parametrize("host", POISONED)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_link_leads_elsewhere(serve: Serve, host: str, scheme: str) -> None:
    got = serve(PLAN, mail, scheme=scheme, headers=[("host", host.encode().decode("latin-1"))])
    if got.status == 200:
        assert got.body == b"https://app.example./reset?token=1"  # the same name, written as an absolute one
    elif got.status == 308:
        assert got.one("location") == "https://app.example/"
    else:
        assert got.status in {400, 421}
        assert got.one("cache-control") == "no-store"
        assert b"evil" not in got.body
        assert all("evil" not in value for _, value in got.headers)


@pytest.mark.parametrize("host", [host for host in POISONED if host not in {"", "app.example."}])
def test_not_by_way_of_a_proxy_that_hands_it_on(serve: Serve, host: str) -> None:
    text = host.encode().decode("latin-1")
    fields = [("host", "app.example"), ("x-forwarded-host", text), ("x-forwarded-proto", "https")]
    got = serve(BEHIND, mail, scheme="http", headers=fields)
    assert got.status in {400, 421} or got.body == b"https://app.example/reset?token=1"


@pytest.mark.parametrize(
    "field",
    ["x-forwarded-host", "x-host", "x-forwarded-server", "x-original-host", "x-http-host-override", "forwarded"],
)
def test_other_fields_change_nothing(serve: Serve, field: str) -> None:
    value = "host=evil.example" if field == "forwarded" else "evil.example"
    got = serve(PLAN, mail, headers=[("host", "app.example"), (field, value)])
    assert got.body == b"https://app.example/reset?token=1"
    assert serve(PLAN, mail, scheme="http", headers=[("host", "app.example"), (field, value)]).one("location") == (
        "https://app.example/"
    )


@pytest.mark.parametrize(
    "host", ["app.example", "APP.example", "app.example:443", "eu.app.example", "a.b.app.example:8443"]
)
def test_benign(serve: Serve, host: str) -> None:
    got = serve(PLAN, mail, headers=[("host", host)])
    assert got.body.decode() == f"https://{host}/reset?token=1"
