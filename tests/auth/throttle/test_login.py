"""The throttle before real password checks: a flood is turned away, and those who come by themselves get in."""

from __future__ import annotations

import asyncio
from collections import Counter
from urllib.parse import urlencode

import pytest

from hauberk import Passwords
from hauberk.auth.passwords import Argon2id
from hauberk.auth.throttle import Backoff, Throttle
from hauberk.stores.memory import MemoryStore
from tests.auth.passwords.cheap import cheap
from tests.auth.throttle.clocks import SECRETS, addresses
from tests.auth.throttle.shop import PASSWORD, Answer, Shop


def shop(**options: Backoff | None) -> Shop:
    passwords = Passwords(scheme=cheap(Argon2id(), memory_cost=8_192, iterations=2), workers=1, waiting=4)
    return Shop(Throttle(store=MemoryStore(), secrets=SECRETS, **options), passwords)  # type: ignore[arg-type]


def flood(shop: Shop, peers: list[str], names: list[str]) -> list[Answer]:
    async def all_at_once() -> list[Answer]:
        tasks = [
            shop.ask("POST", peer, urlencode({"name": name, "password": "guess"}).encode())
            for peer, name in zip(peers, names, strict=True)
        ]
        return list(await asyncio.gather(*tasks))

    return asyncio.run(all_at_once())


@pytest.mark.parametrize(
    ("peers", "names", "hashed"),
    [
        (["198.51.100.7"] * 120, ["ann"] * 120, 5),
        (["198.51.100.7"] * 120, [f"user{n}" for n in range(120)], 30),
        (addresses(120), ["ann"] * 120, 5),
    ],
    ids=["one guesser", "one list of names", "many guessers"],
)
def test_a_flood_of_120_logins_is_turned_away_before_hashing(peers: list[str], names: list[str], hashed: int) -> None:
    made = shop()
    answers = flood(made, peers, names)
    counted = Counter(answer.status for answer in answers)
    assert set(counted) <= {401, 429, 503}
    assert made.hashed == hashed
    assert counted[429] == 120 - hashed
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers if answer.status in {429, 503})


def test_a_flood_that_the_throttle_lets_through_meets_the_pool() -> None:
    made = shop()
    answers = flood(made, addresses(120), [f"user{n}" for n in range(120)])
    counted = Counter(answer.status for answer in answers)
    assert set(counted) == {401, 503}
    assert counted[503] >= 50
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers if answer.status == 503)
    assert made.post("ann", PASSWORD, "203.0.113.5").status == 200, "and afterwards it is open again"


def test_in_and_out_by_the_page() -> None:
    made = shop()
    first = made.post("ann", PASSWORD, "203.0.113.5")
    device = first.headers["set-cookie"].partition(";")[0]
    for address in addresses(60):
        made.post("ann", "guess", address)
    assert made.post("ann", PASSWORD, "192.0.2.200").status == 429
    assert made.post("ann", PASSWORD, "192.0.2.200", cookie=device).status == 200
    assert made.post("ann", PASSWORD, "203.0.113.5").status == 200
