"""A session that scripts may read: signed in place of sealed, and nobody can change it all the same."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk import Policy
from hauberk.core.errors import ConfigurationError, HauberkError
from hauberk.core.exchange import Exchange
from hauberk.shield.cookies import Cookies
from hauberk.shield.sessions import CookieSessions
from hauberk.shield.sessions.cookie_keeper import LIFE
from hauberk.shield.sessions.forms import Sealed, Signed
from hauberk.shield.sessions.session import VALUE
from hauberk.shield.sessions.values import encode
from hauberk.stores.memory import MemoryStore
from tests.drivers import Answer, Serve
from tests.shield.sessions.test_sealed import Browser, put

KEY, OTHER = b"k" * 32, b"o" * 32
FORM = Signed((KEY,), "__Host-session")


@pytest.fixture
def browser(serve: Serve) -> Browser:
    return Browser(serve, insecure_readable=True)


def shown(value: str) -> Any:
    """What a script makes of it: `JSON.parse(atob(...))` of the part before the dot."""
    payload = value.partition(".")[0]
    return json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def letters(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def test_a_script_reads_what_the_application_has_set(browser: Browser) -> None:
    got = browser(put(theme="dark", cart=[1, {"n": 2.5}], name="Zoë", guest=None))
    (line,) = got.all("set-cookie")
    assert "httponly" not in line.lower()
    assert {"secure", "samesite=lax", "path=/"} <= {part.strip().lower() for part in line.split(";")}
    values = {"theme": "dark", "cart": [1, {"n": 2.5}], "name": "Zoë", "guest": None}
    assert shown(browser.value)["session"] == values
    assert browser(lambda s: dict(s)).body == repr(values).encode()


def test_the_sealed_one_stays_hidden(serve: Serve) -> None:
    browser = Browser(serve)
    (line,) = browser(put(a=1)).all("set-cookie")
    assert "httponly" in line.lower()
    with pytest.raises(ValueError, match=r"."):
        shown(browser.value)


def test_a_read_sends_no_cookie_and_a_change_does(browser: Browser) -> None:
    browser(put(a=1))
    assert browser(lambda s: s["a"]).all("set-cookie") == []
    browser.now += 61
    assert len(browser(lambda s: s["a"]).all("set-cookie")) == 1
    browser(lambda s: s.update(a=2))
    assert browser.read() == "2"


def changed(value: str) -> list[str]:
    """What nobody with our keys has made."""
    payload, _, signature = value.partition(".")
    said = shown(value)
    said["session"]["a"] = 7
    own = letters(json.dumps(said).encode())
    flipped = signature[:-1] + ("B" if signature[-1] != "B" else "C")
    unsigned = [own, f"{own}.", f"{own}.{signature}", f"{own}.{'A' * 43}", f".{signature}", f"{payload}.", payload]
    return [*unsigned, f"{payload}.{flipped}", f"{payload}.{signature}=", f"{payload}..{signature}", "e30.e30", "."]


def test_a_script_that_changes_it_has_none(browser: Browser) -> None:
    browser(put(a=1))
    for value in changed(browser.value):
        assert browser.read(cookie=f"__Host-session={value}") == "None"
    assert browser.read() == "1"


def test_one_is_not_taken_for_the_other(serve: Serve) -> None:
    """Nor a cookie of another name, though the key is the same."""
    readable, sealed = Browser(serve, insecure_readable=True), Browser(serve)
    readable(put(a=1))
    sealed(put(a=1))
    assert sealed.read(cookie=readable.cookie) == "None"
    assert readable.read(cookie=sealed.cookie) == "None"
    named = Browser(serve, insecure_readable=True, cookie="other")
    assert named.read(cookie=f"__Host-other={readable.value}") == "None"


def test_keys_are_changed_without_losing_anybody(browser: Browser) -> None:
    browser(put(a=1))
    assert browser.read(keys=(OTHER, KEY)) == "1"
    assert browser.read(keys=(OTHER,)) == "1"  # it was signed anew
    assert browser.read(keys=(b"x" * 32,)) == "None"


def test_the_server_decides_when_it_ends(serve: Serve) -> None:
    browser = Browser(serve, insecure_readable=True, idle=100, denied=MemoryStore())
    browser(put(a=1))
    browser.now += 101
    assert browser.read() == "None"
    browser(put(a=2))
    copy = browser.cookie
    browser(lambda s: s.logout())
    assert browser.read(cookie=copy) == "None"


@pytest.mark.parametrize("value", [date(2026, 1, 1), b"x", (1, 2), {1, 2}, {1: 2}, float("nan"), 1 << 70, [[b"x"]]])
def test_what_json_has_not_is_refused(browser: Browser, value: object) -> None:
    got = browser(put(a=value))
    assert (got.status, got.all("set-cookie")) == (500, [])


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    # Half of a pair stands in no UTF-8.
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab.é"), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text("ab.é", max_size=3), VALUES, max_size=3))
def test_what_is_written_is_read(values: dict[str, Any]) -> None:
    fields = {VALUE + key: encode(value, key) for key, value in values.items()} | {LIFE: b"\x00\xff"}
    text = FORM.write(fields, 4_000)
    assert all("!" <= letter <= "~" and letter not in '",;\\' for letter in text)  # RFC 6265bis, section 4.1.1
    assert FORM.read(text) == (fields, False)


@given(st.text() | st.text("eyJ0.-_A", max_size=60))
@pytest.mark.parametrize("form", [FORM, Sealed((KEY,), "__Host-session")])
def test_any_text_is_none_of_ours(form: Signed | Sealed, text: str) -> None:
    with pytest.raises((HauberkError, ValueError)):
        form.read(text)


def test_cookies_that_get_httponly_are_a_contradiction() -> None:
    policy = Policy.recommended().replace(sessions=CookieSessions(insecure_readable=True, keys=(KEY,)))
    with pytest.raises(ConfigurationError, match=r'Cookies\(readable=frozenset\({"__Host-session", "session"}\)\)'):
        policy.plan()


def test_with_the_policys_cookies(serve: Serve) -> None:
    cookies = Cookies(readable=frozenset({"__Host-session", "session"}))
    sessions = CookieSessions(insecure_readable=True, keys=(KEY,))
    plan = Policy.recommended().replace(sessions=sessions, cookies=cookies, hosts=None).plan()

    def app(ex: Exchange) -> Answer:
        ex.session["a"] = 1
        return Answer()

    (line,) = serve(plan, app, headers=[("host", "app.example")]).all("set-cookie")
    assert "httponly" not in line.lower()
    assert shown(line.partition(";")[0].partition("=")[2])["session"] == {"a": 1}
