from __future__ import annotations

import pytest

from hauberk.auth.passwords import PasswordPolicy
from hauberk.core.errors import ConfigurationError, PasswordPolicyError

KNOWN = {"correct horse battery"}
POLICY = PasswordPolicy(blocklist=KNOWN.__contains__, words=frozenset({"Threadbare"}))


@pytest.mark.parametrize(
    ("password", "own", "codes"),
    [
        ("fourteen chars", (), ("too-short",)),
        ("fifteen letters", (), ()),
        ("漢字" * 7 + "漢", (), ()),  # characters count, not octets
        ("Ⅷ" * 4, (), ()),  # and those of the normal form: four signs, sixteen letters
        ("🙂" * 14, (), ("too-short",)),
        ("correct horse battery", (), ("known",)),
        ("correct horse batterY", (), ()),
        ("aaaaaaaaaaaaaaaaaaaa", (), ()),  # no rules of composition
        ("thisisalllowercaseletters", (), ()),
        ("Threadbare12345", (), ("context",)),
        ("I like Threadbare, but long words more", (), ()),
        ("anna.schmidt1999", ("anna.schmidt@mail.example",), ("context",)),
        ("something unlike her", ("anna.schmidt@mail.example",), ()),
        ("annannannannanna", ("ann",), ("context",)),
        ("x" * 4097, (), ("too-long",)),
        ("", (), ("too-short",)),
        ("\ud800" * 20, (), ()),  # refused where it is hashed
    ],
)
def test_problems(password: str, own: tuple[str, ...], codes: tuple[str, ...]) -> None:
    problems = POLICY.problems(password, own)
    assert tuple(code for code, _ in problems) == codes
    assert all(message.endswith(".") and password[:9] not in message for _, message in problems if password)


def test_eight_are_enough_beside_a_second_factor() -> None:
    assert PasswordPolicy(min_length=8).problems("eight888") == ()
    assert PasswordPolicy(min_length=8).problems("seven77") != ()


@pytest.mark.parametrize("value", [7, 0, 65, True, "15", 15.0])
def test_lengths_below_any_standard_are_refused(value: object) -> None:
    with pytest.raises(ConfigurationError, match="min_length"):
        PasswordPolicy(min_length=value)  # type: ignore[arg-type]


def test_demand_raises_the_first_problem() -> None:
    with pytest.raises(PasswordPolicyError, match="at least 15"):
        POLICY.demand("short")
    with pytest.raises(PasswordPolicyError) as caught:
        POLICY.demand(b"correct horse battery")
    assert caught.value.reason == "known"
    POLICY.demand("correct horse battery staple")
