"""Published failures of limiters, as tests of ours."""

from __future__ import annotations

from tests.auth.throttle.clocks import Bench, addresses
from tests.auth.throttle.test_login import shop

PEER = "198.51.100.7"


def test_cve_2025_59152_an_address_that_the_client_writes() -> None:
    made = shop()
    found = [made.post(f"user{n}", "x", PEER, x_forwarded_for=a).status for n, a in enumerate(addresses(60))]
    assert found.count(429) == 30
    assert set(made.peers) == {PEER}
    assert made.post("user", "x", "10.0.0.1", x_forwarded_for="203.0.113.5").status == 401, (
        "a proxy of ours is believed"
    )


def test_cve_2026_30827_mapped_addresses_of_different_people() -> None:
    bench = Bench()
    assert sum(bench.fail(f"user{n}", f"::ffff:{PEER}") for n in range(40)) == 30
    assert bench.fail("ann", "::ffff:203.0.113.5") == 1
    assert bench.fail("ann", PEER) == 0


def test_cve_2023_29005_a_login_without_a_limit() -> None:
    """Nothing has to be switched on: the defaults limit."""
    assert Bench().fail("ann", PEER, times=100) == 5
