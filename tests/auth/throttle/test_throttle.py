"""Who may try now, and who has to wait."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk import ConfigurationError, Secrets
from hauberk.auth.throttle import Attempt, Backoff, RefusedAttemptError, Throttle
from hauberk.auth.throttle.devices import TEXT
from hauberk.auth.throttle.local import Local
from hauberk.auth.throttle.names import folded
from hauberk.stores.memory import MemoryStore
from hauberk.stores.sqlite import SQLiteStore
from hauberk.wire.forwarded import network_of
from tests.auth.throttle.clocks import SECRETS, Bench, Clock, addresses

HOME, ELSEWHERE = "203.0.113.5", "198.51.100.7"


def test_waits_grow_to_the_longest_and_no_further() -> None:
    bench = Bench(account=Backoff(free=3, first=10, longest=100), network=None)
    assert bench.fail("ann", HOME, times=10) == 3
    waits = []
    for _ in range(5):
        wait = bench.check("ann", HOME).retry_after
        waits.append(wait)
        bench.clock.now += wait - 0.5
        assert not bench.check("ann", HOME)
        bench.clock.now += 0.5
        assert bench.fail("ann", HOME) == 1
    # The pair's ladder begins later and higher: it takes over, and nothing asks for more than its longest wait.
    assert waits == sorted(waits)
    assert waits[:2] == [10, 30]
    assert max(waits) <= 900


def test_hammering_does_not_lengthen_the_wait() -> None:
    bench = Bench()
    bench.fail("ann", HOME, times=5)
    first = bench.check("ann", HOME).retry_after
    bench.fail("ann", HOME, times=500)
    assert bench.check("ann", HOME).retry_after == first == 15


def test_many_at_once_gain_nothing() -> None:
    bench = Bench()

    async def all_at_once() -> list[Attempt]:
        return list(await asyncio.gather(*(bench.throttle.check("ann", HOME) for _ in range(200))))

    assert sum(map(bool, asyncio.run(all_at_once()))) == 5


def test_an_attempt_that_is_never_told_counts_as_failed() -> None:
    bench = Bench()
    assert sum(bool(bench.check("ann", HOME)) for _ in range(20)) == 5


def test_a_success_forgets_failures_of_the_account_only() -> None:
    bench = Bench(network=Backoff(free=12, first=60, longest=60))
    assert bench.fail("ann", HOME, times=4) == 4
    bench.login("ann", HOME)
    assert bench.fail("ann", HOME, times=4) == 4
    assert bench.fail("bob", HOME, times=4) == 3, "the network has had its twelve"


def test_ones_own_success_resets_nobody_else() -> None:
    bench = Bench()
    passed = 0
    for _ in range(10):
        passed += bench.fail("victim", ELSEWHERE, times=4)
        if attempt := bench.check("mallory", ELSEWHERE):
            attempt.succeeded_sync()
    assert passed == 5


@pytest.mark.parametrize("known_by", ["device", "pair", "nothing"])
def test_no_weapon_against_the_owner(known_by: str) -> None:
    bench = Bench()
    cookie = bench.login("ann", HOME)
    for address in addresses(1_000):
        bench.fail("ann", address)
    device, address = (cookie, "192.0.2.200") if known_by == "device" else ("", HOME)
    if known_by == "nothing":
        address = "192.0.2.200"
    assert bool(bench.check("ann", address, device)) is (known_by != "nothing")


def test_a_known_device_is_limited_by_its_own_counter() -> None:
    bench = Bench()
    cookie = bench.login("ann", HOME)
    assert bench.fail("ann", ELSEWHERE, cookie, times=50) == 10
    assert bench.fail("ann", ELSEWHERE, times=50) == 5, "and its failures are not charged to the account"


def test_a_known_network_is_limited_by_its_own_counter() -> None:
    bench = Bench()
    bench.login("ann", HOME)
    bench.fail("ann", ELSEWHERE, times=50)
    assert bench.fail("ann", HOME, times=50) == 5


def test_a_distributed_attack_is_limited_and_told(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    passed = 0
    for address in addresses(1_000):
        passed += bench.fail("ann", address)
        bench.clock.now += 0.9
    assert passed < 12
    assert '"by": "account"' in caplog.text


def test_everyone_together(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(everyone=Backoff(free=50, first=1, longest=1))
    cookie = bench.login("ann", HOME)
    assert sum(bench.fail(f"user{n}", address) for n, address in enumerate(addresses(200))) == 49
    assert bench.check("new", "192.0.2.1").by == "everyone"
    assert bench.check("ann", "192.0.2.1", cookie)


@pytest.mark.parametrize(
    "device", ["", "x", "." * 1000, "A" * TEXT, "é" * TEXT, "A" * 100_000, "\x00", "\ud800" * TEXT, f"{'_' * TEXT}.x"]
)
def test_marks_that_are_not_ours(device: str) -> None:
    bench = Bench()
    assert bench.fail("ann", ELSEWHERE, device, times=20) == 5
    cookie = bench.login("bob", ELSEWHERE, device)
    assert all(char.isascii() and (char.isalnum() or char in "-_.") for char in cookie)
    assert len(cookie) < 500


def test_a_mark_is_for_one_account_and_ends() -> None:
    bench = Bench(remember=1_000)
    cookie = bench.login("mallory", ELSEWHERE)
    assert bench.fail("ann", ELSEWHERE, cookie, times=20) == 5
    assert bench.fail("mallory", HOME, cookie, times=20) == 10
    bench.clock.now += 100_000
    assert bench.fail("mallory", HOME, cookie, times=20) == 5


def test_a_mark_of_a_changed_secret_is_none() -> None:
    bench = Bench()
    cookie = bench.login("ann", HOME)
    other = Throttle(store=MemoryStore(), secrets=Secrets.of("Jq8Zr2Lw7Vt4Nx1Bc6Hm9Kp3Df5Gs0Ty"))
    assert sum(bool(other.check_sync("ann", HOME, cookie)) for _ in range(20)) == 5


def test_one_browser_of_several_people() -> None:
    bench = Bench()
    cookie = ""
    for account in ("ann", "bob", "cas"):
        cookie = bench.login(account, HOME, cookie)
    for account in ("ann", "bob", "cas"):
        assert bench.fail(account, ELSEWHERE, cookie, times=20) == 10
    assert bench.login("dee", HOME, cookie).count(".") == 3
    assert bench.login("cas", "192.0.2.9", bench.login("cas", HOME)).count(".") == 0, "renewed, not added"


@pytest.mark.parametrize(
    "spelling",
    ["ANN@shop.example", " ann@shop.example ", "ａｎｎ@shop.example", "ann@SHOP.example", "ann@ſhop.example"],
)
def test_spellings_of_one_account_share_a_counter(spelling: str) -> None:
    bench = Bench()
    assert bench.fail("ann@shop.example", HOME, times=3) == 3
    assert bench.fail(spelling, ELSEWHERE, times=10) == 2
    assert bench.fail("anna@shop.example", ELSEWHERE, times=5) == 5


@given(st.text(st.characters(), max_size=60))
def test_folding_is_done_once_and_for_all(name: str) -> None:
    folded(name).encode("utf-8", "surrogatepass")
    assert folded(name.upper().lower()) == folded(name.upper().lower().strip())


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.5", "::ffff:203.0.113.5", True),
        ("::ffff:198.51.100.7", "::ffff:203.0.113.5", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("203.0.113.5", "203.0.113.5:4711", True),
        ("[2001:db8::1]:443", "2001:db8::2", True),
        ("203.0.113.5", "203.0.113.6", False),
        ("", "unix:", False),
    ],
)
def test_whom_an_address_stands_for(one: str, other: str, same: bool) -> None:
    assert (network_of(one) == network_of(other)) is same


def test_nothing_in_the_store_can_be_read() -> None:
    bench = Bench()
    bench.fail("ann@shop.example", HOME)
    bench.login("ann@shop.example", HOME)
    bench.throttle.check_code_sync(bench.throttle.begin_second_factor("ann@shop.example"), "ann@shop.example")
    keys = " ".join(bench.store._entries)
    assert keys
    assert "ann" not in keys
    assert "203.0" not in keys


def test_one_round_trip_and_all_or_none() -> None:
    bench = Bench(network=Backoff(free=1, first=60, longest=60))
    assert bench.check("ann", HOME)
    assert bench.store.calls == ["hit"]
    kept = dict(bench.store._entries)
    assert not bench.check("bob", HOME)
    assert set(bench.store._entries) == set(kept), "a refused attempt makes no entry for the other account"


class TestStoreAway:
    def test_this_process_counts_alone_and_says_so_once(self, caplog: pytest.LogCaptureFixture) -> None:
        bench = Bench()
        bench.store.away = True
        assert bench.fail("ann", HOME, times=50) == 5
        lines = [r for r in caplog.records if "throttle-store-failed" in r.getMessage()]
        assert len(lines) == 1
        assert lines[0].levelno == logging.ERROR
        bench.store.away = False
        assert bench.fail("ann", HOME, times=50) == 5

    def test_nobody_passes_where_that_was_chosen(self) -> None:
        bench = Bench(on_store_error="refuse")
        bench.store.away = True
        attempt = bench.check("ann", HOME)
        assert (attempt.allowed, attempt.status, attempt.headers) == (False, 503, (("retry-after", "5"),))
        login = bench.throttle.begin_second_factor("ann")
        assert bench.throttle.check_code_sync(login, "ann").status == 503

    def test_a_success_is_one_all_the_same(self) -> None:
        bench = Bench()
        attempt = bench.check("ann", HOME)
        bench.store.away = True
        cookie = attempt.succeeded_sync()
        assert bench.fail("ann", ELSEWHERE, cookie, times=20) == 10

    def test_codes(self) -> None:
        bench = Bench()
        bench.store.away = True
        login = bench.throttle.begin_second_factor("ann")
        assert sum(bool(bench.throttle.check_code_sync(login, "ann")) for _ in range(20)) == 5


class TestCodes:
    def test_a_login_is_void_after_five(self) -> None:
        bench = Bench()
        login = bench.throttle.begin_second_factor("ann")
        attempts = [bench.throttle.check_code_sync(login, "ann") for _ in range(10)]
        assert [a.allowed for a in attempts] == [True] * 5 + [False] * 5
        assert attempts[-1].void
        assert attempts[-1].status == 401

    def test_new_logins_do_not_help(self) -> None:
        bench = Bench()
        passed = 0
        for _ in range(100):
            login = bench.throttle.begin_second_factor("ann")
            passed += sum(bool(bench.throttle.check_code_sync(login, "ann")) for _ in range(5))
        assert passed == 10

    def test_a_login_serves_once(self) -> None:
        bench = Bench()
        login = bench.throttle.begin_second_factor("ann")
        bench.throttle.check_code_sync(login, "ann").succeeded_sync()
        assert bench.throttle.check_code_sync(login, "ann").void

    @pytest.mark.parametrize("after", [601, 10_000, 10**9])
    def test_a_login_does_not_wait_for_ever(self, after: int) -> None:
        bench = Bench()
        login = bench.throttle.begin_second_factor("ann")
        for _ in range(5):
            bench.throttle.check_code_sync(login, "ann").failed_sync()
        bench.clock.now += after
        assert bench.throttle.check_code_sync(login, "ann").void

    def test_of_another_account_or_another_kind(self) -> None:
        bench = Bench()
        cookie = bench.login("ann", HOME)
        assert bench.throttle.check_code_sync(cookie, "ann").void
        assert bench.throttle.check_code_sync(bench.throttle.begin_second_factor("bob"), "ann").void
        assert bench.fail("ann", ELSEWHERE, bench.throttle.begin_second_factor("ann"), times=20) == 5


def test_the_outcome_of_a_refused_attempt_cannot_be_told() -> None:
    bench = Bench()
    bench.fail("ann", HOME, times=5)
    refused = bench.check("ann", HOME)
    with pytest.raises(RefusedAttemptError):
        refused.succeeded_sync()
    with pytest.raises(RefusedAttemptError):
        refused.failed_sync()
    with pytest.raises(RefusedAttemptError):
        asyncio.run(refused.failed())
    with pytest.raises(RefusedAttemptError):
        asyncio.run(refused.succeeded())


def test_the_log_has_neither_names_nor_control_characters(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    bench = Bench()
    bench.fail("ann@shop.example\r\nroot", "1\r\n2", times=9)
    lines = [record.getMessage() for record in caplog.records]
    assert {json.loads(line)["event"] for line in lines} == {"login-failed", "login-throttled"}
    assert not any("ann" in line or "\n" in line or "\r" in line for line in lines)


@pytest.mark.parametrize(
    ("field", "options"),
    [
        ("Throttle.store", {"store": "memory://"}),
        ("Throttle.secrets", {"secrets": "s3cret" * 10}),
        ("Throttle.account", {"account": 5}),
        ("Throttle.device", {"device": None}),
        ("Throttle.codes", {"codes": None}),
        ("Throttle.pair", {"pair": None, "account": None}),
        ("Throttle.codes_per_login", {"codes_per_login": 0}),
        ("Throttle.on_store_error", {"on_store_error": "allow"}),
        ("Throttle.remember", {"remember": -1}),
    ],
)
def test_options_that_cannot_be(field: str, options: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Throttle(**{"store": MemoryStore(), "secrets": SECRETS, **options})  # type: ignore[arg-type]
    assert caught.value.field == field
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("free", "first", "longest"), [(0, 1, 1), (1, 0, 1), (1, 2, 1), (1, float("inf"), float("inf")), (1, 1e-9, 900)]
)
def test_backoffs_that_cannot_be(free: int, first: float, longest: float) -> None:
    with pytest.raises(ConfigurationError):
        Backoff(free=free, first=first, longest=longest)


def test_memory_without_a_store_is_bounded() -> None:
    local = Local(most=100, clock=Clock())
    for number in range(10_000):
        local.hit(Backoff(free=1, first=60, longest=60).limits(f"k{number}"))
        local.increment(f"c{number}", 1)
    assert len(local) <= 201
    assert not local.hit(Backoff(free=1, first=60, longest=60).limits("k9999"))[0].allowed


@pytest.mark.parametrize("place", ["memory", "sqlite"])
def test_async_and_sync_count_together(place: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    store = MemoryStore() if place == "memory" else SQLiteStore(str(tmp_path_factory.mktemp("s") / "x.db"))
    throttle = Throttle(store=store, secrets=SECRETS)

    async def three() -> int:
        return sum([bool(await throttle.check("ann", HOME)) for _ in range(3)])

    assert asyncio.run(three()) == 3
    assert sum(bool(throttle.check_sync("ann", HOME)) for _ in range(3)) == 2

    async def through() -> str:
        attempt = await throttle.check("bob", HOME)
        await attempt.failed()
        return await (await throttle.check("bob", HOME)).succeeded()

    assert asyncio.run(through())
    assert sum(bool(throttle.check_sync("bob", HOME)) for _ in range(6)) == 5
    asyncio.run(store.close())
