"""Server-side sessions through all three adapters: what the shared `behaviours` ask for, on memory and SQLite."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from hauberk.adapters.asgi import ASGIShield, Message, Receive, Scope, Send
from hauberk.core.errors import ConfigurationError, LateSessionError, StoreError
from hauberk.core.exchange import Exchange
from hauberk.core.plan import Plan, Steps, run_inline
from hauberk.core.store import Store
from hauberk.shield.csrf import CSRF
from hauberk.shield.failures import Failures
from hauberk.shield.headers import CacheControl
from hauberk.shield.sessions import Sessions, SessionValueError
from hauberk.shield.sessions.identity import handle
from hauberk.shield.sessions.plain import refuse_plain_http
from hauberk.shield.sessions.values import decode, encode
from hauberk.stores import open_store
from hauberk.stores.memory import MemoryStore
from hauberk.stores.sqlite import SQLiteStore
from tests.drivers import Answer, Got, Serve, serve_wsgi

Act = Callable[[Any], object]


class Counting(MemoryStore):
    """A store that writes down what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        if name in {"get", "set", "add", "delete", "touch", "load", "save", "rotate", "members", "forget", "records"}:
            object.__getattribute__(self, "calls").append(name)
        return object.__getattribute__(self, name)


class Visitor:
    """A browser with one cookie, and a server whose clock stands still until it is told."""

    def __init__(self, serve: Serve, store: Store | None = None, **options: Any) -> None:
        self.serve, self.now, self.cookie = serve, 1_000_000.0, ""
        self.store = store or Counting()
        self.sessions = Sessions(store=self.store, clock=lambda: self.now, **options)
        self.plan = Plan.of([self.sessions, CacheControl(), Failures()])

    def __call__(self, act: Act = lambda s: None, *, cookie: str | None = None, **request: Any) -> Got:
        """One request, whose handler does this with its session; the cookie is kept as a browser would."""
        if isinstance(self.store, Counting):
            self.store.calls.clear()
        sent = self.cookie if cookie is None else cookie
        headers = [("host", "app.example"), *request.pop("headers", [])] + ([("cookie", sent)] if sent else [])

        def app(ex: Exchange) -> Answer:
            return Answer(body=repr(act(ex.session)).encode())

        got = self.serve(self.plan, app, headers=headers, **request)
        for line in got.all("set-cookie"):
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0]
            if cookie is None:
                self.cookie = f"{name}={value}" if value else ""
        return got

    def read(self, key: str = "a", **request: Any) -> str:
        return self(lambda s: s.get(key), **request).body.decode()

    @property
    def calls(self) -> list[str]:
        assert isinstance(self.store, Counting)
        return list(self.store.calls)

    @property
    def token(self) -> str:
        return self.cookie.partition("=")[2]


def put(**values: Any) -> Act:
    return lambda s: s.update(values)


@pytest.fixture
def visitor(serve: Serve) -> Visitor:
    return Visitor(serve)


def test_who_stores_nothing_gets_nothing(visitor: Visitor) -> None:
    got = visitor()
    assert (got.one("set-cookie"), got.one("vary"), visitor.calls) == (None, None, [])


def test_a_value_comes_back(visitor: Visitor) -> None:
    got = visitor(put(a=1))
    line = got.one("set-cookie") or ""
    assert line.startswith("__Host-session=")
    assert {"Path=/", "HttpOnly", "SameSite=Lax", "Secure"} <= set(line.split("; "))
    assert "Domain" not in line
    assert "no-store" in (got.one("cache-control") or "")
    assert visitor.read() == "1"


def test_round_trips(visitor: Visitor) -> None:
    """New 1, untouched 0, read 1, changed 2, read without a cookie 0."""
    visitor.read()
    assert visitor.calls == []
    visitor(put(a=1))
    assert visitor.calls == ["save"]
    visitor()
    assert visitor.calls == []
    visitor.read()
    assert visitor.calls == ["load"]
    visitor(put(a=2))
    assert visitor.calls == ["load", "save"]
    visitor(put(a=2))
    assert visitor.calls == ["load"]


def test_used_is_written_down_once_a_minute(visitor: Visitor) -> None:
    visitor(put(a=1))
    visitor.now += 61
    visitor.read()
    assert visitor.calls == ["load", "save"]
    visitor.read()
    assert visitor.calls == ["load"]


def test_what_is_changed_in_place_is_kept(visitor: Visitor) -> None:
    visitor(put(cart=[1]))
    visitor(lambda s: s["cart"].append(2))
    assert visitor.read("cart") == "[1, 2]"


