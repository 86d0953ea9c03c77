"""Sessions in a sealed cookie: what the browser cannot do with it, and what the server decides."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

import pytest

from hauberk import Policy
from hauberk.core.errors import ConfigurationError
from hauberk.core.exchange import Exchange
from hauberk.core.plan import Plan
from hauberk.shield.failures import Failures
from hauberk.shield.sessions import CookieSessions
from hauberk.stores.memory import MemoryStore
from tests.drivers import Answer, Got, Serve

KEY, OTHER = b"k" * 32, b"o" * 32


class Browser:
    """Keeps one cookie, and asks a server whose clock stands still."""

    def __init__(self, serve: Serve, **options: Any) -> None:
        self.serve, self.now, self.cookie = serve, 1_000_000.0, ""
        self.options: dict[str, Any] = {"keys": (KEY,), "clock": lambda: self.now} | options

    def __call__(self, act: Any = lambda s: None, *, cookie: str | None = None, **changes: Any) -> Got:
        plan = Plan.of([CookieSessions(**(self.options | changes)), Failures()])
        sent = self.cookie if cookie is None else cookie
        headers = [("host", "app.example"), *([("cookie", sent)] if sent else [])]

        def app(ex: Exchange) -> Answer:
            return Answer(body=repr(act(ex.session)).encode())

        got = self.serve(plan, app, headers=headers)
        for line in got.all("set-cookie"):
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0]  # to the letter, as browsers keep it
            self.cookie = f"{name}={value}" if value else ""
        return got

    def read(self, **changes: Any) -> str:
        return self(lambda s: s.get("a"), **changes).body.decode()

    @property
    def value(self) -> str:
        return self.cookie.partition("=")[2]


def put(**values: Any) -> Any:
    return lambda s: s.update(values)


@pytest.fixture
def browser(serve: Serve) -> Browser:
    return Browser(serve)


def test_who_stores_nothing_gets_nothing(browser: Browser) -> None:
    assert browser().one("set-cookie") is None
    assert browser.read() == "None"
    assert browser().one("set-cookie") is None


def test_a_value_comes_back_and_cannot_be_read(browser: Browser) -> None:
    line = browser(put(a="ann", b=[1, 2])).one("set-cookie") or ""
    assert line.startswith("__Host-session=")
    assert {"Path=/", "HttpOnly", "SameSite=Lax", "Secure"} <= set(line.split("; "))
    assert browser.read() == "'ann'"
    assert b"ann" not in b64decode(browser.value)
    assert browser(lambda s: s["b"]).body == b"[1, 2]"


def test_a_client_may_put_it_into_quotes(browser: Browser) -> None:
    browser(put(a="ann"))
    assert browser.read(cookie=f'__Host-session="{browser.value}"') == "'ann'"


def test_a_read_sends_no_cookie_within_a_minute(browser: Browser) -> None:
    browser(put(a=1))
    assert browser(lambda s: s.get("a")).one("set-cookie") is None
    browser.now += 61
    assert browser(lambda s: s.get("a")).one("set-cookie") is not None


def test_any_bit_that_is_changed_makes_it_empty(browser: Browser) -> None:
    browser(put(a=1))
    raw = b64decode(browser.value)
    for at in range(len(raw)):
        flipped = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        assert browser.read(cookie=f"__Host-session={b64encode(flipped).decode()}") == "None"


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v[:-4],
        lambda v: v + "AAAA",
        lambda v: v * 30,
        lambda v: "",
        lambda v: "é" + v,
        lambda v: "%00" + v,
        lambda v: v.swapcase(),
        lambda v: "99999999." + v,
    ],
)
def test_what_is_no_sealed_session_is_empty(browser: Browser, change: Any) -> None:
    browser(put(a=1))
    cookie = f"__Host-session={change(browser.value)}".encode().decode("latin-1")
    assert browser.read(cookie=cookie) == "None"


def test_of_two_cookies_the_genuine_one_counts(browser: Browser) -> None:
    browser(put(a=1))
    assert browser.read(cookie=f"__Host-session=tossed; {browser.cookie}") == "1"


def test_a_cookie_is_good_for_its_own_name(browser: Browser) -> None:
    browser(put(a=1))
    cookie = f"__Host-other={browser.value}"
    plan = Plan.of([CookieSessions(keys=(KEY,), cookie="other", clock=lambda: browser.now)])
    got = browser.serve(plan, lambda ex: Answer(body=repr(ex.session.get("a")).encode()), headers=[("cookie", cookie)])
    assert got.body == b"None"


def test_the_server_decides_when_it_ends(serve: Serve) -> None:
    browser = Browser(serve, idle=100, absolute=250)
    browser(put(a=1))
    for _ in range(4):
        browser.now += 61
        assert browser.read() == "1"
    browser.now += 10
    assert browser.read() == "None"
    browser(put(a=2))
    browser.now += 101
    assert browser.read() == "None"


def test_keys_are_changed_without_losing_anybody(browser: Browser) -> None:
    browser(put(a=1))
    old = browser.value
    assert browser.read(keys=(OTHER, KEY)) == "1"
    assert browser.value != old
    assert browser.read(keys=(OTHER,)) == "1"
    assert browser.read(cookie=f"__Host-session={old}", keys=(OTHER,)) == "None"


def test_what_does_not_fit_is_an_error_that_names_the_largest(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    assert browser(put(small=1, cart="x" * 6_000)).status == 500
    assert "'cart'" in caplog.text
    assert "browsers keep 4,096" in caplog.text


def test_logout_ends_it_and_a_copy_only_where_it_is_remembered(serve: Serve) -> None:
    for denied, lives in ((None, "1"), (MemoryStore(), "None")):
        browser = Browser(serve, denied=denied)
        browser(put(a=1))
        copy = browser.cookie
        assert "Max-Age=0" in (browser(lambda s: s.logout()).one("set-cookie") or "")
        assert browser.read(cookie=copy) == lives


def test_who_logs_in_as_somebody_else_finds_nothing_of_the_first(browser: Browser) -> None:
    browser(lambda s: (s.login("ann"), s.update(a="mail")))
    browser(lambda s: s.login("bob"))
    assert browser(lambda s: (s.user, dict(s))).body == b"('bob', {})"


def test_login_binds_anew(browser: Browser) -> None:
    browser(put(a=1))
    before = browser(lambda s: s.binding).body
    browser(lambda s: s.login("ann"))
    after = browser(lambda s: s.binding).body
    assert before != after
    assert browser(lambda s: (s.user, s["a"])).body == b"('ann', 1)"
    assert browser(lambda s: s.binding).body == after


def test_a_policy_gives_it_keys(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAUBERK_SECRET", "Zx7-kq2Vw9_Tn4Lb6Rd8Yp3Mc5Hs1Jg0Fe")
    plan = Policy().replace(sessions=CookieSessions()).plan()

    def app(ex: Exchange) -> Answer:
        ex.session["a"] = 1
        return Answer()

    assert serve(plan, app, headers=[("host", "app.example")]).one("set-cookie") is not None


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"idle": 0}, "CookieSessions.idle"),
        ({"cookie": "__Host-x"}, "CookieSessions.cookie"),
        ({"same_site": "x"}, "CookieSessions.same_site"),
        ({"keys": (b"short",)}, "CookieSessions.keys"),
    ],
)
def test_bad_options_name_the_field_and_show_no_key(options: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        CookieSessions(**options)
    assert caught.value.field == field
    assert "short" not in str(caught.value)
