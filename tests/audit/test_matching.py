"""Evaluation of ranges: each row is a range, and versions in it and out of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.audit.advisory import Affected
from hauberk.audit.matching import affects, alias_groups, fixes_above, intervals, min_safe_version
from hauberk.audit.versions import Candidate, key


def events(text: str) -> list[dict[str, Any]]:
    """`i0 f2.0 l3.0` as events."""
    kinds = {"i": "introduced", "f": "fixed", "l": "last_affected", "m": "limit"}
    return [{kinds[word[0]]: word[1:]} for word in text.split()]


def entry(text: str, own: str = "X-1", **more: Any) -> Affected:
    fixed = tuple(word[1:] for word in text.split() if word[0] == "f")
    return Affected(own, tuple(intervals(events(text), "PyPI")), fixed, **more)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("i0 f2.0", "0.1 1.9 2.0rc1", "2.0 2.0.0 2.1"),
        ("i1.0 l2.0", "1.0 2.0 2.0.0", "0.9 2.0.1"),
        ("i1.0 l1.0", "1.0", "0.9 1.0.post1"),
        ("l1.0 i1.0", "1.0", "0.9 1.0.post1"),
        ("i1.0 f1.0", "", "0.9 1.0 2.0"),
        ("i0 f1.0 i1.0 f2.0", "0.9 1.0 1.5", "2.0"),
        ("f2.0 i1.0 f1.0 i0", "0.9 1.0 1.5", "2.0"),
        ("i0 l1.0 i1.0 f2.0", "0.5 1.0 1.5", "2.0"),
        ("i2.0 f2.3 i1.0 f1.5", "1.0 1.4 2.0 2.2", "0.9 1.5 1.7 2.3"),
        ("i1.0 i2.0 f3.0", "1.5 2.5", "0.5 3.0"),
        ("i0 f1.0 f2.0", "0.5", "1.0 1.5 2.0"),
        ("f1.0", "", "0.5 1.0"),
        ("i0 m2.0", "1.9", "2.0 3.0"),
        ("i0 f3.0 m2.0 m2.5", "2.4", "2.5 2.9"),
        ("i0 l2.5 m2.5", "2.4", "2.5"),
        ("i0 fnot-a-version f2.0", "1.0", "2.0"),
        ("inot-a-version f2.0", "", "1.0"),
        ("i1.0", "1.0 99", "0.9"),
    ],
)
def test_ranges(text: str, inside: str, outside: str) -> None:
    assert [v for v in inside.split() if not affects(entry(text), Candidate.of("PyPI", v))] == []
    assert [v for v in outside.split() if affects(entry(text), Candidate.of("PyPI", v))] == []


versions = st.integers(0, 9).map(str)
steps = st.lists(st.tuples(st.sampled_from(["introduced", "fixed", "last_affected"]), versions), max_size=6)


@given(steps, versions, st.randoms())
def test_the_order_of_events_does_not_matter(walk: list[tuple[str, str]], version: str, random: Any) -> None:
    given_ = [{kind: text} for kind, text in walk]
    shuffled = list(given_)
    random.shuffle(shuffled)
    candidate = Candidate.of("npm", version)
    one, other = (Affected("X", tuple(intervals(e, "npm"))) for e in (given_, shuffled))
    assert affects(one, candidate) == affects(other, candidate)


@given(st.lists(st.tuples(st.sampled_from(["introduced", "fixed", "last_affected"]), versions), max_size=6,
                unique_by=lambda e: e[1]), versions)  # fmt: skip
def test_intervals_are_the_walk_of_the_specification(walk: list[tuple[str, str]], version: str) -> None:
    """The schema's own algorithm, written out; for versions that occur once it says all there is to say."""
    vulnerable = False
    mine = key("npm", version)
    for kind, text in sorted(walk, key=lambda e: key("npm", e[1])):
        at = key("npm", text)
        if kind == "introduced" and mine >= at:
            vulnerable = True
        elif (kind == "fixed" and mine >= at) or (kind == "last_affected" and mine > at):
            vulnerable = False
    found = Affected("X", tuple(intervals([{kind: text} for kind, text in walk], "npm")))
    assert affects(found, Candidate.of("npm", version)) == vulnerable


@pytest.mark.parametrize(
    ("known", "inside", "outside"),
    [("< 2.0", "1.0", "2.0"), ("<= 2.0", "2.0", "2.1"), ("= 1.5", "1.5", "1.6"), (">= 1.2, < 1.4", "1.3", "1.1 1.4"),
     ("> 1.2", "1.3", "1.2"), ("whatever", "9", ""), ("< x", "9", "")],
)  # fmt: skip
def test_last_known_range(known: str, inside: str, outside: str) -> None:
    found = entry("i1.0", known=known)
    assert all(affects(found, Candidate.of("PyPI", v)) for v in inside.split())
    assert not any(affects(found, Candidate.of("PyPI", v)) for v in outside.split())


def test_listed_versions_count_beside_ranges_and_in_any_spelling() -> None:
    found = entry("i1.0 f2.0", versions=("0.5", "3.0+local", "odd one"))
    for text in ("0.5", "0.5.0", "0.5+build", "1.5", "3.0+local", "odd one"):
        assert affects(found, Candidate.of("PyPI", text)), text
    for text in ("0.6", "2.0", "3.0", "3.0+other", "another one"):
        assert not affects(found, Candidate.of("PyPI", text)), text


def test_safe_version_is_clear_of_every_advisory_of_the_package() -> None:
    package = [entry("i0 f1.2"), entry("i0 f1.3rc1 i1.3 f1.4", "X-2"), entry("i1.2 f1.2.1", "X-3")]
    assert fixes_above(Candidate.of("PyPI", "1.0"), package) == ["1.2", "1.2.1", "1.3rc1", "1.4"]
    assert min_safe_version(Candidate.of("PyPI", "1.0"), package) == "1.4"  # 1.3rc1 is safe, yet a pre-release
    assert min_safe_version(Candidate.of("PyPI", "1.4"), package) is None  # never a downgrade
    assert min_safe_version(Candidate.of("PyPI", "nonsense"), package) is None


def test_alias_groups() -> None:
    records = [("A", ["cve-1"]), ("B", ["CVE-2"]), ("C", ["CVE-1", "CVE-3"]), ("D", ["CVE-3", "b"])]
    assert alias_groups(records) == [["A", "B", "C", "D"]]
    assert alias_groups(records[:2]) == [["A"], ["B"]]
    assert alias_groups([]) == []
