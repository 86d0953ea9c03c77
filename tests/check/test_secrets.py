"""Strength of secrets: what is made at random is never called weak, what people type is."""

from __future__ import annotations

import secrets
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.check.facts import Secret
from hauberk.check.secrets import faults, measure


def problems(value: str | bytes, use: Literal["signing", "cipher", "password"] = "signing") -> list[str]:
    return faults(Secret(name="SECRET_KEY", strength=measure(value), use=use))


@pytest.mark.parametrize(
    "value",
    [
        "secret", "changeme", "dev", "", "a", "password123",
        "django-insecure-x7$k2!v9q@w4e8r6t0y1u3i5o_p-a+s(d)f=g",
        "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
        b'_5#y2L"F4Q8z\n\xec]/',
        "your-256-bit-secret-your-256-bit-secret",
        "please-change-me-before-going-live-1234567",
        "SuperSecretKeyForMyVeryNiceApplication2024",
        "REPLACE_ME_REPLACE_ME_REPLACE_ME_REPLACE_ME",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "abcdefghijklmnopqrstuvwxyz0123456789",
        "12345678901234567890123456789012345678901234567890",
        "x9Kp" * 12,
        "k8Jd73hHs9PqLm2x",
        b"\x00" * 64,
    ],
)  # fmt: skip
def test_weak(value: str | bytes) -> None:
    assert problems(value)


@pytest.mark.parametrize("make", [secrets.token_urlsafe, secrets.token_hex, secrets.token_bytes])
def test_random_keys_are_not_weak(make: object) -> None:
    assert callable(make)
    # A deterministic choice would be a test of that choice; 300 of each keep a false alarm of 1 in 1,000 visible.
    assert [key for key in (make(32) for _ in range(300)) if problems(key)] == []


def test_cipher_keys_are_raw_octets() -> None:
    assert problems(b"0123456789abcdef", "cipher")
    assert [key for key in (secrets.token_bytes(16) for _ in range(300)) if problems(key, "cipher")] == []


@pytest.mark.parametrize(("value", "weak"), [("postgres", True), ("hunter2", True), ("pX9-vQ2_mL7k", False)])
def test_passwords(value: str, weak: bool) -> None:
    assert bool(problems(value, "password")) == weak


@given(st.one_of(st.text(max_size=80), st.binary(max_size=80)))
def test_any_value_is_measured(value: str | bytes) -> None:
    strength = measure(value)
    assert strength.length >= len(value)
    assert 0 <= strength.bits <= 8 * strength.length
    assert isinstance(strength.known, bool)


@given(
    st.text(alphabet="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP0123456789", min_size=2, max_size=20), st.integers(2, 9)
)
def test_repetition_adds_nothing(unit: str, times: int) -> None:
    assert measure(unit * times).bits == measure(unit * 2).bits
