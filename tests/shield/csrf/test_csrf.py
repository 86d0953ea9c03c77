"""CSRF beyond the vectors: options, tokens, the page that refuses, and what costs nothing."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.adapters.asgi import ASGIExchange, Message
from hauberk.core.errors import ConfigurationError, LateTokenError
from hauberk.core.exchange import Exchange
from hauberk.core.plan import Plan
from hauberk.shield.csrf import CSRF, Exempt
from hauberk.shield.csrf.tokens import ANYWHERE, action, fits, mask, mint, unmask
from hauberk.shield.exempt import Exemptions
from tests.drivers import Answer, Serve, handshake_asgi, serve_asgi

KEY = b"k" * 32
HOST = ("host", "app.example")
FOREIGN = [HOST, ("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([HOST], 200),
        (FOREIGN, 403),
        ([HOST, ("sec-fetch-site", "same-origin")], 200),
        ([HOST, ("sec-fetch-site", "same-site"), ("origin", "https://blog.app.example")], 403),
        ([HOST, ("origin", "https://app.example")], 200),
        ([HOST, ("origin", "null")], 403),
        ([HOST, ("referer", "https://app.example/form")], 200),
        ([HOST, ("referer", "https://evil.example/app.example")], 403),
        ([HOST, ("referer", "https://app.example/form, https://evil.example/")], 403),
    ],
)
def test_headers_decide(serve: Serve, headers: list[tuple[str, str]], status: int) -> None:
    assert serve(Plan.of([CSRF()]), method="POST", headers=headers).status == status


def test_reading_is_never_refused(serve: Serve) -> None:
    assert serve(Plan.of([CSRF()]), headers=FOREIGN).status == 200


def test_a_method_override_does_not_make_a_safe_request(serve: Serve) -> None:
    headers = [*FOREIGN, ("x-http-method-override", "GET")]
    assert serve(Plan.of([CSRF()]), method="POST", query="_method=GET", headers=headers).status == 403


@pytest.mark.parametrize(
    ("path", "exempt"),
    [
        ("/hooks/", True),
        ("/hooks/pay", True),
        ("/hooks", False),
        ("/hooksx", False),
        ("/HOOKS/pay", False),
        ("//hooks/pay", False),
        ("/hooks/../transfer", False),
        ("/x/../hooks/pay", False),
        ("/one/7", True),
        ("/one/", False),
        ("/one/7/8", False),
        ("/exact", True),
        ("/exact/", False),
        ("/under/7/", True),
        ("/under/7/x/y", True),
        ("/under/7", False),
    ],
)
def test_exempt_paths(path: str, exempt: bool) -> None:
    paths = ("/hooks/", "/one/{id}", "/exact", "/under/{id}/")
    assert (path in Exemptions(tuple(Exempt(path=p, reason="signed") for p in paths))) is exempt


@pytest.mark.parametrize(
    ("options", "field", "value"),
    [
        ({"mode": "strickt"}, "CSRF.mode", "strickt"),
        ({"trusted_origins": "https://a.example"}, "CSRF.trusted_origins", "https://a.example"),
        ({"trusted_origins": ("https://a.example/",)}, "CSRF.trusted_origins", "https://a.example/"),
        ({"trusted_origins": ("https://*.com",)}, "CSRF.trusted_origins", "https://*.com"),
        ({"trusted_origins": ("null",)}, "CSRF.trusted_origins", "null"),
        ({"exempt": ("/hooks/",)}, "CSRF.exempt", "/hooks/"),
        ({"exempt": "/hooks/"}, "CSRF.exempt", "/hooks/"),
        ({"exempt": Exempt(path="/a", reason="b")}, "CSRF.exempt", Exempt(path="/a", reason="b")),
        ({"exempt": None}, "CSRF.exempt", None),
        ({"header": "x csrf"}, "CSRF.header", "x csrf"),
        ({"cookie": "__Host-csrf"}, "CSRF.cookie", "__Host-csrf"),
        ({"max_body": 10}, "CSRF.max_body", 10),
        ({"max_body": True}, "CSRF.max_body", True),
    ],
)
def test_bad_options_name_the_field(options: dict[str, Any], field: str, value: object) -> None:
    with pytest.raises(ConfigurationError) as caught:
        CSRF(**options)
    assert (caught.value.field, caught.value.value) == (field, value)


def test_a_short_key_is_refused_and_never_shown() -> None:
    with pytest.raises(ConfigurationError) as caught:
        CSRF(keys=(b"hunter2",))
    assert "hunter2" not in str(caught.value)
    assert "kkkk" not in repr(CSRF(keys=(KEY,)))


@pytest.mark.parametrize("reason", ["", "  "])
def test_an_exemption_needs_a_reason(reason: str) -> None:
    with pytest.raises(ConfigurationError, match=r"Exempt\.reason"):
        Exempt(path="/hooks/", reason=reason)


def test_the_refusal_tells_a_stranger_nothing_and_the_log_everything(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "hauberk.decisions"):
        got = serve(Plan.of([CSRF()]), method="POST", path="/transfer", headers=FOREIGN)
    problem = json.loads(got.body)
    assert (got.one("content-type"), got.one("cache-control")) == ("application/problem+json", "no-store")
    assert (problem["status"], "why" in problem, "evil" in got.body.decode()) == (403, False, False)
    (record,) = [r.hauberk for r in caplog.records if r.name == "hauberk.decisions"]  # type: ignore[attr-defined]
    assert record["event"] == "csrf-refused"
    assert (record["origin"], record["path"]) == ("https://evil.example", "/transfer")
    assert "Sec-Fetch-Site" in record["why"]


def test_a_browser_gets_a_page_and_a_developer_the_reason(serve: Serve) -> None:
    headers = [*FOREIGN, ("accept", "text/html,*/*")]
    page = serve(Plan.of([CSRF(explain=True)]), method="POST", headers=headers)
    assert page.one("content-type") == "text/html; charset=utf-8"
    assert b"Sec-Fetch-Site" in page.body
    assert b"Sec-Fetch-Site" not in serve(Plan.of([CSRF()]), method="POST", headers=headers).body


def test_a_form_that_is_too_long_is_refused_and_says_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    plan = Plan.of([CSRF(mode="strict", keys=(KEY,), max_body=2_000)])
    cookie = serve_asgi(plan, lambda ex: Answer(body=ex.csrf.token(ex).encode())).one("set-cookie")
    assert cookie is not None
    form = [("cookie", cookie.partition(";")[0]), ("content-type", "application/x-www-form-urlencoded")]
    with caplog.at_level(logging.WARNING, "hauberk.decisions"):
        assert serve_asgi(plan, method="POST", headers=form, body=b"a=" + b"x" * 3_000).status == 403
    assert "max_body=2000" in caplog.text


def test_a_handshake_has_no_form_to_find_a_token_in() -> None:
    plan = Plan.of([CSRF(mode="strict", keys=(KEY,))])
    headers = [HOST, ("cookie", f"__Host-csrf={'A' * 43}"), ("content-type", "application/x-www-form-urlencoded")]
    assert handshake_asgi(plan, headers=headers) is False


def test_a_form_in_many_small_parts_takes_time_in_proportion_to_them() -> None:
    """Each part would otherwise be counted again with each that follows."""
    counted = 0

    class Part(bytes):
        def __len__(self) -> int:
            nonlocal counted
            counted += 1
            return super().__len__()

    parts = iter([{"type": "http.request", "body": Part(b"a"), "more_body": n < 99} for n in range(100)])

    async def receive() -> Message:
        return next(parts)

    ex = ASGIExchange({"type": "http"})
    ex.receive = receive
    assert asyncio.run(ex.read_body(1_000)) == b"a" * 100
    assert counted <= 200


def test_the_application_still_reads_the_form_that_the_check_has_read(serve: Serve) -> None:
    plan = Plan.of([CSRF(mode="strict", keys=(KEY,))])
    page = serve(plan, lambda ex: Answer(body=ex.csrf.token(ex).encode()))
    cookie = page.one("set-cookie")
    assert cookie is not None
    form = [("cookie", cookie.partition(";")[0]), ("content-type", "application/x-www-form-urlencoded")]
    body = b"csrf_token=" + page.body + b"&amount=5"
    assert serve(plan, method="POST", headers=form, body=body).status == 200


def test_a_late_token_is_an_error(serve: Serve) -> None:
    def app(ex: Exchange) -> Answer:
        ex.sent = True
        with pytest.raises(LateTokenError):
            ex.csrf.token(ex)
        ex.sent = False
        return Answer()

    assert serve(Plan.of([CSRF(keys=(KEY,))]), app).status == 200


def test_over_http_the_cookie_has_a_plain_name(serve: Serve) -> None:
    got = serve(Plan.of([CSRF(keys=(KEY,))]), lambda ex: Answer(body=ex.csrf.token(ex).encode()), scheme="http")
    cookie = got.one("set-cookie")
    assert cookie is not None
    assert cookie.startswith("csrf=")
    assert "secure" not in cookie.lower()


@given(st.binary(max_size=80), st.binary(max_size=80), st.binary(min_size=32, max_size=32))
def test_a_token_fits_its_session_and_no_other(one: bytes, other: bytes, key: bytes) -> None:
    text = mask(mint(key, one, ANYWHERE))
    assert fits(text, [key], one, [ANYWHERE])
    assert fits(text, [key], other, [ANYWHERE]) is (one == other)
    assert not fits(text, [key], one, [action("POST", "/a")])


@given(st.binary(min_size=32, max_size=32))
def test_masking_is_undone(token: bytes) -> None:
    assert unmask(mask(token)) == token


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_a_token_or_none(text: str) -> None:
    assert unmask(text) is None or mask(unmask(text) or b"") != text
