"""passwords.json: stored hashes of our own and of everybody else's schemes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2d, Argon2i, Argon2id

from hauberk.auth.passwords import Passwords, Verified
from hauberk.auth.passwords.breached import count_in_range, range_of
from hauberk.auth.passwords.importers.argon2 import derive

RAW: dict[str, type[Argon2d | Argon2i | Argon2id]] = {
    "argon2d-raw": Argon2d,
    "argon2i-raw": Argon2i,
    "argon2id-raw": Argon2id,
}
ANSWERS = {"accept": True, "reject": False}


def password_of(case: dict[str, Any]) -> str | bytes:
    return bytes.fromhex(case["password_hex"]) if "password_hex" in case else str(case["password"])


def verifier(case: dict[str, Any]) -> Passwords:
    # `normalize` names the form that the application applies; where a case is silent, ours is as it comes.
    form = case.get("normalize", "NFKC")
    return Passwords(normalization=form, legacy_truncate=not case.get("native", False), workers=1)


def raw(case: dict[str, Any]) -> None:
    """A bare computation, with octets for all inputs."""
    octets = {name: bytes.fromhex(case[f"{name}_hex"]) for name in ("password", "salt", "secret", "ad", "tag")}
    cost = case["m"], case["t"], case["p"]
    kind = RAW[case["scheme"]]
    tag = derive(kind, octets["salt"], cost, len(octets["tag"]), octets["ad"], octets["secret"], octets["password"])
    assert (tag == octets["tag"]) is ANSWERS[case["expected"]]


def note(case: dict[str, Any]) -> None:
    """Two passwords whose raw digests begin with the same NUL must not be one password."""
    for scheme in ("bcrypt", "argon2id"):
        passwords = Passwords(scheme=scheme, workers=1)
        stored = passwords.hash_sync(case["password"])
        assert passwords.verify_sync(case["password"], stored)
        assert not passwords.verify_sync(case["other"], stored)


def check(case: dict[str, Any]) -> None:
    passwords = verifier(case)
    got = passwords.verify_sync(password_of(case), case["encoded"])
    assert isinstance(got, Verified)
    assert got.ok is ANSWERS[case["expected"]], got.reason
    assert got.ok or got.reason
    if case.get("needs_rehash"):
        assert passwords.needs_rehash(case["encoded"])
        assert got.new_hash is not None
        assert not passwords.needs_rehash(got.new_hash)
        assert passwords.verify_sync(password_of(case), got.new_hash).ok


def passwords_file(path: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    for case in json.loads(path.read_text(encoding="utf-8")):
        run = raw if case["scheme"] in RAW else note if case["expected"] == "note" else check
        yield case["id"], partial(run, case)


FILES = {"auth/passwords.json": passwords_file}


def test_vectors(vector_file: str, run_file: Callable[[Any], None]) -> None:
    run_file(FILES[vector_file])


def test_range_answers(request: pytest.FixtureRequest) -> None:
    path = Path(request.config.getoption("--vectors")) / "auth" / "second_factor_dpop_pwned.json"
    if not path.exists():
        pytest.skip("second_factor_dpop_pwned.json is not among the vectors given")
    cases = [case for case in json.loads(path.read_text(encoding="utf-8")) if case["kind"] == "pwned-range"]
    for case in cases:
        prefix, rest = range_of(case["password"])
        assert prefix == case["prefix"], case["id"]
        assert count_in_range(case["response"], rest) == case["expected_count"], case["id"]
    assert cases
