"""Refresh tokens: rotation, reuse, races on every store, and what a thief of the store gets."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.auth.tokens import KeyRing, Pair, Refreshing, RefreshTokens, TokenError, Tokens
from hauberk.auth.tokens.refresh.family import PREFIX, Presented, Record
from hauberk.core.errors import ConfigurationError
from hauberk.core.plan import run_inline
from hauberk.core.store import Store
from hauberk.stores import open_store
from hauberk.stores.memory import MemoryStore
from tests.stores.conftest import postgres, postgres_url, valkey, valkey_url  # noqa: F401 - fixtures

KEYS = KeyRing.generate("HS256")
DAY = 86_400


class World:
    """Tokens over a memory store, with a clock that stands still until it is moved."""

    def __init__(self, **options: Any) -> None:
        self.now = 1_800_000_000.0
        self.store = MemoryStore(clock=lambda: self.now)
        self.tokens = Tokens(
            issuer="https://id.example",
            audience="api",
            keys=KEYS,
            store=self.store,
            clock=lambda: self.now,
            refreshing=Refreshing(**options),
        )

    def refused(self, token: str, **options: Any) -> str:
        with pytest.raises(TokenError) as caught:
            self.tokens.refresh_sync(token, **options)
        return caught.value.reason


@pytest.fixture
def world() -> World:
    return World()


def test_each_pair_says_what_the_login_said(world: World) -> None:
    first = world.tokens.pair_sync("ann", client="phone", scope="read write")
    second = world.tokens.refresh_sync(first.refresh, client="phone", scope="read")
    third = world.tokens.refresh_sync(second.refresh, client="phone")
    told = [world.tokens.verify(pair.access) for pair in (first, second, third)]
    assert [claims.subject for claims in told] == ["ann"] * 3
    assert [sorted(claims.scopes) for claims in told] == [["read", "write"], ["read"], ["read", "write"]]
    assert {claims["sid"] for claims in told} == {first.family}
    assert {claims["client_id"] for claims in told} == {"phone"}
    assert len({first.refresh, second.refresh, third.refresh}) == 3
    assert first.as_json().keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert first.refresh not in repr(first)


def test_reuse_ends_the_family_and_no_other(world: World) -> None:
    stolen, other = world.tokens.pair_sync("ann"), world.tokens.pair_sync("ann")
    latest = world.tokens.refresh_sync(stolen.refresh)
    world.now += 31
    assert world.refused(stolen.refresh) == "reuse"
    assert world.refused(latest.refresh) == "revoked"
    assert world.tokens.refresh_sync(other.refresh).subject == "ann"


def test_a_token_of_long_ago_is_reuse_as_well(world: World) -> None:
    first = pair = world.tokens.pair_sync("ann")
    for _ in range(20):
        world.now += DAY
        pair = world.tokens.refresh_sync(pair.refresh)
    assert world.refused(first.refresh) == "reuse"
    assert world.refused(pair.refresh) == "revoked"


def test_within_the_grace_every_spent_token_has_one_successor(world: World) -> None:
    zero = world.tokens.pair_sync("ann")
    one = world.tokens.refresh_sync(zero.refresh)
    world.now += 10
    two = world.tokens.refresh_sync(one.refresh)
    world.now += 10
    assert world.tokens.refresh_sync(zero.refresh).refresh == one.refresh
    assert world.tokens.refresh_sync(one.refresh).refresh == two.refresh
    assert world.tokens.refresh_sync(two.refresh).refresh not in {one.refresh, two.refresh}


@pytest.mark.parametrize(
    ("idle", "absolute", "steps", "reason"), [(14, 30, [15], "expired"), (14, 30, [10, 10, 10, 5], "expired")]
)
def test_idle_and_absolute_lifetime(idle: int, absolute: int, steps: list[int], reason: str) -> None:
    world = World(idle=timedelta(days=idle), absolute=timedelta(days=absolute))
    pair = world.tokens.pair_sync("ann")
    for days in steps[:-1]:
        world.now += days * DAY - 1
        pair = world.tokens.refresh_sync(pair.refresh)
    world.now += steps[-1] * DAY
    assert world.refused(pair.refresh) == reason


def test_logout_and_logins(world: World) -> None:
    phone, laptop = (world.tokens.pair_sync("ann", client=name) for name in ("phone", "laptop"))
    world.tokens.pair_sync("bob")
    world.now += 5
    world.tokens.refresh_sync(laptop.refresh, client="laptop")
    assert [(one.client, one.last_used - one.created) for one in world.tokens.logins_sync("ann")] == [
        ("laptop", 5),
        ("phone", 0),
    ]
    world.tokens.revoke_sync(phone.refresh)
    world.tokens.revoke_sync(phone.refresh)
    world.tokens.revoke_sync(PREFIX + "x" * 64)
    assert [one.id for one in world.tokens.logins_sync("ann")] == [laptop.family]
    assert world.tokens.revoke_all_sync("ann") == 1
    assert world.tokens.logins_sync("ann") == []
    assert len(world.tokens.logins_sync("bob")) == 1


def test_one_login_is_ended_by_its_name_by_its_user_alone(world: World) -> None:
    families = RefreshTokens(store=world.store, clock=lambda: world.now)
    ann = families.begin_sync("ann")
    assert not families.end_family_sync("bob", ann.family)
    assert not families.end_family_sync("ann", "0" * 32)
    assert families.end_family_sync("ann", ann.family)
    assert not families.end_family_sync("ann", ann.family)
    with pytest.raises(TokenError, match="revoked"):
        families.use_sync(ann.token)


@pytest.mark.parametrize("bound", [{"client": "phone"}, {"thumbprint": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}])
def test_what_was_given_to_one_is_of_no_use_to_another(world: World, bound: dict[str, str]) -> None:
    pair = world.tokens.pair_sync("ann", **bound)
    assert world.refused(pair.refresh) == "client"
    assert world.refused(pair.refresh, **dict.fromkeys(bound, "another")) == "client"
    assert world.tokens.refresh_sync(pair.refresh, **bound).subject == "ann"
    if "thumbprint" in bound:
        assert world.tokens.verify(pair.access)["cnf"] == {"jkt": bound["thumbprint"]}


def test_access_of_an_ended_family_ends_where_that_is_wanted() -> None:
    lax, strict = World(), World(end_access=True)
    for world in (lax, strict):
        pair = world.tokens.pair_sync("ann")
        world.tokens.check_sync(pair.access)
        world.tokens.revoke_sync(pair.refresh)
        if world is strict:
            with pytest.raises(TokenError, match="revoked"):
                world.tokens.check_sync(pair.access)
        else:
            world.tokens.check_sync(pair.access)


def test_whoever_reads_the_store_has_nothing_to_present(world: World) -> None:
    pairs = [world.tokens.pair_sync("ann")]
    for _ in range(3):
        pairs.append(world.tokens.refresh_sync(pairs[-1].refresh))
    kept = repr(vars(world.store)).encode() + b"".join(
        part
        for entry in world.store._entries.values()
        for part in (entry.value or b"", *(entry.fields or {}).values())
        if isinstance(part, bytes)
    )
    for pair in pairs:
        token = Presented.read(pair.refresh)
        for secret in (token.secret, token.family, pair.refresh.encode(), pair.refresh.removeprefix(PREFIX).encode()):
            assert secret not in kept


@given(
    st.text()
    | st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=64, max_size=64).map(PREFIX.__add__)
    | st.binary()
)
def test_any_text_is_a_token_or_our_own_error(text: Any) -> None:
    with pytest.raises(TokenError):
        World().tokens.refresh_sync(text)


def test_one_changed_character_is_unknown_and_ends_nothing(world: World) -> None:
    pair = world.tokens.pair_sync("ann")
    for place in range(len(PREFIX), len(pair.refresh)):
        changed = "A" if pair.refresh[place] != "A" else "B"
        assert world.refused(pair.refresh[:place] + changed + pair.refresh[place + 1 :]) == "unknown"
    assert world.tokens.refresh_sync(pair.refresh).subject == "ann"


def test_a_worker_that_died_between_two_writes_locks_nobody_out(world: World) -> None:
    pair = world.tokens.pair_sync("ann")
    before = run_inline(world.store.load(f"refresh:family:{pair.family}"))
    assert before is not None
    successor = world.tokens.refresh_sync(pair.refresh)
    run_inline(world.store.save(f"refresh:family:{pair.family}", before, ttl=600))
    assert Record(before).live == Presented.read(pair.refresh).hash
    assert world.tokens.refresh_sync(successor.refresh).subject == "ann"


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"idle": 5}, "Refreshing.idle"),
        ({"idle": 100 * DAY}, "Refreshing.idle"),
        ({"absolute": 5}, "Refreshing.absolute"),
        ({"grace": 3_600}, "Refreshing.grace"),
        ({"end_access": 1}, "Refreshing.end_access"),
    ],
)
def test_bad_options_are_named(options: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationError, match=field):
        Refreshing(**options)


def test_without_a_store_there_is_nothing_to_refresh() -> None:
    tokens = Tokens(issuer="https://id.example", audience="api", keys=KEYS)
    with pytest.raises(ConfigurationError, match=r"Tokens\.store"):
        tokens.pair_sync("ann")


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """redis-py forgets to close what it had; see tests/stores/test_cluster.py."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def race(url: str) -> None:
    """Many at once have one successor, all of them; a thief later ends it, from whatever side."""
    now = 1_800_000_000.0

    def tokens(store: Store) -> Tokens:
        return Tokens(issuer="https://id.example", audience="api", keys=KEYS, store=store, clock=lambda: now)

    async def run(store: Store) -> Pair:
        nonlocal now
        one = tokens(store)
        for _ in range(3):
            pair = await one.pair("ann")
            told = await asyncio.gather(*(one.refresh(pair.refresh) for _ in range(64)))
            assert len({each.refresh for each in told}) == 1
            (next_one,) = {each.refresh for each in told}
            assert (await one.refresh(next_one)).subject == "ann"
        latest = await one.refresh(next_one)
        now += 60
        outcomes = await asyncio.gather(*(one.refresh(pair.refresh) for _ in range(8)), return_exceptions=True)
        reasons = {outcome.reason for outcome in outcomes if isinstance(outcome, TokenError)}
        assert "reuse" in reasons
        assert reasons <= {"reuse", "revoked"}
        with pytest.raises(TokenError, match="revoked"):
            await one.refresh(latest.refresh)
        kept = await one.pair("ann")
        assert await one.revoke_all("ann", keep=kept.refresh) == 2
        await store.close()
        return kept

    kept = asyncio.run(run(open_store(url) if url != "memory://" else MEMORY))
    store = (open_store(url) if url != "memory://" else MEMORY).blocking()
    assert tokens(store).refresh_sync(kept.refresh).subject == "ann"
    run_inline(store.close())


MEMORY = MemoryStore()


def test_race_in_memory() -> None:
    race("memory://")


def test_race_on_sqlite(tmp_path: Path) -> None:
    race(f"sqlite:///{tmp_path}/r.db")


@pytest.mark.slow
def test_race_on_valkey(valkey_url: str) -> None:  # noqa: F811 - the fixture
    race(valkey_url)


@pytest.mark.slow
def test_race_on_postgres(postgres_url: str) -> None:  # noqa: F811 - the fixture
    race(postgres_url)