@pytest.mark.parametrize("look", [lambda s: "a" in s, len, bool, list, lambda s: s.user])
def test_every_way_of_looking_counts(visitor: Visitor, look: Act) -> None:
    visitor(put(a=1))
    got = visitor(look)
    assert "Cookie" in got.all("vary")
    assert "private" in (got.one("cache-control") or "")


def test_it_is_copied_as_a_dict_and_named_as_what_it_is(visitor: Visitor) -> None:
    visitor(put(a=[1]))
    assert (
        visitor(lambda s: (type(s.copy()), s.copy(), type(s).__name__)).body
        == b"(<class 'dict'>, {'a': [1]}, 'Session')"
    )


@pytest.mark.parametrize("look", [lambda s: s["cart"], lambda s: s.pop("cart"), lambda s: s.__delitem__("cart")])
def test_a_missing_key_is_named_as_it_was_asked_for(visitor: Visitor, look: Act) -> None:
    def act(session: Any) -> None:
        with pytest.raises(KeyError) as caught:
            look(session)
        assert caught.value.args == ("cart",)

    got = visitor(act)
    assert (got.status, got.one("set-cookie")) == (200, None)


def test_an_id_that_the_client_made_up_is_never_taken(visitor: Visitor) -> None:
    invented = "A" * 43
    visitor(put(a=1), cookie=f"__Host-session={invented}")
    visitor.cookie = f"__Host-session={invented}"
    assert visitor.read() == "None"
    visitor(put(a=1))
    assert visitor.token != invented
    assert run_inline(visitor.store.load("session:" + handle(invented))) is None


@pytest.mark.parametrize("value", ["", "../../etc/passwd", "A" * 42, "A" * 44, "A" * 42 + "*", "é" * 43, "x" * 100_000])
def test_what_has_not_the_form_of_an_id_never_reaches_the_store(visitor: Visitor, value: str) -> None:
    visitor.read(cookie=f"__Host-session={value.encode().decode('latin-1')}")
    assert visitor.calls == []


def test_only_hashes_lie_in_the_store(visitor: Visitor) -> None:
    visitor(lambda s: (s.update(a=1), s.login("ann")))
    assert visitor.token not in str(vars(visitor.store))
    assert len(visitor.token) == 43


def test_login_gives_a_new_id_and_keeps_the_data(visitor: Visitor) -> None:
    visitor(put(a=1))
    before = visitor.cookie
    visitor(lambda s: s.login("ann"))
    assert visitor.cookie != before
    assert visitor(lambda s: (s.user, s["a"])).body == b"('ann', 1)"


def test_who_logs_in_as_somebody_else_finds_nothing_of_the_first(visitor: Visitor) -> None:
    visitor(put(cart=1))
    visitor(lambda s: s.login("ann"))
    assert visitor.read("cart") == "1"
    visitor(put(mail="ann@shop.example"))
    before = visitor.cookie
    visitor(lambda s: s.login("ann"))
    assert visitor.read("mail") == "'ann@shop.example'", "once more, as at a second factor"
    ann = visitor.cookie
    got = visitor(lambda s: (s.login("bob"), s.update(new=1)))
    assert got.one("set-cookie")
    assert visitor(lambda s: (s.user, dict(s))).body == b"('bob', {'new': 1})"
    assert [visitor(lambda s: s.user, cookie=old).body for old in (before, ann)] == [b"None"] * 2
    assert len(run_inline(visitor.sessions.of("ann"))) == 0


def test_the_old_id_works_for_requests_that_were_under_way_and_no_longer(serve: Serve) -> None:
    now = [1_000_000.0]
    visitor = Visitor(serve, MemoryStore(clock=lambda: now[0]))
    visitor(put(a=1))
    before = visitor.cookie
    visitor(lambda s: s.rotate())
    assert visitor.read(cookie=before) == "1"
    now[0] += 31
    assert visitor.read(cookie=before) == "None"
    assert visitor.read() == "1"


def test_logout_ends_it_everywhere(visitor: Visitor) -> None:
    visitor(put(a=1))
    stolen = visitor.cookie
    got = visitor(lambda s: s.logout())
    assert "Max-Age=0" in (got.one("set-cookie") or "")
    assert visitor.cookie == ""
    assert visitor.read(cookie=stolen) == "None"


