"""Every cookie that leaves is as strict as it can be, and no stricter than the application said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk import ConfigurationError, Cookies
from hauberk.core.plan import Plan
from hauberk.wire.set_cookie import SetCookie
from tests.drivers import Answer, Serve

PLAN = Plan.of([Cookies()])


@pytest.mark.parametrize(
    ("line", "hardened"),
    [
        ("a=b", "a=b; Secure; HttpOnly; SameSite=Lax"),
        ("a=b; Path=/; HttpOnly", "a=b; Path=/; HttpOnly; Secure; SameSite=Lax"),
        ("a=b; secure; httponly; samesite=strict", "a=b; secure; httponly; samesite=strict"),
        ("a=b; SameSite=None", "a=b; SameSite=None; Secure; HttpOnly"),
        ("a=b; SameSite=Sometimes", "a=b; SameSite=Sometimes; Secure; HttpOnly; SameSite=Lax"),
        ("csrftoken=x; Path=/", "csrftoken=x; Path=/; Secure; SameSite=Lax"),
        ("a=; Max-Age=0", "a=; Max-Age=0; Secure; HttpOnly; SameSite=Lax"),
        ("a=b;", "a=b; Secure; HttpOnly; SameSite=Lax"),
    ],
)
def test_https(line: str, hardened: str) -> None:
    assert Cookies().harden(line, secure=True) == hardened


@pytest.mark.parametrize(
    ("line", "hardened"),
    [
        ("a=b", "a=b; HttpOnly; SameSite=Lax"),
        ("__Host-a=b; Path=/", "__Host-a=b; Path=/; Secure; HttpOnly; SameSite=Lax"),
        ("__secure-a=b", "__secure-a=b; Secure; HttpOnly; SameSite=Lax"),
        ("a=b; SameSite=None", "a=b; SameSite=None; Secure; HttpOnly"),
    ],
)
def test_http(line: str, hardened: str) -> None:
    """Without https, Secure comes only where a browser would drop the cookie otherwise."""
    assert Cookies().harden(line, secure=False) == hardened


def test_every_cookie_of_an_answer(serve: Serve) -> None:
    got = serve(PLAN, lambda ex: Answer(headers=[("set-cookie", "a=1"), ("set-cookie", "b=2; HttpOnly")]))
    cookies = {cookie.name: cookie for cookie in map(SetCookie.parse, got.all("set-cookie"))}
    assert set(cookies) == {"a", "b"}
    for cookie in cookies.values():
        assert cookie.attribute("httponly") is not None
        assert cookie.attribute("secure") is not None
        assert (cookie.attribute("samesite") or "").lower() == "lax"


def test_the_scheme_decides_on_secure(serve: Serve) -> None:
    def app(ex: object) -> Answer:
        return Answer(headers=[("set-cookie", "a=1")])

    assert SetCookie.parse(serve(PLAN, app, scheme="http").all("set-cookie")[0]).attribute("secure") is None
    always = Plan.of([Cookies(secure="always")])
    assert SetCookie.parse(serve(always, app, scheme="http").all("set-cookie")[0]).attribute("secure") is not None


@pytest.mark.parametrize(
    "options",
    [{"same_site": "Lax"}, {"same_site": "none"}, {"secure": True}, {"readable": "token"}],
)
def test_what_makes_no_sense_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match=f"Cookies.{next(iter(options))}"):
        Cookies(**options)  # type: ignore[arg-type]


@given(st.text())
def test_any_text_can_be_read_and_written(text: str) -> None:
    cookie = SetCookie.parse(text)
    assert SetCookie.parse(str(cookie)) == cookie


@given(st.text(alphabet=st.characters(max_codepoint=255)), st.booleans())
def test_hardening_twice_changes_nothing(line: str, secure: bool) -> None:
    once = Cookies().harden(line, secure=secure)
    assert Cookies().harden(once, secure=secure) == once


@given(st.text(alphabet=st.characters(max_codepoint=255)))
def test_hardening_never_changes_the_pair(line: str) -> None:
    before, after = SetCookie.parse(line), SetCookie.parse(Cookies().harden(line, secure=True))
    assert (before.name, before.value) == (after.name, after.value)
