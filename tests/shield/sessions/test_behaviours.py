"""What sessions must do besides: races, caches, secrets, faults, other browsers."""

from __future__ import annotations

import asyncio
import logging
import pickle
from typing import Any

import msgspec
import pytest

from hauberk.adapters.asgi import ASGIShield, Message, Receive, Scope, Send
from hauberk.core.errors import ConfigurationError, StoreError
from hauberk.core.plan import Plan, run_inline
from hauberk.crypto.secrets import Secrets
from hauberk.shield.sessions import CookieSessions, Sessions
from hauberk.shield.sessions.identity import handle, record
from hauberk.shield.sessions.session import SEEN, VALUE, stamp
from hauberk.shield.sessions.values import decode, encode
from hauberk.stores.memory import MemoryStore
from tests.drivers import Serve
from tests.shield.sessions.test_sealed import Browser
from tests.shield.sessions.test_sessions import Visitor, _apart, put

FIREFOX = [("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")]
NEWER = [("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0")]
CHROME = [("user-agent", "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36")]


@pytest.fixture
def visitor(serve: Serve) -> Visitor:
    return Visitor(serve)


def fork(visitor: Visitor) -> Visitor:
    other = Visitor(visitor.serve, visitor.store)
    other.cookie = visitor.cookie
    return other


# Races.


def test_a_step_up_gets_a_new_id_and_keeps_the_data(visitor: Visitor) -> None:
    visitor(put(cart=1))
    before = visitor.cookie
    visitor(lambda s: (s.rotate(grace=False), s.update(proven=True)))
    assert visitor.cookie != before
    assert visitor(lambda s: dict(s)).body == b"{'cart': 1, 'proven': True}"
    assert visitor.read("cart", cookie=before) == "None"


def test_what_one_deletes_stays_deleted_as_another_sets(visitor: Visitor) -> None:
    visitor(put(k=1))
    other = fork(visitor)

    def slow(session: Any) -> None:
        session["other"] = session.get("k")
        _apart(lambda: other(lambda s: s.pop("k")))

    visitor(slow)
    assert visitor(lambda s: dict(s)).body == b"{'other': 1}"


def test_of_two_writers_of_one_key_one_wins_whole(visitor: Visitor) -> None:
    visitor(put(k=[0]))
    other = fork(visitor)

    def slow(session: Any) -> None:
        session["k"].append("slow")
        _apart(lambda: other(lambda s: s["k"].append("quick")))

    visitor(slow)
    assert visitor.read("k") in {"[0, 'slow']", "[0, 'quick']"}


def test_two_first_requests_at_once_have_two_sessions(visitor: Visitor) -> None:
    other = fork(visitor)

    def slow(session: Any) -> None:
        session["a"] = 1
        _apart(lambda: other(put(b=2)))

    visitor(slow)
    assert visitor.cookie != other.cookie
    assert (visitor(lambda s: dict(s)).body, other(lambda s: dict(s)).body) == (b"{'a': 1}", b"{'b': 2}")


def test_two_rotations_at_once_log_nobody_out(visitor: Visitor) -> None:
    visitor(lambda s: s.login("ann"))
    other = fork(visitor)

    def slow(session: Any) -> None:
        session.rotate()
        session["a"] = 1
        _apart(lambda: other(lambda s: (s.rotate(), s.update(b=2))))

    visitor(slow)
    for one in (visitor, other):
        assert one(lambda s: (s.user, dict(sorted(s.items())))).body == b"('ann', {'a': 1, 'b': 2})"


def test_revoking_all_as_somebody_logs_in(visitor: Visitor) -> None:
    """He is logged in and listed, or he is neither."""

    def slow(session: Any) -> None:
        session.login("ann")
        _apart(lambda: visitor.sessions.revoke_all_sync("ann"))

    visitor(slow)
    listed = [device.id for device in visitor.sessions.of_sync("ann")]
    assert visitor(lambda s: s.user).body == (b"'ann'" if listed else b"None")
    assert listed in ([], [handle(visitor.token)])


def test_a_user_ends_all_his_other_sessions(visitor: Visitor) -> None:
    others = [Visitor(visitor.serve, visitor.store) for _ in range(2)]
    for one in (visitor, *others):
        one(lambda s: s.login("ann"))

    def end(session: Any) -> list[bool]:
        devices = visitor.sessions.of_sync("ann", current=session)
        return [visitor.sessions.revoke_sync(device.id) for device in devices if not device.current]

    assert visitor(end).body == b"[True, True]"
    assert [one(lambda s: s.user).body for one in (visitor, *others)] == [b"'ann'", b"None", b"None"]


# Caches.


@pytest.mark.parametrize("look", [lambda s: s.get("a"), put(b=1), lambda s: s.user, lambda s: s.login("ann")])
def test_a_response_that_looked_is_nobody_elses(visitor: Visitor, look: Any) -> None:
    visitor(put(a=1))
    got = visitor(look)
    assert any("Cookie" in value for value in got.all("vary"))
    if got.all("set-cookie"):
        assert any("no-store" in value for value in got.all("cache-control"))


def test_a_cookie_is_never_renewed_for_a_cache(visitor: Visitor) -> None:
    """Who did not look sends nothing, however old the session is; who did says so to caches."""
    visitor(put(a=1))
    visitor.now += 3_600
    assert (visitor().all("set-cookie"), visitor().all("vary")) == ([], [])
    assert any("Cookie" in value for value in visitor(lambda s: s.get("a")).all("vary"))


