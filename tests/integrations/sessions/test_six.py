"""What a session is, row by row: in six frameworks, by their own doors, on each kind of store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from hauberk import Policy, Sessions
from hauberk.core.plan import run_inline
from hauberk.core.store import Store
from hauberk.stores import open_store
from tests.integrations.sessions import six
from tests.integrations.sessions.six import FRAMEWORKS, LATE, Browser
from tests.stores.conftest import valkey  # noqa: F401 - the fixture

COOKIE = "__Host-session"
CALLS = frozenset({"get", "set", "add", "delete", "touch", "load", "save", "rotate", "members", "forget", "records"})


class Asked:
    """A store that writes down what it is asked, by either face."""

    def __init__(self, store: Store, calls: list[str], stack: ExitStack) -> None:
        self.store, self.calls, self.stack = store, calls, stack

    def __getattr__(self, name: str) -> Any:
        if name in CALLS:
            self.calls.append(name)
        return getattr(self.store, name)

    def blocking(self) -> Any:
        blocking = self.store.blocking()
        self.stack.callback(lambda: run_inline(blocking.close()))
        return Asked(blocking, self.calls, self.stack)


class Shop:
    """A protected application, its store, and as many browsers as are asked for."""

    def __init__(self, framework: str, url: str, stack: ExitStack) -> None:
        self.calls: list[str] = []
        opened = open_store(url)
        store: Any = Asked(opened, self.calls, stack)
        # One event loop for all requests, as a server has it; what was opened in it is closed in it.
        self.runner = stack.enter_context(asyncio.Runner())
        stack.callback(lambda: self.runner.run(closed(opened)))
        policy = Policy.recommended().replace(sessions=Sessions(store=store), hosts=None, limits=None, https=None)
        self.made = FRAMEWORKS[framework](policy, stack)

    def browser(self) -> Browser:
        browser = Browser(self.made.app, self.made.protocol)
        browser.run = self.runner.run
        return browser


async def closed(store: Store) -> None:
    await store.close()


@pytest.fixture(params=["memory", "sqlite", pytest.param("valkey", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "valkey":
        return str(request.getfixturevalue("valkey").url)
    return "memory://" if request.param == "memory" else f"sqlite:///{tmp_path / 'sessions.db'}"


@pytest.fixture(params=FRAMEWORKS)
def shop(request: pytest.FixtureRequest, url: str) -> Iterator[Shop]:
    LATE.clear()
    with ExitStack() as stack:
        yield Shop(request.param, url, stack)


@pytest.fixture
def browser(shop: Shop) -> Browser:
    return shop.browser()


def put(**values: Any) -> six.Act:
    return lambda session: session.update(values)


def look(session: Any) -> object:
    return session.user, sorted(session)


def test_who_stores_nothing_gets_no_cookie_and_costs_no_call(shop: Shop, browser: Browser) -> None:
    browser.do(lambda s: None, path="/nothing")
    assert browser.do(lambda s: (s.get("a"), "a" in s, len(s), s.user)) == "(None, False, 0, None)"
    assert (browser.got.all("set-cookie"), browser.cookies, shop.calls) == ([], {}, [])


def test_a_value_comes_back(shop: Shop, browser: Browser) -> None:
    browser.do(put(a=1, name="Zoë"))
    (line,) = browser.got.all("set-cookie")
    said = {part.strip().partition("=")[0].lower() for part in line.split(";")[1:]}
    assert line.strip().startswith(f"{COOKIE}=")
    assert {"secure", "httponly", "samesite", "path"} <= said
    assert "domain" not in said
    assert shop.calls == ["save"]
    assert browser.do(lambda s: (s["a"], s["name"])) == "(1, 'Zoë')"
    assert (browser.got.all("set-cookie"), shop.calls) == ([], ["save", "load"])
    assert browser.do(lambda s: (s.pop("a"), "a" in s)) == "(1, False)"
    assert browser.do(look) == "(None, ['name'])"


def test_what_is_changed_in_place_is_kept(browser: Browser) -> None:
    browser.do(put(cart={"items": [1]}))
    browser.do(lambda s: s["cart"]["items"].append(2))
    assert browser.do(lambda s: s["cart"]) == "{'items': [1, 2]}"


def test_login_gives_a_new_id_and_the_old_one_is_worth_nothing(shop: Shop, browser: Browser) -> None:
    browser.do(put(cart=[1]))
    planted = dict(browser.cookies)
    shop.calls.clear()
    browser.do(lambda s: s.login("ann"))
    assert shop.calls == ["load", "rotate"]
    assert browser.cookies[COOKIE] != planted[COOKIE]
    assert browser.do(look) == "('ann', ['cart'])"
    assert browser.do(look, cookies=planted) == "(None, [])"
    assert browser.do(look) == "('ann', ['cart'])"


def test_clear_empties_it_and_logs_out_who_is_logged_in(browser: Browser) -> None:
    browser.do(put(a=1, b=2))
    kept = dict(browser.cookies)
    browser.do(lambda s: (s.clear(), s.update({"b": 3})))
    assert (browser.do(look), browser.cookies) == ("(None, ['b'])", kept)
    browser.do(lambda s: s.login("ann"))
    stolen = dict(browser.cookies)
    browser.do(lambda s: s.clear())
    assert browser.cookies == {}
    assert browser.do(look, cookies=stolen) == "(None, [])"


def test_what_is_put_into_a_cleared_one_begins_another(browser: Browser) -> None:
    browser.do(lambda s: (s.login("ann"), s.update({"a": 1})))
    stolen = dict(browser.cookies)
    browser.do(lambda s: (s.clear(), s.update({"b": 2})))
    assert browser.do(look, cookies=stolen) == "(None, [])"
    assert browser.do(look) == "(None, ['b'])"


def test_who_clears_it_and_logs_in_is_the_other_user(browser: Browser) -> None:
    browser.do(lambda s: (s.login("ann"), s.update({"a": 1})))
    of_ann = dict(browser.cookies)
    browser.do(lambda s: (s.clear(), s.login("ben"), s.update({"b": 2})))
    assert browser.do(look) == "('ben', ['b'])"
    assert browser.do(look, cookies=of_ann) == "(None, [])"


def test_logout_ends_it_and_every_copy(browser: Browser) -> None:
    browser.do(lambda s: (s.login("ann"), s.update({"a": 1})))
    stolen = dict(browser.cookies)
    browser.do(lambda s: s.logout())
    assert browser.cookies == {}
    assert browser.do(look, cookies=stolen) == "(None, [])"
    browser.do(put(b=2), cookies=stolen)
    assert browser.do(look, cookies=stolen) == "(None, [])"


def test_who_does_not_look_costs_no_call(shop: Shop, browser: Browser) -> None:
    browser.do(put(a=1))
    shop.calls.clear()
    for _ in range(3):
        browser.do(lambda s: None, path="/nothing")
        assert browser.got.all("set-cookie") == []
        assert all("cookie" not in value.lower() for value in browser.got.all("vary"))
    assert shop.calls == []
    browser.do(lambda s: s["a"])
    assert any("cookie" in value.lower() for value in browser.got.all("vary"))


def test_two_visitors_have_two_sessions(shop: Shop) -> None:
    ann, eve = shop.browser(), shop.browser()
    ann.do(put(a=1))
    eve.do(put(a=2))
    assert (ann.do(lambda s: s["a"]), eve.do(lambda s: s["a"])) == ("1", "2")
    assert ann.cookies[COOKIE] != eve.cookies[COOKIE]


def test_an_id_that_the_client_made_up_is_never_taken(shop: Shop, browser: Browser) -> None:
    made_up = {COOKIE: "A" * 43}
    browser.do(put(a=1), cookies=made_up)
    assert browser.do(look, cookies=made_up) == "(None, [])"


def test_what_begins_before_a_stream_is_kept(browser: Browser) -> None:
    assert browser.do(put(a=1), path="/stream") == "one;two"
    assert COOKIE in browser.cookies
    assert browser.do(lambda s: s["a"]) == "1"


def test_what_is_set_within_a_stream_is_kept(browser: Browser) -> None:
    browser.do(put(a=1))
    LATE.append(put(b=2))
    assert browser.do(look, path="/stream") == "one;two"
    LATE.clear()
    assert browser.do(look) == "(None, ['a', 'b'])"