def test_what_is_set_after_logout_begins_another_one(visitor: Visitor) -> None:
    visitor(put(a=1))
    before = visitor.cookie
    visitor(lambda s: (s.logout(), s.update(flash="bye")))
    assert visitor.cookie not in {"", before}
    assert (visitor.read(), visitor.read("flash")) == ("None", "'bye'")


@pytest.mark.parametrize("late", [lambda s: s.get("a"), put(x=1), lambda s: s.rotate(), lambda s: s.login("eve")])
def test_a_slow_request_never_revives_what_was_ended(
    visitor: Visitor, late: Act, caplog: pytest.LogCaptureFixture
) -> None:
    visitor(put(a=1))
    cookie = visitor.cookie

    def slow(session: Any) -> None:
        session.get("a")
        inner = Visitor(visitor.serve, visitor.store)
        inner.cookie = cookie
        # In a thread of its own: another request, with another event loop.
        _apart(lambda: inner(lambda s: s.logout()))
        late(session)

    got = visitor(slow, cookie=cookie)
    assert got.status == 200
    visitor.cookie = cookie
    assert visitor.read() == "None"


def test_writers_of_different_keys_both_win(visitor: Visitor) -> None:
    visitor(put(start=0, gone=1))

    def slow(session: Any) -> None:
        session["a"] = 1
        other = Visitor(visitor.serve, visitor.store)
        other.cookie = visitor.cookie
        _apart(lambda: other(lambda s: (s.update(b=2), s.pop("gone"))))

    visitor(slow)
    assert visitor(lambda s: sorted(s)).body == b"['a', 'b', 'start']"


def _apart(what: Callable[[], object]) -> None:
    from threading import Thread

    thread = Thread(target=what)
    thread.start()
    thread.join()


def test_idle_and_absolute_lifetimes(serve: Serve) -> None:
    visitor = Visitor(serve, idle=100, absolute=250)
    visitor(put(a=1))
    for _ in range(4):
        visitor.now += 61
        assert visitor.read() == "1"
    visitor.now += 10
    assert visitor.read() == "None"
    visitor(put(a=2))
    visitor.now += 101
    assert visitor.read() == "None"


def test_a_short_idle_time_is_prolonged_by_who_looks(serve: Serve) -> None:
    visitor = Visitor(serve, idle=60)
    visitor(put(a=1))
    for _ in range(4):
        visitor.now += 40
        assert visitor.read() == "1"
    visitor.now += 61
    assert visitor.read() == "None"


def test_a_new_id_does_not_make_it_live_longer(serve: Serve) -> None:
    visitor = Visitor(serve, idle=40_000, absolute=43_200)
    visitor(put(a=1))
    visitor.now += 39_000
    visitor(lambda s: s.rotate())
    visitor.now += 4_199
    assert visitor.read() == "1"
    visitor.now += 2
    assert visitor.read() == "None"


def test_devices_are_listed_and_ended(serve: Serve) -> None:
    store = MemoryStore()
    agent = [("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")]
    devices = [Visitor(serve, store) for _ in range(3)]
    for device in devices:
        device(lambda s: s.login("ann"), headers=agent)
    sessions = devices[0].sessions
    listed = sessions.of_sync("ann")
    assert [one.agent for one in listed] == ["Firefox on Linux"] * 3
    assert not {one.id for one in listed} & {device.token for device in devices}
    assert sessions.revoke_sync(handle(devices[1].token))
    assert [device(lambda s: s.user).body for device in devices] == [b"'ann'", b"None", b"'ann'"]
    assert sessions.revoke_all_sync("ann") == 2
    assert sessions.of_sync("ann") == []
    assert devices[0](lambda s: s.user).body == b"None"


def test_tokens_of_csrf_die_with_the_id(serve: Serve) -> None:
    visitor = Visitor(serve)
    visitor.plan = Plan.of([visitor.sessions, CSRF(mode="strict", keys=(b"k" * 32,))])
    visitor(put(a=1))
    token = visitor(lambda s: s.exchange.csrf.token(s.exchange)).body.decode().strip("'")
    assert visitor(method="POST", headers=[("x-csrf-token", token)]).status == 200
    visitor(lambda s: s.login("ann"), method="POST", headers=[("x-csrf-token", token)])
    assert visitor(method="POST", headers=[("x-csrf-token", token)]).status == 403


