"""Every cookie that leaves is as strict as it can be, and no stricter than the application said."""

from __future__ import annotations

import logging

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hauberk import ConfigurationError, Cookies
from hauberk.core.exchange import Exchange
from hauberk.core.plan import Plan
from hauberk.wire.cookie import CookieError
from hauberk.wire.set_cookie import SetCookie
from tests.drivers import Answer, Got, Serve

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
    [
        {"same_site": "Lax"},
        {"same_site": "none"},
        {"secure": True},
        {"readable": "token"},
        {"partitioned": "token"},
        {"dropped": "never"},
        {"host_prefix": ("__Host-sid",)},
        {"host_prefix": ("__secure-sid",)},
        {"host_prefix": ("a b",)},
        {"host_prefix": "sid"},
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match=f"Cookies.{next(iter(options))}"):
        Cookies(**options)  # type: ignore[arg-type]


LATIN = st.text(alphabet=st.characters(max_codepoint=255))
PLAIN = st.text(alphabet=st.characters(max_codepoint=255, exclude_categories=["Cc"]))
EVERYTHING = Cookies(host_prefix=frozenset({"sid"}), partitioned=frozenset({"frame"}))


@given(LATIN, st.booleans(), st.sampled_from(["", "sid=", "frame=x;"]))
@example("a=b\r\nSet-Cookie: c=d", True, "")
def test_hardening_twice_changes_nothing(line: str, secure: bool, before: str) -> None:
    once = EVERYTHING.harden(before + line, secure=secure)
    assert EVERYTHING.harden(once, secure=secure) == once
    assert not set(once) & set("\r\n\0")


@given(PLAIN)
def test_hardening_never_changes_the_pair(line: str) -> None:
    before, after = SetCookie.parse(line), SetCookie.parse(Cookies().harden(line, secure=True))
    assert (before.name, before.value) == (after.name, after.value)


@given(
    st.lists(
        st.sampled_from(
            [
                "a=1",
                "a=1; expires=x",
                "a=1; expires=y; Secure",
                "a=1; expires=y; Path=/",
                "b=2; Path=/xpires=1",
                "b=2; Path=/x",
                "sid=3; Domain=app.example",
                "a=4; Secure",
                "=a",
                "a",
                "c=5;",
            ]
        )
    )
)
def test_what_is_remembered_is_what_would_be_found(lines: list[str]) -> None:
    used = Cookies(host_prefix=frozenset({"sid"}))
    for line in lines:
        for secure in (True, False):
            fresh = Cookies(host_prefix=frozenset({"sid"}))
            assert used.harden(line, secure=secure) == fresh.harden(line, secure=secure)


def test_memory_is_bounded_and_new_dates_take_none() -> None:
    cookies = Cookies()
    for second in range(1_000):
        line = f"a=b; Expires=Thu, 01 Jan 2026 00:{second // 60:02}:{second % 60:02} GMT; Path=/"
        assert cookies.harden(line, secure=True) == line + "; Secure; HttpOnly; SameSite=Lax"
    assert len(cookies._hardener._known) == 1
    for number in range(1_000):
        cookies.harden(f"a{number}=b", secure=True)
    assert len(cookies._hardener._known) <= 512


# Cookies in frames


@pytest.mark.parametrize(
    ("line", "hardened"),
    [
        ("frame=1; SameSite=None", "frame=1; SameSite=None; Secure; HttpOnly; Partitioned"),
        ("frame=1; SameSite=None; partitioned", "frame=1; SameSite=None; partitioned; Secure; HttpOnly"),
        ("other=1; SameSite=None", "other=1; SameSite=None; Secure; HttpOnly"),
        ("own=1; Partitioned", "own=1; Partitioned; Secure; HttpOnly; SameSite=Lax"),
    ],
)
def test_partitioned(line: str, hardened: str) -> None:
    assert Cookies(partitioned=frozenset({"frame"})).harden(line, secure=False) == hardened


def test_partitioned_through_every_adapter(serve: Serve) -> None:
    plan = Plan.of([Cookies(partitioned=frozenset({"frame"}))])
    got = serve(plan, lambda ex: Answer(headers=[("set-cookie", "frame=1; SameSite=None")]))
    cookie = SetCookie.parse(got.all("set-cookie")[0])
    assert cookie.attribute("partitioned") is not None
    assert cookie.attribute("secure") is not None


# The prefix __Host-

PREFIXING = Cookies(host_prefix=frozenset({"sid"}))


