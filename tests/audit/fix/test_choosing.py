"""Which version is chosen: a row each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.audit.advisory import Affected
from hauberk.audit.fix.choosing import NoFix, Upgrade, choose, ends
from hauberk.audit.matching import affects
from hauberk.audit.versions import Candidate, Ecosystem


def entry(own: str, *intervals: tuple[str | None, str | None], fixed: str = "") -> Affected:
    return Affected(own, tuple((low, high, False) for low, high in intervals), tuple(fixed.split()))


@pytest.mark.parametrize(
    ("ecosystem", "version", "entries", "candidates"),
    [
        ("PyPI", "1.0", [entry("A", (None, "1.5"), fixed="1.5")], ("1.5",)),
        ("PyPI", "1.0", [entry("A", (None, "1.5"), fixed="1.5 2.0")], ("1.5", "2.0")),
        # the smallest that clears all of them, not the smallest that clears one
        ("PyPI", "1.0", [entry("A", (None, "1.5"), fixed="1.5"), entry("B", (None, "1.7"), fixed="1.7")], ("1.7",)),
        # a fix that walks into another advisory is none
        ("PyPI", "1.0", [entry("A", (None, "1.5"), fixed="1.5"), entry("B", ("1.4", "2.0"), fixed="2.0")], ("2.0",)),
        # never a pre-release, never downwards
        ("PyPI", "1.0", [entry("A", (None, "1.5rc1"), fixed="1.5rc1 1.6")], ("1.6",)),
        ("PyPI", "3.1", [entry("A", (None, "2.5"), ("3.0", "3.2"), fixed="2.5 3.2")], ("3.2",)),
        ("PyPI", "1!1.0", [entry("A", ("1!0", "1!2"), fixed="9.0 1!2")], ("1!2",)),
        ("npm", "1.2.0", [entry("A", (None, "1.2.3"), fixed="1.2.3-beta.1 1.2.3")], ("1.2.3",)),
        ("npm", "9.0.0", [entry("A", (None, "10.0.0"), fixed="10.0.0")], ("10.0.0",)),
    ],
)
def test_the_smallest_that_clears_all(
    ecosystem: Ecosystem, version: str, entries: list[Affected], candidates: tuple[str, ...]
) -> None:
    chosen = choose((ecosystem, "x", version), entries)
    assert isinstance(chosen, Upgrade)
    assert (chosen.to, chosen.candidates) == (candidates[0], candidates)


def test_what_no_advisory_concerns_is_left_alone() -> None:
    assert choose(("PyPI", "x", "1.5"), [entry("A", (None, "1.5"), fixed="1.5")]) is None


@pytest.mark.parametrize(
    ("version", "entries", "reason"),
    [
        ("1.0", [entry("A", (None, None))], "A names no fixed version above 1.0"),
        ("3.0", [entry("A", (None, "2.0"), ("2.5", None), fixed="2.0")], "A names no fixed version above 3.0"),
        ("1.0", [entry("A", (None, "2.0rc1"), fixed="2.0rc1")], "2.0rc1 mends it, and is a pre-release"),
        (
            "1.0",
            [entry("A", (None, "2.0"), fixed="2.0"), entry("B", ("1.5", None))],
            "2.0 mends it, yet another advisory concerns it, and every later version that is named as fixed",
        ),
        ("odd", [Affected("A", versions=("odd",))], "odd is no version that PyPI knows"),
    ],
)
def test_no_fix_has_a_reason(version: str, entries: list[Affected], reason: str) -> None:
    found = choose(("PyPI", "x", version), entries)
    assert isinstance(found, NoFix)
    assert found.reason.startswith(reason)


def test_a_published_version_after_the_last_affected_one_is_taken() -> None:
    last = Affected("A", ((None, "1.4", True),))
    assert isinstance(choose(("PyPI", "x", "1.0"), [last]), NoFix)
    assert ends(("PyPI", "x", "1.0"), [last]) == ("1.4",)
    chosen = choose(("PyPI", "x", "1.0"), [last], ["0.9", "1.4", "1.4.1", "2.0rc1", "2.0"])
    assert isinstance(chosen, Upgrade)
    assert chosen.candidates == ("1.4.1", "2.0")


numbers = st.integers(0, 5).map(lambda n: f"{n}.0")


@given(numbers, st.lists(st.tuples(st.none() | numbers, numbers, st.lists(numbers)), min_size=1))
def test_a_choice_is_higher_and_clean(version: str, rows: list[tuple[str | None, str, list[str]]]) -> None:
    entries = [Affected(str(n), ((low, high, False),), tuple(fixed)) for n, (low, high, fixed) in enumerate(rows)]
    chosen = choose(("PyPI", "x", version), entries)
    if isinstance(chosen, Upgrade):
        up = Candidate.of("PyPI", chosen.to)
        assert up.full > Candidate.of("PyPI", version).full
        assert not any(affects(one, up) for one in entries)
