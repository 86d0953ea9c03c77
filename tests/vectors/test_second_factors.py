"""second_factor_dpop_pwned.json: codes of authenticator apps, proofs of possession, ranges of breached passwords."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from hauberk.auth.dpop import DPoP, ProofRules, verify_proof
from hauberk.auth.passwords.breached import count_in_range, range_of
from hauberk.auth.tokens import TokenError
from hauberk.auth.totp import SecretTextError, match_counter, match_step, read_secret
from hauberk.core.plan import run_inline
from hauberk.stores.memory import MemoryStore

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


def _dpop(case: dict[str, Any]) -> None:
    request, policy = case["request"], case["policy"]
    rules = ProofRules(
        algorithms=frozenset(policy["algorithms"]), max_age=policy["max_age"], leeway=policy.get("leeway", 0)
    )
    store = MemoryStore()
    for id in policy.get("seen_jti", ()):
        seen = sha256(f"{request['cnf_jkt']}.{id}".encode()).hexdigest()
        run_inline(store.add(f"dpop:{seen}", b"", 60))
    options = {
        "method": request["method"],
        "url": request["url"],
        "token": request.get("access_token"),
        "thumbprint": request.get("cnf_jkt"),
    }
    try:
        if "nonce" in policy:
            verify_proof(case["proof"], now=policy["now"], rules=rules, nonce=policy["nonce"], **options)
        DPoP(store=store, rules=rules, clock=lambda: policy["now"]).check_sync(case["proof"], **options)
        found = "accept"
    except TokenError:
        found = "reject"
    assert found == case["expected"], case["reason"]


KINDS: dict[str, Callable[[dict[str, Any]], None]] = {
    "totp": _totp,
    "hotp": _hotp,
    "pwned-range": _pwned,
    "dpop": _dpop,
}


def cases(path: Path) -> Iterator[Case]:
    for case in json.loads(path.read_text("utf-8")):
        yield case["id"], partial(_run, case)


def _run(case: dict[str, Any]) -> None:
    assert case["kind"] in KINDS, f"nothing runs the kind {case['kind']}"
    KINDS[case["kind"]](case)


FILES = {"auth/second_factor_dpop_pwned.json": cases}


def test_vectors(vector_file: str, run_file: Callable[[Any], None]) -> None:
    run_file(FILES[vector_file])
