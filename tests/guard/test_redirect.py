"""Redirects: who chose the host that a browser goes to?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

import pytest

from hauberk.core.errors import ConfigurationError
from hauberk.core.exchange import Exchange
from hauberk.core.plan import Plan
from hauberk.guard import Guard
from hauberk.guard.seen import SEEN
from hauberk.wire.location import web_authority
from tests.conftest import SHARED
from tests.drivers import Answer, Serve, serve_wsgi

BLOCK = Plan.of([Guard(mode="block")])
ALLOWING = Plan.of([Guard(mode="block", redirects=("https://accounts.example",))])


@pytest.fixture(autouse=True)
def unlearned() -> None:
    SEEN.clear()


def go(ex: Exchange) -> Answer:
    return Answer(302, [("location", parse_qs(ex.query.decode(), keep_blank_values=True)["next"][0])], b"")


def to(serve: Serve, target: str, plan: Plan = BLOCK, app: Any = go, headers: Any = ()) -> int:
    fields = [("host", "shop.example"), *headers]
    return serve(plan, app, query="next=" + quote(target), headers=fields).status


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "http://evil.example",
        "//evil.example/x",
        "/\\evil.example",
        "\\\\evil.example",
        "\\/evil.example",
        "///evil.example",
        "https:evil.example",
        "https:/evil.example",
        "https:\\\\evil.example",
        "HTTPS://EVIL.example/",
        " //evil.example",
        "\t//evil.example",
        "/\t/evil.example",
        "ht\ttps://evil.example",
        "https://shop.example@evil.example/",
        "https://shop.example:80@evil.example/",
        "https://shop.example\\@evil.example/".replace("shop", "evil"),
        "https://evil.example?shop.example",
        "https://evil.example#shop.example",
        "https://shop.example.evil.example/",
        "https://evilshop.example/",
        "https://ev%69l.example/",
        "//192.0.2.1/",
        "//3221225985/",
        "//[2001:db8::1]/",
    ],
)
def test_a_host_that_the_input_chose(serve: Serve, target: str) -> None:
    if any(char in target for char in "\t\r\n") and "django" in str(serve):
        pytest.skip("Django's own responses refuse the field")
    assert to(serve, target) == 403


@pytest.mark.parametrize(
    "target",
    [
        "/account",
        "account?next=//evil.example",
        "?page=2",
        "#top",
        "",
        "./x",
        "https://shop.example/cart",
        "http://shop.example:8080/",
        "//SHOP.example/x",
        "https://user@shop.example/",
        "/%5Cevil.example",
        "/search?u=https://evil.example/",
        "mailto:a@evil.example",
        "myapp://open",
    ],
)
def test_where_it_may_go(serve: Serve, target: str) -> None:
    assert to(serve, target) == 302


def test_origins_that_are_allowed(serve: Serve) -> None:
    assert to(serve, "https://accounts.example/login", ALLOWING) == 302
    assert to(serve, "https://accounts.example:443/login", ALLOWING) == 302
    assert to(serve, "http://accounts.example/login", ALLOWING) == 403
    assert to(serve, "https://accounts.example.evil.example/", ALLOWING) == 403


@pytest.mark.parametrize("origin", ["accounts.example", "/x", "https://", "https://accounts.example/path"])
def test_an_origin_is_one(origin: str) -> None:
    with pytest.raises(ConfigurationError, match=r"Guard\.redirects"):
        Guard(redirects=(origin,))


def test_an_input_that_is_a_part_of_it(serve: Serve) -> None:
    def home(ex: Exchange) -> Answer:
        return Answer(302, [("location", "https://" + parse_qs(ex.query.decode())["next"][0])], b"")

    def tenant(ex: Exchange) -> Answer:
        return Answer(302, [("location", f"https://{parse_qs(ex.query.decode())['next'][0]}.apps.example/")], b"")

    assert to(serve, "evil.example", app=home) == 403
    assert to(serve, "acme", app=tenant) == 302
    assert to(serve, "evil.example/", app=tenant) == 403


def test_a_host_of_the_application(serve: Serve) -> None:
    def provider(ex: Exchange) -> Answer:
        return Answer(302, [("location", "https://login.example/authorize?next=/")], b"")

    assert to(serve, "/x", app=provider) == 302
    assert to(serve, "/x", app=provider, headers=[("referer", "https://login.example/")]) == 302
    # From then on it is known as one: to quote it chooses nothing.
    assert to(serve, "https://login.example/authorize", app=provider) == 302


def test_where_the_visitor_came_from(serve: Serve) -> None:
    def back(ex: Exchange) -> Answer:
        return Answer(302, [("location", ex.header("referer"))], b"")

    assert to(serve, "/x", app=back, headers=[("referer", "https://shop.example/cart")]) == 302
    assert to(serve, "/x", app=back, headers=[("referer", "https://evil.example/x")]) == 403


def test_a_host_that_a_proxy_names_is_its_own(serve: Serve) -> None:
    def absolute(ex: Exchange) -> Answer:
        return Answer(302, [("location", f"https://{ex.header('x-forwarded-host')}/cart")], b"")

    assert to(serve, "/x", app=absolute, headers=[("x-forwarded-host", "www.shop.example")]) == 302


def test_refresh(serve: Serve) -> None:
    def later(ex: Exchange) -> Answer:
        target = parse_qs(ex.query.decode())["next"][0]
        return Answer(200, [("content-type", "text/plain"), ("refresh", f"5; url={target}")], b"")

    assert to(serve, "/x", app=later) == 200
    assert to(serve, "//evil.example/", app=later) == 403


def test_modes(serve: Serve) -> None:
    assert to(serve, "//evil.example", Plan.of([Guard(mode="block", redirect="observe")])) == 302
    assert to(serve, "//evil.example", Plan.of([Guard(mode="block", redirect="off")])) == 302


@pytest.mark.skipif(not SHARED.is_dir(), reason="the folder of vectors is not there")
def test_payloads_that_lead_elsewhere() -> None:
    """Raw texts without a verdict: what leads to another host is stopped, and nothing else."""
    lines = Path(SHARED, "guard", "payloads_redirect.jsonl").read_text(encoding="utf-8").splitlines()
    for target in sorted({json.loads(line)["text"] for line in lines}):
        if not target.isprintable() or not target.isascii():
            continue
        authority = web_authority(target)
        elsewhere = authority is not None and authority[1] not in {"", "shop.example"}
        assert to(serve_wsgi, target) == (403 if elsewhere else 302), target