@pytest.mark.parametrize(
    ("line", "hardened"),
    [
        ("sid=1", "__Host-sid=1; Path=/; Secure; HttpOnly; SameSite=Lax"),
        ("sid=1; Path=/", "__Host-sid=1; Path=/; Secure; HttpOnly; SameSite=Lax"),
        ("sid=1; Path=/app; Domain=app.example", "__Host-sid=1; Path=/; Secure; HttpOnly; SameSite=Lax"),
        ("sid=; Max-Age=0; path=/", "__Host-sid=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"),
        ("SID=1; Path=/", "SID=1; Path=/; Secure; HttpOnly; SameSite=Lax"),
        ("sid2=1", "sid2=1; Secure; HttpOnly; SameSite=Lax"),
    ],
)
def test_names_get_the_prefix_on_the_way_out(line: str, hardened: str) -> None:
    assert PREFIXING.harden(line, secure=True) == hardened


def test_without_https_there_is_no_prefix(serve: Serve) -> None:
    got, seen = _visit(serve, "sid=plain", scheme="http")
    assert seen == "sid=plain"
    assert SetCookie.parse(got.all("set-cookie")[0]).name == "sid"


def _visit(serve: Serve, cookie: str, *, scheme: str = "https", cookies: Cookies = PREFIXING) -> tuple[Got, str]:
    seen: list[str] = []

    def app(ex: Exchange) -> Answer:
        seen.append(ex.header("cookie"))
        return Answer(headers=[("set-cookie", "sid=new; Path=/")])

    got = serve(Plan.of([cookies]), app, headers=[("cookie", cookie)], scheme=scheme)
    return got, seen[0]


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("__Host-sid=good", "sid=good"),
        ("theme=dark; __Host-sid=good; a=b", "theme=dark; sid=good; a=b"),
        ("sid=tossed; __Host-sid=good", "sid=good"),
        ("__Host-sid=good; sid=tossed", "sid=good"),
        ("sid=tossed", ""),
        ("sid =tossed; a=b", "a=b"),
        ("=sid=tossed; a=b", "a=b"),
        ("__host-sid=tossed", "__host-sid=tossed"),
        ("__Host-sid2=other", "__Host-sid2=other"),
        ("theme=dark", "theme=dark"),
    ],
)
def test_only_cookies_with_the_prefix_get_in(serve: Serve, sent: str, seen: str) -> None:
    """A neighbour below the same domain can set `sid`, but not `__Host-sid` (CWE-565, cookie tossing)."""
    got, header = _visit(serve, sent)
    assert header == seen
    assert SetCookie.parse(got.all("set-cookie")[0]).name == "__Host-sid"


# What browsers drop


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("__Host-a=b; Domain=app.example; Path=/", "no Domain"),
        ("__Host-a=b; Path=/x", "Path=/"),
        ("__HOST-a=b", "Path=/"),
        ("__Host-Http-csrftoken; Path=/", "a name before it"),
        ("a=" + 4_096 * "x", "4,096 octets"),
        ("a=b\r\nSet-Cookie: evil=1", "control characters"),
        ("a=b\x01", "control characters"),
    ],
)
def test_what_browsers_drop_is_said_once_and_without_its_value(
    line: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    cookies = Cookies()
    with caplog.at_level(logging.WARNING, "hauberk.decisions"):
        cookies.harden(line, secure=True)
        cookies.harden(line, secure=True)
    assert [why in record.getMessage() for record in caplog.records] == [True]
    assert "xxxx" not in caplog.text
    with pytest.raises(CookieError, match=why):
        Cookies(dropped="raise").harden(line, secure=True)


@pytest.mark.parametrize(
    "line",
    [
        "__Host-a=b; Path=/",
        "a=" + 4_095 * "x",
        "a=b; SameSite=None",
        "a=b; Domain=app.example",
        "__Secure-a=b",
        "caf\xe9=\xe9",
    ],
)
def test_what_browsers_keep_is_nothing_to_talk_of(line: str) -> None:
    assert Cookies(dropped="raise").harden(line, secure=True).startswith(line)


@pytest.mark.parametrize(
    ("domain", "status"), [("app.example", 200), (".example", 200), ("other.example", 500), ("www.app.example", 500)]
)
def test_a_domain_that_is_not_the_own_is_an_error_where_wanted(domain: str, status: int) -> None:
    from tests.drivers import serve_asgi

    plan = Plan.of([Cookies(dropped="raise")])
    answer = Answer(headers=[("set-cookie", f"a=b; Domain={domain}")])
    assert serve_asgi(plan, lambda ex: answer, headers=[("host", "app.example:8443")]).status == status
