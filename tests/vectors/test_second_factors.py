"""second_factor_dpop_pwned.json: codes of authenticator apps. Its proofs of possession are run beside their feature."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from hauberk.auth.passwords.breached import count_in_range, range_of
from hauberk.auth.totp import SecretTextError, match_counter, match_step, read_secret

Case = tuple[str, Callable[[], None]]


def _secret(case: dict[str, Any]) -> bytes | None:
    try:
        return read_secret(case["secret_b32"])
    except SecretTextError:
        return None


def _totp(case: dict[str, Any]) -> None:
    secret = _secret(case)
    step = None if secret is None else match_step(
        secret, case["code"], case["now"], window=case["window"], last_used_step=case.get("last_used_step"),
        period=case["step"], digits=case["digits"], algorithm=case["algorithm"],
    )  # fmt: skip
    assert (step is not None) is (case["expected"] == "accept"), case["reason"]


def _hotp(case: dict[str, Any]) -> None:
    secret = _secret(case)
    found = None if secret is None else match_counter(
        secret, case["code"], case["counter"], look_ahead=case.get("window", 0), digits=case["digits"],
        algorithm=case["algorithm"],
    )  # fmt: skip
    assert (found is not None) is (case["expected"] == "accept"), case["reason"]


def _pwned(case: dict[str, Any]) -> None:
    prefix, rest = range_of(case["password"])
    assert prefix == case["prefix"]
    assert count_in_range(case["response"], rest) == case["expected_count"]


KINDS: dict[str, Callable[[dict[str, Any]], None]] = {"totp": _totp, "hotp": _hotp, "pwned-range": _pwned}
ELSEWHERE = {"dpop"}
"""Kinds that another module here runs."""


def cases(path: Path) -> Iterator[Case]:
    for case in json.loads(path.read_text("utf-8")):
        if case["kind"] not in ELSEWHERE:
            yield case["id"], partial(_run, case)


def _run(case: dict[str, Any]) -> None:
    assert case["kind"] in KINDS, f"nothing runs the kind {case['kind']}"
    KINDS[case["kind"]](case)


FILES = {"auth/second_factor_dpop_pwned.json": cases}


def test_vectors(vector_file: str, run_file: Callable[[Any], None]) -> None:
    run_file(FILES[vector_file])