def test_over_plain_http_only_localhost_may_have_one(serve: Serve) -> None:
    store = Counting()
    sessions = Plan.of([Sessions(store=store), Failures()])

    def app(ex: Exchange) -> Answer:
        ex.session["a"] = 1
        return Answer()

    local = serve(sessions, app, scheme="http", headers=[("host", "127.0.0.1:8000")])
    assert (local.one("set-cookie") or "").startswith("session=")
    assert "Secure" not in (local.one("set-cookie") or "")
    store.calls.clear()
    assert serve(sessions, app, scheme="http", headers=[("host", "app.example")]).status == 500
    assert store.calls == [], "no record stays behind whose id nobody has"


def test_whose_test_client_speaks_plain_http_is_told_what_to_do() -> None:
    with pytest.raises(ConfigurationError, match="in a test client: an https base_url"):
        refuse_plain_http("Sessions", "testserver", allowed=False, said=set())


class Away(MemoryStore):
    async def load(self, key: str) -> dict[str, bytes] | None:
        raise StoreError("valkey://store.example", "timeout", "no answer within 2 s")

    async def save(self, *args: Any, **options: Any) -> bool:
        raise StoreError("valkey://store.example", "timeout", "no answer within 2 s")


def test_while_the_store_is_away_only_who_needs_it_waits(serve: Serve) -> None:
    visitor = Visitor(serve, Away())
    visitor.cookie = "__Host-session=" + "A" * 43
    assert visitor().status == 200
    got = visitor(put(a=1), cookie="")
    assert (got.status, got.one("retry-after")) == (503, "5")


def test_after_the_header_nothing_can_begin(visitor: Visitor) -> None:
    def late(session: Any) -> None:
        session.exchange.sent = True
        try:
            with pytest.raises(LateSessionError):
                session["a"] = 1
        finally:
            session.exchange.sent = False

    assert visitor(late).status == 200


def test_in_a_stream_what_is_changed_is_written_at_once(visitor: Visitor) -> None:
    visitor(put(a=1, b=1))

    def late(session: Any) -> None:
        session.get("a")
        session.exchange.sent = True
        try:
            session["a"] = 2
            del session["b"]
            with pytest.raises(LateSessionError):
                session.login("ann")
        finally:
            session.exchange.sent = False
            session.exchange.deferred = ()

    visitor(late)
    assert visitor(lambda s: dict(s)).body == b"{'a': 2}"


def test_on_a_real_file(serve: Serve, tmp_path: Any) -> None:
    path = str(tmp_path / "sessions.db")
    visitor = Visitor(serve, SQLiteStore(path))
    visitor(lambda s: (s.update(a=[1]), s.login("ann")))
    again = Visitor(serve, SQLiteStore(path))
    again.cookie = visitor.cookie
    assert again(lambda s: (s["a"], s.user)).body == b"([1], 'ann')"


@pytest.mark.slow
@pytest.mark.parametrize("server", ["valkey_url", "postgres_url"])
def test_on_real_servers_by_wsgi(request: pytest.FixtureRequest, server: str) -> None:
    store = open_store(request.getfixturevalue(server)).blocking()
    visitor = Visitor(serve_wsgi, store)
    visitor(put(a=1))
    before = visitor.cookie
    visitor(lambda s: s.login("ann"))
    assert visitor(lambda s: (s["a"], s.user)).body == b"(1, 'ann')"
    assert visitor(lambda s: s.get("a"), cookie=before).body == b"None"
    assert len(visitor.sessions.of_sync("ann")) == 1
    visitor(lambda s: s.logout())
    assert visitor.sessions.of_sync("ann") == []
    run_inline(store.close())


@pytest.mark.slow
@pytest.mark.parametrize("server", ["valkey_url", "postgres_url"])
def test_by_asgi_with_and_without_await(request: pytest.FixtureRequest, server: str) -> None:
    """A synchronous look works at once, and is read ahead from then on."""
    store = open_store(request.getfixturevalue(server))
    face = store.blocking()
    vars(store)["blocking"] = lambda: face  # so that it can be closed at the end
    asked: list[str] = []

    def counted(name: str, load: Callable[[str], Any]) -> Callable[[str], Any]:
        def call(key: str) -> Any:
            asked.append(name)
            return load(key)

        return call

    vars(store)["load"], vars(face)["load"] = counted("waits", store.load), counted("blocks", face.load)
    plan = Plan.of([Sessions(store=store)])
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        session = scope["session"]
        if scope["path"] == "/await":
            await session
        if scope["path"] != "/untouched":
            session["n"] = session.get("n", 0) + 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"" if not session.opened else b"%d" % session["n"]})

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    async def visit() -> list[bytes]:
        shield, cookie, bodies = ASGIShield(app, plan), b"", []
        for path in ("/await", "/untouched", "/", "/", "/untouched", "/await"):
            sent.clear()
            headers = [(b"host", b"app.example"), *([(b"cookie", cookie)] if cookie else [])]
            scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "scheme": "https"}
            await shield({**scope, "headers": headers, "client": ("192.0.2.7", 1)}, receive, send)
            for name, value in sent[0]["headers"]:
                cookie = value.partition(b";")[0] if name == b"set-cookie" else cookie
            bodies.append(sent[1]["body"])
        await store.close()
        return bodies

    assert asyncio.run(visit()) == [b"1", b"", b"2", b"3", b"", b"4"]
    assert asked == ["blocks", "waits", "waits"]
    run_inline(face.close())


