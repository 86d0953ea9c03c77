"""The verifier's quick way is no wider than the thorough one, and is taken where it may be (`fuzz.mutate_tokens`)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from hauberk.auth.tokens import verifier as module
from hauberk.auth.tokens.encoding import decode, encode
from hauberk.auth.tokens.errors import TokenError
from hauberk.auth.tokens.keyring import new_jwk
from hauberk.auth.tokens.keys import Key
from hauberk.auth.tokens.verifier import Verifier
from hauberk.auth.tokens.verify import Rules

NOW = 1_800_000_000
KEY = Key.from_jwk({**new_jwk("ES256"), "alg": "ES256"})
SAID = {"iss": "me", "aud": "api", "sub": "ann", "iat": NOW, "exp": NOW + 60, "jti": "1"}


def rules(**options: Any) -> Rules:
    usual = {"issuers": frozenset({"me"}), "audiences": frozenset({"api"}), "required": frozenset[str]()}
    return Rules(**{"algorithms": frozenset({"ES256"})} | usual | options)


def signed(by: Key, head: dict[str, Any], said: dict[str, Any]) -> str:
    message = ".".join(encode(json.dumps(part).encode()) for part in ({"alg": "ES256", **head}, said))
    return f"{message}.{encode(by.signers['ES256'](message.encode()))}"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How often something was looked at closely."""
    counted = {"check_claims": 0, "check_header": 0}

    def counting(name: str, real: Callable[..., None]) -> Callable[..., None]:
        def call(*given: Any) -> None:
            counted[name] += 1
            real(*given)

        return call

    for name in counted:
        monkeypatch.setattr(module, name, counting(name, getattr(module, name)))
    return counted


@pytest.mark.parametrize(
    "required",
    [frozenset(), frozenset({"exp"}), frozenset({"iat"}), frozenset({"sub", "iss", "aud", "exp"}),
     frozenset({"sub", "iss", "aud", "exp", "iat"})],
)  # fmt: skip
def test_a_usual_token_is_looked_at_once(calls: dict[str, int], required: frozenset[str]) -> None:
    verifier = Verifier(rules(required=required), "me", "api")
    token = signed(KEY, {}, SAID)
    keys = (KEY,)
    for _ in range(3):
        assert verifier.claims(token, keys, NOW) == SAID
    assert calls == {"check_claims": 0, "check_header": 1}


@pytest.mark.parametrize(("leeway", "now"), [(0, NOW), (0, NOW + 59), (5, NOW - 5), (5, NOW + 64)])
def test_up_to_the_second(calls: dict[str, int], leeway: float, now: float) -> None:
    assert Verifier(rules(leeway=leeway), "me", "api").claims(signed(KEY, {}, SAID), (KEY,), now) == SAID
    assert calls["check_claims"] == 0


def test_what_is_missing_from_the_quick_way() -> None:
    """Rules that no careful issuer has: an empty name would count as missing, and so would one that nobody saw to."""
    said = {**SAID, "iss": ""}
    verifier = Verifier(rules(issuers=frozenset({""}), required=frozenset({"iss"})), "", "api")
    with pytest.raises(TokenError, match="missing-claim"):
        verifier.claims(signed(KEY, {}, said), (KEY,), NOW)
    every = frozenset({"exp", "iat", "sub", "iss", "aud", "scope"})
    with pytest.raises(TokenError, match="missing-claim"):
        Verifier(rules(required=every), "me", "api").claims(signed(KEY, {}, SAID), (KEY,), NOW)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ""),
        ({"exp": NOW}, "expired"),
        ({"exp": 10**12}, "claim-type"),
        ({"exp": float(NOW - 1)}, "expired"),
        ({"iat": NOW + 1}, "not-yet"),
        ({"iat": -1}, ""),
        ({"iat": -(10**13)}, "claim-type"),
        ({"nbf": NOW + 1}, "not-yet"),
        ({"nbf": NOW}, ""),
        ({"jti": 1}, "claim-type"),
        ({"jti": None}, "claim-type"),
        ({"sub": ""}, "missing-claim"),
        ({"sub": 1}, "claim-type"),
        ({"iss": "you"}, "issuer"),
        ({"aud": "you"}, "audience"),
    ],
)
@pytest.mark.parametrize("way", ["quick", "thorough"])
def test_the_quick_way_is_no_wider(change: dict[str, Any], reason: str, way: str) -> None:
    said = {**SAID, **change}
    asked = rules(required=frozenset({"exp", "sub"}))
    # Another issuer and audience than those of the rules send every token the thorough way.
    verifier = Verifier(asked, *(("me", "api") if way == "quick" else ("-", "-")))
    token = signed(KEY, {}, said)
    if reason:
        with pytest.raises(TokenError, match=reason):
            verifier.claims(token, (KEY,), NOW)
    else:
        assert verifier.claims(token, (KEY,), NOW) == said


@pytest.mark.parametrize(
    ("more", "change", "reason"),
    [
        ({"denied": frozenset({"1"})}, {}, "revoked"),
        ({"max_age": 60}, {"iat": NOW - 61}, "expired"),
        ({"max_age": 60}, {"iat": NOW - 60}, ""),
        ({"required": frozenset({"exp", "scope"})}, {}, "missing-claim"),
        ({"required": frozenset({"exp", "jti"})}, {"jti": ""}, "missing-claim"),
        ({"issuers": frozenset({"you"})}, {}, "issuer"),
        ({"audiences": frozenset({"other"})}, {}, "audience"),
        ({"max_payload": 10}, {}, "too-long"),
    ],
)
def test_rules_that_ask_for_more_go_the_thorough_way(more: dict[str, Any], change: dict[str, Any], reason: str) -> None:
    said = {**SAID, **change}
    asked = rules(**more)
    token = signed(KEY, {}, said)
    if not reason:
        assert Verifier(asked, "me", "api").claims(token, (KEY,), NOW) == said
        return
    with pytest.raises(TokenError, match=reason):
        Verifier(asked, "me", "api").claims(token, (KEY,), NOW)


def test_what_is_revoked_later_is_seen() -> None:
    gone: set[str] = set()
    asked = rules(denied=gone)
    verifier = Verifier(asked, "me", "api")
    token = signed(KEY, {}, SAID)
    assert verifier.claims(token, (KEY,), NOW)
    gone.add("1")
    with pytest.raises(TokenError, match="revoked"):
        verifier.claims(token, (KEY,), NOW)


def test_a_payload_has_its_own_limit() -> None:
    token = signed(KEY, {}, SAID)
    size = len(decode(token.split(".")[1]))
    for most, good in ((size, True), (size - 1, False)):
        verifier = Verifier(rules(max_payload=most), "me", "api")
        if good:
            assert verifier.claims(token, (KEY,), NOW)
            continue
        with pytest.raises(TokenError, match="too-long"):
            verifier.claims(token, (KEY,), NOW)
