"""attacks.json and wycheproof_jose.json: tokens that must be taken, and tokens that must not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hauberk.auth.tokens import TokenError
from hauberk.auth.tokens.encoding import parse
from hauberk.auth.tokens.keys import Key, key_set
from hauberk.auth.tokens.verify import ALGORITHMS, Rules, check_claims, verify_jws
from hauberk.core.errors import ConfigurationError

Case = tuple[str, Callable[[], None]]


def token_cases(path: Path) -> Iterator[Case]:
    document = json.loads(path.read_text("utf-8"))
    for case in document["cases"] if isinstance(document, dict) else document:
        yield case["id"], partial(_check, case)


def _check(case: dict[str, Any]) -> None:
    if case["mode"] == "jwe":
        pytest.skip(
            "encrypted tokens (JWE) are not offered: what a client carries is signed, secrets stay on the server"
        )
    try:
        _decide(case)
    except (TokenError, ConfigurationError) as error:
        answer, why = "reject", str(error)
    else:
        answer, why = "accept", ""
    assert case["expected"] in {answer, "either"}, f"{answer} {why}: {case['reason']}"


def _decide(case: dict[str, Any]) -> None:
    pieces = case.get("token_pieces")
    token = case["token"] if pieces is None else "".join(text * count for text, count in pieces)
    policy = case["policy"]
    rules = Rules(
        algorithms=frozenset(policy["algorithms"]) & ALGORITHMS,
        issuers=_texts(policy.get("iss")),
        audiences=_texts(policy.get("aud")),
        required=frozenset(policy.get("require", ())),
        typ=policy.get("typ"),
        leeway=policy.get("leeway", 0),
        max_age=policy.get("max_age"),
        max_octets=policy.get("max_token_bytes", 16_384),
        max_payload=policy.get("max_plain_bytes", 16_384),
        denied=frozenset(policy.get("denied_jti", ())),
    )
    _, payload = verify_jws(token, _keys(case), rules)
    if case["mode"] == "jwt":
        check_claims(parse(payload), rules, policy["now"])


def _keys(case: dict[str, Any]) -> list[Key]:
    if "key_text" in case:
        return [Key.from_jwk(case["key_text"])]
    key = case["key"]
    return [] if key is None else key_set(key.get("keys", [key]))


def _texts(value: Any) -> frozenset[str]:
    return frozenset() if value is None else frozenset([value] if isinstance(value, str) else value)


FILES = {"auth/attacks.json": token_cases, "auth/wycheproof_jose.json": token_cases}


def test_vectors(vector_file: str, run_file: Callable[[Any], None]) -> None:
    run_file(FILES[vector_file])