def test_a_request_that_may_wait_for_its_session_is_none_that_all_others_pay_for(tmp_path: Path) -> None:
    """Reading ahead is for the paths where somebody looked; a second step that waits is for every request."""

    class Waiting:
        def steps(self) -> Steps:
            async def load(ex: Exchange) -> None:
                return None

            return Steps(load=load)

    sessions = Sessions(store=open_store("valkey://127.0.0.1:1"))
    plan = Plan.of([sessions])
    assert (plan.load_on is not None, plan.eager) == (True, False)
    assert Plan.of([sessions, Waiting()]).eager
    assert Plan.of([Waiting()]).eager
    assert not Plan.of([Sessions(store=open_store(f"sqlite://{tmp_path}/s.db"))]).load


class Colour(Enum):
    RED = 1


VALUES: list[Any] = [
    datetime(2026, 1, 2, 3, 4, 5, 6),
    datetime(2026, 1, 2, tzinfo=UTC),
    date(2026, 1, 2),
    timedelta(days=-1, microseconds=5),
    b"\x00\xff",
    Decimal("1.10"),
    UUID(int=7),
    {1, 2},
    frozenset({"a"}),
    (1, (2, [3])),
    {"a": {"b": [None, True, 1.5]}},
    {1: "a", (2, 3): "b"},
    1 << 100,
    -(1 << 100),
    (1 << 53) + 1,
    Markup("<b>&amp;</b>"),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_come_back_as_they_were(value: Any) -> None:
    found = decode(encode(value))
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("value", [Colour.RED, object(), lambda: 1, open], ids=["enum", "object", "function", "open"])
def test_what_cannot_come_back_is_refused_where_it_is_set(visitor: Visitor, value: Any) -> None:
    def act(session: Any) -> None:
        with pytest.raises(SessionValueError, match="wish"):
            session["wish"] = value

    assert visitor(act).status == 200


@pytest.mark.parametrize(
    ("key", "value"),
    [("a\0b", 1), ("a\udc80", 1), ("wish", "\udc80"), ("wish", ["a", {"b": "\ud800"}]), ("wish", {"\ud800": 1})],
)
def test_what_some_store_cannot_keep_is_refused_by_all_of_them(visitor: Visitor, key: str, value: Any) -> None:
    def act(session: Any) -> None:
        with pytest.raises(SessionValueError) as caught:
            session[key] = value
        assert caught.value.key == key

    assert visitor(act).status == 200


@pytest.mark.parametrize("key", ["", " ", "é", "a\nb", "\U0001f600", "\u200b"])
def test_any_other_text_is_a_key(visitor: Visitor, key: str) -> None:
    visitor(lambda s: s.__setitem__(key, 1))
    assert visitor.read(key) == "1"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)


@given(JSON)
def test_any_value_comes_back(value: Any) -> None:
    assert decode(encode(value)) == value


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"idle": 0}, "Sessions.idle"),
        ({"idle": -1}, "Sessions.idle"),
        ({"absolute": "12h"}, "Sessions.absolute"),
        ({"cookie": "__Host-session"}, "Sessions.cookie"),
        ({"cookie": "a b"}, "Sessions.cookie"),
        ({"same_site": "laks"}, "Sessions.same_site"),
        ({"insecure_http": 1}, "Sessions.insecure_http"),
    ],
)
def test_bad_options_name_the_field(options: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Sessions(**options)
    assert caught.value.field == field


def test_the_log_never_holds_an_id(visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        visitor(put(a=1))
        visitor(lambda s: s.login("ann"))
        token = visitor.token
        visitor(lambda s: s.logout())
    assert token not in caplog.text
