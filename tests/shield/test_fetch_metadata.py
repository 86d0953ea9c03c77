"""Pages of other sites may link to us; they may not ask in our visitors' name."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.core.equipment import Equipment
from hauberk.core.errors import ConfigurationError
from hauberk.core.plan import Plan
from hauberk.shield.cors import CORS
from hauberk.shield.csrf import CSRF, Exempt
from hauberk.shield.fetch_metadata import FetchMetadata
from tests.drivers import Serve
from tests.shield.request import Request, ask, status

PLAIN = FetchMetadata()
OPEN = FetchMetadata(
    origins=("https://partner.example", "https://*.cdn.example"),
    open=(Exempt(path="/badges/", reason="images for other sites"), Exempt(path="/oembed", reason="public")),
)


def request(
    site: str = "",
    mode: str = "",
    dest: str = "",
    *,
    method: str = "GET",
    path: str = "/",
    origin: str = "",
    **more: Any,
) -> Request:
    fields = {"sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest, "origin": origin}
    pairs = [("host", "app.example"), *((name, value) for name, value in fields.items() if value)]
    return Request(path, method=method, headers=tuple(pairs), **more)


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(request("same-origin", "cors", "empty", method="POST"), id="own page's fetch"),
        pytest.param(request("same-origin", "no-cors", "script"), id="own page's script"),
        pytest.param(request("same-origin", "navigate", "document", method="POST"), id="own form"),
        pytest.param(request("same-site", "no-cors", "image"), id="image on another subdomain"),
        pytest.param(request("none", "navigate", "document"), id="bookmark"),
        pytest.param(request("none", "navigate", "document", method="POST"), id="reload of a form"),
        pytest.param(request("cross-site", "navigate", "document"), id="link from elsewhere"),
        pytest.param(request("cross-site", "navigate", "document", path="/cb?code=1"), id="OAuth callback"),
        pytest.param(request("cross-site", "navigate", "iframe"), id="framed: frame-ancestors decides"),
        pytest.param(request("cross-site", "nested-navigate", "nested-document"), id="framed, early browsers"),
        pytest.param(request("cross-site", "navigate", "document", method="HEAD"), id="link checked by HEAD"),
        pytest.param(request("cross-site", "navigate", "empty"), id="prefetch of a page"),
        pytest.param(request(method="POST"), id="webhook"),
        pytest.param(request(), id="curl"),
        pytest.param(request(origin="https://elsewhere.example", method="POST"), id="browser of before the fields"),
        pytest.param(request("same-origin, same-origin", "cors"), id="no value of the field"),
        pytest.param(request("Cross-Site", "no-cors"), id="no value of the field either"),
        pytest.param(request(mode="no-cors", dest="image"), id="site left out, as by http"),
    ],
)
def test_what_passes(request_: Request) -> None:
    assert status(PLAIN, request_) == 200


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(request("cross-site", "no-cors", "script"), id="script included elsewhere"),
        pytest.param(request("cross-site", "no-cors", "image"), id="image embedded elsewhere"),
        pytest.param(request("cross-site", "no-cors", "style"), id="style"),
        pytest.param(request("cross-site", "no-cors", "empty", method="POST"), id="beacon"),
        pytest.param(request("cross-site", "cors", "empty"), id="fetch"),
        pytest.param(
            request("cross-site", "cors", "empty", method="OPTIONS", origin="https://e.example"), id="preflight"
        ),
        pytest.param(request("cross-site", "navigate", "object"), id="object"),
        pytest.param(request("cross-site", "navigate", "embed"), id="embed"),
        pytest.param(request("cross-site", "navigate", "document", method="POST"), id="form, and nobody checks it"),
        pytest.param(request("cross-site", "navigate", "document", method="DELETE"), id="no navigation"),
        pytest.param(request("cross-site", "websocket", "empty"), id="not even a handshake"),
        pytest.param(request("cross-site"), id="says no more than that"),
        pytest.param(request("cross-site", "no-cors", "script", origin="null"), id="opaque"),
    ],
)
def test_what_is_refused(request_: Request) -> None:
    reply = ask(PLAIN, request_)
    assert reply is not None
    assert reply.status == 403
    assert dict(reply.headers)["cache-control"] == "no-store"
    assert ask(FetchMetadata(mode="report"), request_) is None


def test_subdomains_of_strangers_may_be_other_sites() -> None:
    strict = FetchMetadata(same_site=False)
    assert status(strict, request("same-site", "no-cors", "image")) == 403
    assert status(strict, request("same-site", "navigate", "document")) == 200


@pytest.mark.parametrize(
    ("path", "origin", "answer"),
    [
        ("/badges/a.svg", "", 200),
        ("/oembed", "", 200),
        ("/oembed/x", "", 403),
        ("/badges/../account", "", 403),
        ("/badges/%2e%2e/account", "", 403),
        ("/account", "", 403),
        ("/account", "https://partner.example", 200),
        ("/account", "https://a.cdn.example", 200),
        ("/account", "https://cdn.example", 403),
        ("/account", "http://partner.example", 403),
        ("/account", "https://partner.example.evil.example", 403),
        ("/account", "null", 403),
        ("/account", "https://partner.example, https://evil.example", 403),
    ],
)
def test_what_was_opened(path: str, origin: str, answer: int) -> None:
    assert status(OPEN, request("cross-site", "cors", "empty", path=path, origin=origin)) == answer


def fitted(options: FetchMetadata, **features: object) -> Any:
    def store(url: object) -> Any:
        raise AssertionError(url)

    return options.equip(Equipment(feature=features.get, store=store, keys=lambda purpose: ()))


def test_forms_of_other_sites_are_for_csrf_to_check() -> None:
    form = request("cross-site", "navigate", "document", method="POST", origin="https://bank.example")
    assert status(fitted(PLAIN), form) == 403
    assert status(fitted(PLAIN, csrf=CSRF()), form) == 200
    assert status(fitted(FetchMetadata(form_posts="refuse"), csrf=CSRF()), form) == 403
    assert status(FetchMetadata(form_posts="allow"), form) == 200
    beacon = request("cross-site", "no-cors", "empty", method="POST", origin="https://bank.example")
    assert status(fitted(PLAIN, csrf=CSRF()), beacon) == 403


def test_origins_that_cors_allows_pass() -> None:
    cors = CORS(origins=("https://spa.example",))
    for method in ("GET", "POST", "OPTIONS"):
        assert (
            status(fitted(PLAIN, cors=cors), request("cross-site", "cors", method=method, origin="https://spa.example"))
            == 200
        )
        assert (
            status(fitted(PLAIN, cors=cors), request("cross-site", "cors", method=method, origin="https://e.example"))
            == 403
        )
    public = fitted(PLAIN, cors=CORS(insecure_allow_any_origin=True))
    assert status(public, request("cross-site", "cors", origin="https://e.example")) == 200
    assert status(public, request("cross-site", "no-cors", "script")) == 403


def socket(
    origin: str, *, scheme: str = "https", site: str = "", host: str = "app.example", path: str = "/"
) -> Request:
    pairs = [("host", host), ("origin", origin), ("sec-fetch-site", site)]
    return Request(path, scheme=scheme, websocket=True, headers=tuple((n, v) for n, v in pairs if v))


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (socket("https://app.example"), 200),
        (socket("https://app.example", host="app.example:443"), 200),
        (socket("https://app.example:8443", host="app.example:8443"), 200),
        (socket("https://app.example", host="APP.example"), 200),
        (socket("http://app.example", scheme="http"), 200),
        (socket("http://app.example:8000", scheme="http", host="app.example:8000"), 200),
        (socket("https://app.example", scheme="http"), 200),  # TLS ended before us
        (socket("https://public.example", host="internal:8000", site="same-origin"), 200),
        (socket(""), 200),
        (socket("https://evil.example"), 403),
        (socket("https://evil.example", site="cross-site"), 403),
        (socket("https://sub.app.example", site="same-site"), 403),
        (socket("https://app.example.evil.example"), 403),
        (socket("https://app.example:8443"), 403),
        (socket("http://app.example"), 403),
        (socket("null"), 403),
        (socket("https://app.example, https://evil.example"), 403),
        (socket("https://", host=""), 403),
        (socket("https://evil.example", path="/badges/live"), 403),
    ],
)
def test_websockets_come_from_the_own_host(request_: Request, answer: int) -> None:
    """Cross-site WebSocket hijacking, CWE-1385."""
    assert status(PLAIN, request_) == answer


def test_websockets_of_allowed_origins() -> None:
    assert status(OPEN, socket("https://partner.example")) == 200
    assert status(OPEN, socket("https://evil.example", path="/badges/live")) == 200
    with_cookies = CORS(origins=("https://spa.example",), credentials=True)
    without = CORS(origins=("https://spa.example",))
    assert status(fitted(PLAIN, cors=with_cookies), socket("https://spa.example")) == 200
    # the handshake brings cookies along, which this CORS never meant
    assert status(fitted(PLAIN, cors=without), socket("https://spa.example")) == 403
    assert status(fitted(PLAIN, cors=CORS(insecure_allow_any_origin=True)), socket("https://e.example")) == 403


@pytest.mark.parametrize(("mode", "event"), [("enforce", "cross-site-refused"), ("report", "cross-site-reported")])
def test_the_log_says_what_was_refused(mode: Any, event: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "hauberk.decisions"):
        ask(FetchMetadata(mode=mode), request("cross-site", "no-cors", "image", path="/a" * 900))
    logged = json.loads(caplog.records[0].getMessage())
    assert (logged["event"], logged["dest"], len(logged["path"])) == (event, "image", 200)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("mode", "off"),
        ("same_site", "yes"),
        ("form_posts", True),
        ("origins", ("partner.example",)),
        ("origins", ("https://partner.example/",)),
        ("origins", ("*",)),
        ("origins", ("null",)),
        ("open", ("/badges/",)),
        ("open", Exempt(path="/badges/", reason="one alone")),
    ],
)
def test_what_makes_no_sense_is_refused(option: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=f"FetchMetadata.{option}"):
        FetchMetadata(**{option: value})  # type: ignore[arg-type]


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20), st.text(max_size=20), st.booleans())
def test_any_fields_are_answered_or_refused(site: str, mode: str, dest: str, origin: str, websocket: bool) -> None:
    assert status(OPEN, request(site, mode, dest, origin=origin, websocket=websocket)) in {200, 403}


def test_through_every_adapter(serve: Serve) -> None:
    plan = Plan.of([PLAIN])
    image = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")]
    link = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")]
    assert serve(plan, headers=image).status == 403
    assert serve(plan, headers=link).body == b"hello"
    assert serve(plan).body == b"hello"