# Secrets.


@pytest.mark.parametrize("secret", ["short", "password", "k" * 31, "secret" * 5])
def test_a_secret_that_can_be_guessed_is_refused(secret: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Secrets.from_environ({"HAUBERK_SECRET": secret})
    assert secret not in str(caught.value)


def test_each_purpose_has_its_own_key() -> None:
    secrets = Secrets.from_environ({"HAUBERK_SECRET": "Zx7-kq2Vw9_Tn4Lb6Rd8Yp3Mc5Hs1Jg0Fe"})
    keys = [secrets.keys(purpose)[0] for purpose in ("sessions", "csrf", "cookies", "session", "s/essions")]
    assert len(set(keys)) == len(keys)


def test_the_length_does_not_tell_of_a_match(serve: Serve) -> None:
    lengths = set()
    for guess in ("secret=4711", "secret=0000", "qwertzuiopa"):
        browser = Browser(serve)
        browser(lambda s, guess=guess: s.update(a="secret=4711", b=guess))
        lengths.add(len(browser.value))
    assert len(lengths) == 1


@pytest.mark.parametrize("name", ["password", "access_token", "apiKey", "client_secret"])
def test_a_secret_in_a_session_is_warned_of(serve: Serve, name: str, caplog: pytest.LogCaptureFixture) -> None:
    browser = Browser(serve)
    browser(lambda s: s.update({name: "hunter2", "cart": [1], "csrf_token": "x", "tokens_left": 3}))
    said = [entry.getMessage() for entry in caplog.records if entry.levelno == logging.WARNING]
    assert [name in text for text in said] == [True]
    assert "hunter2" not in caplog.text


# What lies in a store.


class Bomb:
    def __reduce__(self) -> Any:
        return (pytest.fail, ("it was unpickled",))


def test_nothing_is_unpickled() -> None:
    bomb = pickle.dumps(Bomb())
    with pytest.raises(msgspec.DecodeError):
        decode(bomb)
    assert decode(encode(bomb)) == bomb


@pytest.mark.parametrize("raw", [b"", b"\xc1", b"\xc7\x01\x63\x00", b"\xd9\xff", pickle.dumps(1)])
def test_octets_that_are_none_of_ours_run_nothing(visitor: Visitor, raw: bytes) -> None:
    visitor(put(a=1))
    run_inline(visitor.store.save(record(handle(visitor.token)), {VALUE + "a": raw}, ttl=100))
    assert visitor(lambda s: s["a"]).status == 500


def test_there_is_never_a_record_without_an_id(visitor: Visitor) -> None:
    visitor(put(a=1))
    visitor(lambda s: (s.logout(), s.get("a")))
    visitor(lambda s: s.logout())
    assert isinstance(visitor.store, MemoryStore)
    assert [key for key in visitor.store._entries if visitor.store._live(key) is not None] == []


def test_records_end_by_themselves() -> None:
    now = [1_000.0]
    store = MemoryStore(clock=lambda: now[0])
    run_inline(store.save("session:a", {SEEN: stamp(1.0)}, ttl=10, create=True))
    now[0] += 11
    assert run_inline(store.load("session:a")) is None


class Full(MemoryStore):
    async def save(self, *args: Any, **options: Any) -> bool:
        raise StoreError("valkey://store.example", "full", "no memory is left")


def test_a_write_that_failed_is_never_an_answer_that_all_is_well(serve: Serve) -> None:
    visitor = Visitor(serve, Full())
    got = visitor(put(a=1))
    assert (got.status, got.all("set-cookie")) == (503, [])


# Clients.


def test_another_browser_with_the_same_cookie(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    bound, free = Visitor(serve, same_browser=True), Visitor(serve)
    for visitor in (bound, free):
        visitor(lambda s: s.login("ann"), headers=FIREFOX)
        assert visitor(lambda s: s.user, headers=NEWER).body == b"'ann'"
        assert visitor(lambda s: s.user, headers=CHROME).body == (b"None" if visitor is bound else b"'ann'")
        assert visitor(lambda s: s.user, headers=FIREFOX).body == b"'ann'"
    assert caplog.text.count("session-browser-changed") == 1
    assert bound.token not in caplog.text


def test_a_client_that_goes_away_leaves_all_or_nothing() -> None:
    store = MemoryStore()
    plan = Plan.of([Sessions(store=store)])
    kept: list[dict[str, bytes]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["session"].update(a=1, b=2)
        if scope["path"] == "/gone":
            raise asyncio.CancelledError
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        raise OSError("the client is gone")

    async def visit(path: str) -> None:
        headers = [(b"host", b"app.example")]
        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "scheme": "https"}
        with pytest.raises((asyncio.CancelledError, OSError)):
            await ASGIShield(app, plan)({**scope, "headers": headers}, receive, send)

    for path, fields in (("/gone", 0), ("/sent", 1)):
        asyncio.run(visit(path))
        kept = [entry.fields for entry in store._entries.values() if entry.fields is not None]
        assert len(kept) == fields
    assert {VALUE + "a", VALUE + "b"} <= set(kept[0])


def test_options_are_checked() -> None:
    with pytest.raises(ConfigurationError, match="same_browser"):
        Sessions(same_browser="yes")  # type: ignore[arg-type]
    assert CookieSessions().idle == 7_200
