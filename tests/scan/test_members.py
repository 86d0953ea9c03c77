"""Logins forgotten at some of many operations, private data as JSONP; and what is open on purpose."""

from __future__ import annotations

from hauberk.scan.identities import Identity
from tests.scan.apps import members
from tests.scan.test_access import Rows, identity, rows, run

RULES = {"missing-authentication", "private-jsonp"}
BOTH = tuple(
    identity(role, f"POST /login username={name}&password={word}")
    for role, (name, word) in zip("ab", members.WORDS.items(), strict=True)
)


def found(people: tuple[Identity, ...] = BOTH, *, open_: bool = True, same_site: str = "None") -> Rows:
    result = run(members.make(open_=open_, same_site=same_site), people)
    return {row for row in rows(result) if row[0] in RULES}


def test_exactly_the_planted_holes() -> None:
    assert found() == members.HOLES


def test_the_mended_twin_has_none() -> None:
    assert found(open_=False) == set()


def test_one_identity_is_enough() -> None:
    assert found(BOTH[:1]) == members.HOLES


def test_with_one_identity_the_mended_twin_has_none() -> None:
    assert found(BOTH[:1], open_=False) == set()


def test_a_session_that_stays_at_home_gives_nothing_to_a_script_of_another_site() -> None:
    assert {rule for rule, _ in found(same_site="Lax")} == {"missing-authentication"}
