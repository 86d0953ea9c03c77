"""What is done for each answer, counted. How long it takes is measured by `python -m bench.password_timing`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from hauberk.auth.passwords import Argon2id, Passwords
from hauberk.auth.passwords import pacing as module
from hauberk.auth.passwords.pacing import Pace
from hauberk.auth.passwords.reading import Check

SCHEME = Argon2id(memory_cost=7_168, iterations=5)


@dataclass
class Counting:
    """A clock that only the work moves."""

    now: float = 0.0
    done: list[str] = field(default_factory=list)

    def check(self, name: str, seconds: float) -> Check:
        def compute(password: bytes) -> bytes:
            self.done.append(name)
            self.now += seconds
            return b""

        return Check(compute, b"x")

    def clock(self) -> float:
        return self.now


def pace(own: float, legacy: float | None = None) -> tuple[Pace, Counting]:
    clock = Counting()
    made = Pace(clock.check("own", own), None if legacy is None else clock.check("legacy", legacy))
    return made, clock


def filled(
    made: Pace, clock: Counting, monkeypatch: pytest.MonkeyPatch, spent: float, times: int = 1, *, mine: bool = False
) -> float:
    """Seconds that are paid for in the end: spent, computed and burned."""
    burned: list[float] = []
    monkeypatch.setattr(module, "thread_time", clock.clock)
    monkeypatch.setattr(Pace, "burn", lambda self, seconds: burned.append(max(seconds, 0.0)))
    made.legacy_seconds()
    before = clock.now
    clock.done.clear()
    made.fill(b"x", spent, times, mine=mine)
    return round(spent + clock.now - before + sum(burned), 6)


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("spent", [0.0, 0.000_1, 0.01, 0.02])
def test_whatever_was_spent_the_sum_is_one_check_of_ours(
    monkeypatch: pytest.MonkeyPatch, spent: float, times: int
) -> None:
    made, clock = pace(0.02)
    made.note(0.02)
    assert filled(made, clock, monkeypatch, spent * times, times) == pytest.approx(0.02 * times, abs=0.000_2)


@pytest.mark.parametrize(
    ("spent", "mine", "done"),
    [
        (0.0, False, ["own", "legacy"]),  # unknown user
        (0.02, True, ["legacy"]),  # wrong password, our hash
        (0.3, False, ["own"]),  # wrong password, old hash
        (0.05, False, []),  # a kind in between: the rest is burned
    ],
)
def test_with_a_costly_old_kind_everybody_pays_for_both(
    monkeypatch: pytest.MonkeyPatch, spent: float, mine: bool, done: list[str]
) -> None:
    made, clock = pace(0.02, legacy=0.3)
    made.note(0.02)
    assert filled(made, clock, monkeypatch, spent, mine=mine) == pytest.approx(0.32)
    assert clock.done == done


def test_a_check_of_ours_is_paid_for_already(monkeypatch: pytest.MonkeyPatch) -> None:
    made, clock = pace(0.02)
    made.note(0.02)
    assert filled(made, clock, monkeypatch, 0.013, mine=True) == 0.013
    assert clock.done == []


def test_an_unknown_user_costs_a_real_check_with_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pace, "burn", lambda self, seconds: None)
    passwords = Passwords(scheme=SCHEME, workers=1)
    clock = Counting()
    passwords._pace.own = clock.check("own", 0.02)
    stored = passwords.hash_sync("x")
    for given in (None, "rubbish", "!", "md5$$5f4dcc3b5aa765d61d8327deb882cf99"):
        clock.done.clear()
        for _ in range(15):
            passwords._pace.note(1.0)  # against which reading a hash is nothing
        assert not passwords.verify_sync("y", given)
        assert clock.done == ["own"], given
    clock.done.clear()
    passwords._pace._own.clear()
    assert not passwords.verify_sync("y", stored)  # that was a real check already
    assert clock.done == []


def test_two_forms_of_a_word_cost_two_checks_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pace, "burn", lambda self, seconds: None)
    passwords = Passwords(scheme=SCHEME, workers=1)
    clock = Counting()
    passwords._pace.own = clock.check("own", 0.02)
    assert not passwords.verify_sync("Zoe\u0308", None)
    assert clock.done == ["own", "own"]


def test_burning_takes_about_the_time_it_should() -> None:
    from time import thread_time

    made, _ = pace(0.02)
    made.burn(0.001)
    start = thread_time()
    made.burn(0.05)
    assert 0.01 < thread_time() - start < 0.5


def test_the_decoy_is_never_a_password() -> None:
    passwords = Passwords(scheme=SCHEME, workers=1)
    assert not passwords._pace.own.matches(b"")
    assert len({Passwords(scheme=SCHEME)._pace.own.expected for _ in range(3)}) == 3
    assert replace(passwords).scheme == SCHEME
