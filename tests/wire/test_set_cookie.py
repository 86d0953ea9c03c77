"""A Set-Cookie field that browsers keep, or an error; and what a browser makes of any field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hauberk.wire.cookie import CookieError
from hauberk.wire.cookie_build import build_cookie
from hauberk.wire.cookie_date import LATEST, cookie_date, parse_cookie_date
from hauberk.wire.cookie_jar import MOST_OF_A_DOMAIN, CookieJar
from hauberk.wire.cookie_storage import GONE, Dropped, Kept, Place, default_path, path_matches, received
from hauberk.wire.cookie_weaknesses import weaknesses
from hauberk.wire.set_cookie import SetCookie

NOW = 1_800_000_000
HOME = Place.of("https://app.example/shop/cart")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({}, "sid=v; Path=/; Secure; HttpOnly; SameSite=Lax"),
        ({"path": None, "same_site": None, "http_only": False, "secure": False}, "sid=v"),
        ({"max_age": 60, "same_site": "STRICT"}, "sid=v; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Strict"),
        ({"domain": ".App.Example"}, "sid=v; Domain=app.example; Path=/; Secure; HttpOnly; SameSite=Lax"),
        (
            {"expires": datetime(2026, 11, 23, 8, 0, tzinfo=timezone(timedelta(hours=1)))},
            "sid=v; Path=/; Expires=Mon, 23 Nov 2026 07:00:00 GMT; Secure; HttpOnly; SameSite=Lax",
        ),
        (
            {"same_site": "none", "partitioned": True},
            "sid=v; Path=/; Secure; HttpOnly; SameSite=None; Partitioned",
        ),
    ],
)
def test_built(options: dict[str, Any], line: str) -> None:
    cookie = build_cookie("sid", "v", **options)
    assert str(cookie) == line
    assert SetCookie.parse(line) == cookie


@pytest.mark.parametrize(
    ("field", "options"),
    [
        ("Path", {"path": "a"}),
        ("Path", {"path": ""}),
        ("Path", {"path": "/" + 1_024 * "a"}),
        ("Path", {"path": "/a\n"}),
        ("Path", {"path": "/a "}),
        ("Domain", {"domain": ""}),
        ("Domain", {"domain": "."}),
        ("Domain", {"domain": "app.example."}),
        ("Domain", {"domain": "app.example-"}),
        ("Domain", {"domain": "b\xfccher.example"}),
        ("Domain", {"domain": "10.0.0.1"}),
        ("Domain", {"domain": "::1"}),
        ("Domain", {"domain": "a" * 64 + ".example"}),
        ("Max-Age", {"max_age": -1}),
        ("Max-Age", {"max_age": True}),
        ("Max-Age", {"max_age": 34_560_001}),
        ("Expires", {"expires": datetime(2026, 1, 1)}),
        ("Expires", {"expires": -1}),
        ("Expires", {"expires": LATEST + 1}),
        ("Expires", {"expires": float("nan")}),
        ("SameSite", {"same_site": "lax "}),
        ("Secure", {"secure": "yes"}),
        ("Secure", {"secure": False, "same_site": "None"}),
        ("Secure", {"secure": False, "partitioned": True}),
    ],
)
def test_refused(field: str, options: dict[str, Any]) -> None:
    with pytest.raises(CookieError) as caught:
        build_cookie("sid", "secret-value", **options)
    assert caught.value.field == field
    assert "secret-value" not in str(caught.value)


@pytest.mark.parametrize("value", ["a b", "a,b", "a\\b", '"', 'a"', '"a', "a\r\nb", "\x7f", "\u20ac", None, 7])
def test_values_that_come_back_changed_are_refused_and_not_shown(value: Any) -> None:
    with pytest.raises(CookieError) as caught:
        build_cookie("sid", value)
    assert caught.value.field == "value"


TOKENS = st.text(alphabet="abcXYZ019!#%&'*+-.^_`|~", min_size=1, max_size=12)
VALUES = st.text(alphabet="abcXYZ019!#$%&'()*+-./:<=>?@[]^_`{|}~", max_size=20)


@given(
    TOKENS,
    VALUES,
    st.fixed_dictionaries(
        {},
        optional={
            "max_age": st.integers(0, 34_560_000),
            "expires": st.integers(0, LATEST),
            "path": st.text(alphabet="abc/ ~%", max_size=9).map(lambda text: "/" + text + "x"),
            "domain": st.sampled_from(["app.example", ".example", "localhost"]),
            "secure": st.booleans(),
            "http_only": st.booleans(),
            "partitioned": st.booleans(),
            "same_site": st.sampled_from([None, "lax", "Strict", "NONE"]),
        },
    ),
)
def test_what_is_built_is_kept_by_browsers_as_it_was_meant(name: str, value: str, options: dict[str, Any]) -> None:
    try:
        cookie = build_cookie(name, value, **options)
    except CookieError:
        return
    assert SetCookie.parse(str(cookie)) == cookie
    kept = received(str(cookie), HOME, now=NOW, is_suffix=lambda _domain: False)
    if isinstance(kept, Dropped):
        assert kept.reason.startswith("localhost is not the host")
        return
    assert (kept.name, kept.value, kept.path) == (name, value, options.get("path", "/"))
    assert kept.secure is options.get("secure", True)
    assert kept.http_only is options.get("http_only", True)
    assert kept.same_site == (options.get("same_site", "lax") or "default").lower()


@given(st.text())
@example("=a=b; c")
@example("; =; =x")
def test_any_text_can_be_read_and_written(text: str) -> None:
    cookie = SetCookie.parse(text)
    assert SetCookie.parse(str(cookie)) == cookie


@given(st.text(), st.sampled_from(["", "a=b; Max-Age=", "a=b; Expires=", "a=b; Domain=", "a=b; Path=", "__Host-"]))
@example("9" * 5_000, "a=b; Max-Age=")
@example("\u0661", "a=b; Max-Age=")
@example("00:00:00 1 jan 0000", "a=b; Expires=")
def test_any_text_is_kept_or_dropped(text: str, before: str) -> None:
    kept = received(before + text, HOME, now=NOW)
    weaknesses(before + text, HOME, now=NOW)
    if isinstance(kept, Kept):
        assert kept.expires is None or kept.expires == GONE or NOW < kept.expires <= NOW + 34_560_000
        jar = CookieJar()
        jar.keep(before + text, HOME, now=NOW)
        assert len(jar) == (kept.expires is None or kept.expires > NOW)


@given(st.integers(0, LATEST))
def test_dates_are_read_as_they_were_written(seconds: int) -> None:
    text = cookie_date(seconds)
    assert parse_cookie_date(text) == seconds
    assert datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S") in text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784111777),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784111777),
        ("Sun Nov  6 08:49:37 1994", 784111777),
        ("6 november 94 8:49:37", 784111777),
        ("1994 nov 6 08:49:37", 784111777),
        ("19943 nov 6 08:49:37", None),
        ("Thu, 01 Jan 69 00:00:00 GMT", 3124224000),
        ("31 Feb 2026 00:00:00", None),
        ("1 Jan 1600 00:00:00", None),
        ("1 Jan 2026 24:00:00", None),
        ("1 Jan 2026 00:60:00", None),
        ("1 Jan 2026", None),
        ("00:00:00 1 Jan", None),
        ("1\u0661 Jan 2026 00:00:00", 1767225600),
        ("", None),
    ],
)
def test_dates_of_any_kind(text: str, seconds: int | None) -> None:
    assert parse_cookie_date(text) == seconds


@pytest.mark.parametrize(
    ("path", "cookie_path", "matches"),
    [("/", "/", True), ("/a", "/a", True), ("/a/b", "/a", True), ("/a/b", "/a/", True), ("/ab", "/a", False)],
)
def test_paths(path: str, cookie_path: str, matches: bool) -> None:
    assert path_matches(path, cookie_path) is matches


@pytest.mark.parametrize(("path", "default"), [("/a/b", "/a"), ("/a", "/"), ("/", "/"), ("", "/"), ("a/b", "/")])
def test_default_paths(path: str, default: str) -> None:
    assert default_path(path) == default


# The jar


def test_a_page_by_http_cannot_hide_a_secure_cookie() -> None:
    jar = CookieJar()
    jar.keep("sid=good; Secure; Path=/", HOME, now=NOW)
    plain = Place.of("http://app.example/")
    assert isinstance(jar.keep("sid=evil; Path=/", plain, now=NOW), Dropped)
    assert isinstance(jar.keep("sid=evil; Path=/shop", plain, now=NOW), Dropped)
    assert isinstance(jar.keep("other=1", plain, now=NOW), Kept)
    assert jar.field(HOME, now=NOW) == "sid=good; other=1"
    assert jar.field(plain, now=NOW) == "other=1"


def test_cookies_come_and_go() -> None:
    jar = CookieJar()
    for line in ("a=1; Max-Age=10; Path=/", "b=2; Path=/shop/cart", "a=3; Max-Age=10; Path=/", "c=4; Path=/other"):
        jar.keep(line, HOME, now=NOW)
    assert jar.field(HOME, now=NOW + 9) == "b=2; a=3"
    assert jar.field(HOME, now=NOW + 10) == "b=2"
    jar.keep("b=; Path=/shop/cart; Expires=Thu, 01 Jan 1970 00:00:00 GMT", HOME, now=NOW)
    assert jar.field(HOME, now=NOW) == ""
    assert len(jar) == 1


def test_a_jar_is_bounded() -> None:
    jar = CookieJar()
    for number in range(1_000):
        jar.keep(f"c{number}=1", HOME, now=NOW)
    assert len(jar) == MOST_OF_A_DOMAIN
    assert jar.field(HOME, now=NOW).endswith("c999=1")


def test_a_public_suffix_is_nobodys_domain() -> None:
    suffixes = {"co.example"}.__contains__
    shop = Place.of("https://shop.co.example/")
    assert isinstance(received("a=1; Domain=co.example", shop, now=NOW, is_suffix=suffixes), Dropped)
    own = received("a=1; Domain=co.example", Place.of("https://co.example/"), now=NOW, is_suffix=suffixes)
    assert isinstance(own, Kept)
    assert own.host_only
