"""Both sides of every condition of the verifier: a change to one of them is noticed here (`fuzz.mutate_tokens`)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hauberk.auth.tokens.encoding import DEEPEST, encode
from hauberk.auth.tokens.errors import TokenError
from hauberk.auth.tokens.keyring import new_jwk
from hauberk.auth.tokens.keys import Key
from hauberk.auth.tokens.verifier import MOST_HEADERS, Verifier
from hauberk.auth.tokens.verify import (
    LATEST,
    MOST_KEYS,
    Rules,
    candidates,
    check_claims,
    check_header,
    split,
    verify_jws,
)
from hauberk.core.errors import ConfigurationError

NOW = 1_800_000_000
ES = frozenset({"ES256"})
BARE = Rules(algorithms=ES, required=frozenset())


def rules(**options: Any) -> Rules:
    return Rules(**{"algorithms": ES, "required": frozenset()} | options)


def header(value: dict[str, Any], **options: Any) -> str:
    try:
        check_header(value, rules(**options))
    except TokenError as error:
        return error.reason
    return ""


def claims(value: dict[str, Any], **options: Any) -> str:
    try:
        check_claims(value, rules(**options), NOW)
    except TokenError as error:
        return error.reason
    return ""


@pytest.mark.parametrize(
    ("value", "options", "reason"),
    [
        ({}, {}, ""),
        ({"alg": "ES384"}, {}, "algorithm"),
        ({"alg": "es256"}, {}, "algorithm"),
        ({"alg": ["ES256"]}, {}, "algorithm"),
        ({"alg": None}, {}, "algorithm"),
        ({"crit": ["b64"]}, {}, "critical"),
        ({"crit": None}, {}, "critical"),
        ({"b64": True}, {}, ""),
        ({"b64": False}, {}, "critical"),
        ({"b64": None}, {}, "critical"),
        ({"b64": 1}, {}, "critical"),
        ({"enc": "A128GCM"}, {}, "form"),
        ({"enc": None}, {}, "form"),
        ({"kid": "1"}, {}, ""),
        ({"kid": None}, {}, "header"),
        ({"kid": 1}, {}, "header"),
        ({"typ": None}, {}, ""),
        ({"typ": "JWT"}, {}, ""),
        ({"typ": 1}, {}, "header"),
        ({"typ": []}, {}, "header"),
        ({}, {"typ": "at+jwt"}, "type"),
        ({"typ": None}, {"typ": "at+jwt"}, "type"),
        ({}, {"typ": "x"}, "type"),
        ({"typ": "JWT"}, {"typ": "at+jwt"}, "type"),
        ({"typ": "at+jwt"}, {"typ": "at+jwt"}, ""),
        ({"typ": "AT+JWT"}, {"typ": "at+jwt"}, ""),
        ({"typ": "at+jwt"}, {"typ": "AT+jwt"}, ""),
        ({"typ": "application/at+jwt"}, {"typ": "at+jwt"}, ""),
        ({"typ": "APPLICATION/at+jwt"}, {"typ": "at+jwt"}, ""),
        ({"typ": "application/application/at+jwt"}, {"typ": "at+jwt"}, "type"),
        ({"typ": "at+jwt/application/"}, {"typ": "at+jwt"}, "type"),
    ],
)
def test_headers(value: dict[str, Any], options: dict[str, Any], reason: str) -> None:
    assert header({"alg": "ES256", **value}, **options) == reason


@pytest.mark.parametrize(
    ("value", "options", "reason"),
    [
        ({}, {}, ""),
        ({}, {"required": frozenset({"sub"})}, "missing-claim"),
        ({"sub": None}, {"required": frozenset({"sub"})}, "missing-claim"),
        ({"sub": ""}, {"required": frozenset({"sub"})}, "missing-claim"),
        ({"sub": "a"}, {"required": frozenset({"sub"})}, ""),
        ({"aud": []}, {"required": frozenset({"aud"})}, ""),
        ({"iss": 1}, {}, "claim-type"),
        ({"iss": None}, {}, "claim-type"),
        ({"sub": ["a"]}, {}, "claim-type"),
        ({"jti": 1}, {}, "claim-type"),
        ({"iss": "a", "sub": "b", "jti": "c"}, {}, ""),
        # who issued it, and for whom
        ({"iss": "me"}, {"issuers": frozenset({"me", "you"})}, ""),
        ({"iss": "me"}, {"issuers": frozenset({"you"})}, "issuer"),
        ({}, {"issuers": frozenset({"you"})}, "issuer"),
        ({"iss": "m"}, {"issuers": frozenset({"me"})}, "issuer"),
        ({"aud": "api"}, {"audiences": frozenset({"api"})}, ""),
        ({"aud": ["x", "api"]}, {"audiences": frozenset({"api", "y"})}, ""),
        ({"aud": "ap"}, {"audiences": frozenset({"api"})}, "audience"),
        ({"aud": []}, {"audiences": frozenset({"api"})}, "audience"),
        ({}, {"audiences": frozenset({"api"})}, "audience"),
        ({"aud": "other"}, {}, ""),
        ({"aud": 1}, {}, "claim-type"),
        ({"aud": None}, {}, "claim-type"),
        ({"aud": {"api": 1}}, {"audiences": frozenset({"api"})}, "claim-type"),
        ({"aud": ["api", 1]}, {"audiences": frozenset({"api"})}, "claim-type"),
        ({"aud": [["api"]]}, {}, "claim-type"),
        # revoked
        ({"jti": "1"}, {"denied": {"1"}}, "revoked"),
        ({"jti": "2"}, {"denied": {"1"}}, ""),
        ({}, {"denied": {"1"}}, ""),
        ({}, {"denied": {None}}, ""),
        # when
        ({"exp": NOW}, {}, "expired"),
        ({"exp": NOW + 1}, {}, ""),
        ({"exp": NOW + 0.5}, {}, ""),
        ({"exp": NOW - 5}, {"leeway": 5}, "expired"),
        ({"exp": NOW - 4}, {"leeway": 5}, ""),
        ({"nbf": NOW}, {}, ""),
        ({"nbf": NOW + 1}, {}, "not-yet"),
        ({"nbf": NOW + 5}, {"leeway": 5}, ""),
        ({"nbf": NOW + 6}, {"leeway": 5}, "not-yet"),
        ({"iat": NOW}, {}, ""),
        ({"iat": NOW + 1}, {}, "not-yet"),
        ({"iat": NOW + 5}, {"leeway": 5}, ""),
        ({"iat": NOW + 6}, {"leeway": 5}, "not-yet"),
        ({"iat": NOW - 60}, {"max_age": 60}, ""),
        ({"iat": NOW - 61}, {"max_age": 60}, "expired"),
        ({"iat": NOW - 65}, {"max_age": 60, "leeway": 5}, ""),
        ({"iat": NOW - 66}, {"max_age": 60, "leeway": 5}, "expired"),
        ({}, {"max_age": 60}, "expired"),
        ({"iat": NOW - 10**9}, {}, ""),
        # what is a time
        ({"exp": True}, {}, "claim-type"),
        ({"nbf": False}, {}, "claim-type"),
        ({"exp": str(NOW + 60)}, {}, "claim-type"),
        ({"exp": None}, {}, "claim-type"),
        ({"exp": [NOW + 60]}, {}, "claim-type"),
        ({"exp": float("nan")}, {}, "claim-type"),
        ({"exp": float("inf")}, {}, "claim-type"),
        ({"exp": LATEST}, {}, "claim-type"),
        ({"exp": LATEST - 1}, {}, ""),
        ({"iat": -LATEST}, {}, "claim-type"),
        ({"iat": -LATEST + 1}, {}, ""),
    ],
)
def test_claims(value: dict[str, Any], options: dict[str, Any], reason: str) -> None:
    assert claims(value, **options) == reason


def test_what_is_missing_is_named() -> None:
    with pytest.raises(TokenError, match="exp, sub"):
        check_claims({}, rules(required=frozenset({"sub", "exp"})), NOW)


def test_by_default_a_token_must_end() -> None:
    with pytest.raises(TokenError, match="exp"):
        check_claims({}, Rules(algorithms=ES), NOW)
    check_claims({"exp": NOW + 1}, Rules(algorithms=ES), NOW)
    with pytest.raises(TokenError, match="expired"):
        check_claims({"exp": NOW}, Rules(algorithms=ES), NOW)
    assert (Rules(algorithms=ES).max_octets, Rules(algorithms=ES).max_payload) == (16_384, 16_384)
    assert (MOST_KEYS, MOST_HEADERS, DEEPEST, LATEST) == (8, 32, 32, 1e12)


def test_rules_stay_as_they_were_made() -> None:
    with pytest.raises(AttributeError):
        BARE.typ = "JWT"  # type: ignore[misc]
    with pytest.raises(TypeError):
        Rules(ES)  # type: ignore[call-arg]
    assert not hasattr(BARE, "__dict__")


@pytest.mark.parametrize("name", ["none", "NONE", "", "es256", "HS1", "RSA-OAEP"])
def test_what_is_no_algorithm(name: str) -> None:
    with pytest.raises(ConfigurationError, match="is not an algorithm"):
        Rules(algorithms=frozenset({"ES256", name}))


@pytest.mark.parametrize(
    "name", "HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519 Ed448".split()
)
def test_what_is_one(name: str) -> None:
    assert Rules(algorithms=frozenset({name})).algorithms == {name}


@pytest.mark.parametrize("token", [None, 1, b"a.b.c", ["a", "b", "c"], "\u00e9.b.c"])
def test_what_is_no_text_of_ascii(token: object) -> None:
    with pytest.raises(TokenError, match=r"form"):
        split(token, 100)
    with pytest.raises(TokenError, match=r"form"):
        verify_jws(token, (), BARE)
    with pytest.raises(TokenError, match=r"form"):
        Verifier(BARE, "", "").claims(token, (), NOW)


def test_the_three_parts_and_what_is_signed() -> None:
    assert split("ab.cde.f", 8) == (b"ab.cde", b"ab", b"cde", b"f")
    assert split("..", 8) == (b".", b"", b"", b"")
    for token in ("", ".", "ab.cde", "a.b.c.d", "a.b.c."):
        with pytest.raises(TokenError, match="form"):
            split(token, 8)
    with pytest.raises(TokenError, match="too-long"):
        split("ab.cde.fg", 8)


def key(alg: str = "ES256", kid: str | None = None) -> Key:
    jwk = {**new_jwk(alg), "alg": alg}
    return Key.from_jwk(jwk if kid is None else {**jwk, "kid": kid})


def test_which_keys_may_verify() -> None:
    mine, other, rs = key(kid="1"), key(kid="2"), key("RS256", kid="3")
    assert candidates({"alg": "ES256"}, [mine, other, rs]) == (mine.algorithms["ES256"], other.algorithms["ES256"])
    assert candidates({"alg": "ES256", "kid": "2"}, [mine, other, rs]) == (other.algorithms["ES256"],)
    assert candidates({"alg": "ES256", "kid": "3"}, [mine, other, rs]) == ()
    assert candidates({"alg": "ES256", "kid": "4"}, [mine, other, rs]) == ()
    assert candidates({"alg": "none"}, [mine]) == ()
    nameless = key()
    assert nameless.kid is None
    assert candidates({"alg": "ES256", "kid": "4"}, [mine, nameless]) == (nameless.algorithms["ES256"],)
    assert candidates({"alg": "ES256"}, [nameless]) == (nameless.algorithms["ES256"],)
    assert len(candidates({"alg": "ES256"}, [mine] * 20)) == 8


def signed(by: Key, head: dict[str, Any], said: dict[str, Any]) -> str:
    alg = next(iter(by.signers))
    message = ".".join(encode(json.dumps(part).encode()) for part in ({"alg": alg, **head}, said))
    return f"{message}.{encode(by.signers[alg](message.encode()))}"


def test_any_of_the_keys_will_do_and_no_other() -> None:
    first, second, third = key(), key(), key()
    token = signed(second, {}, {"exp": NOW + 60})
    expected = {"exp": NOW + 60}
    verifier = Verifier(BARE, "", "")
    for keys in ([second], [first, second], [second, first]):
        assert json.loads(verify_jws(token, keys, BARE)[1]) == expected
        assert verifier.claims(token, keys, NOW) == expected
        assert verifier.claims(token, keys, NOW) == expected
    none: list[list[Key]] = [[], [first], [first, third]]
    for keys in none:
        with pytest.raises(TokenError, match="signature"):
            verify_jws(token, keys, BARE)
        with pytest.raises(TokenError, match="signature"):
            verifier.claims(token, keys, NOW)


def test_a_header_is_remembered_for_its_keys_alone() -> None:
    """The same header under other keys: what was remembered must not outlive them, nor come back with them."""
    verifier = Verifier(BARE, "", "")
    old, new = [key()], [key()]
    token = signed(old[0], {}, {"exp": NOW + 60})
    assert verifier.claims(token, old, NOW)
    assert len(verifier._headers) == 1
    with pytest.raises(TokenError, match="signature"):
        verifier.claims(token, new, NOW)
    assert not verifier._headers
    assert verifier.claims(token, old, NOW)


@pytest.mark.parametrize(
    ("head", "options", "reason"),
    [
        ({"crit": ["x"], "x": 1}, {}, "critical"),
        ({"b64": False}, {}, "critical"),
        ({"enc": "A128GCM"}, {}, "form"),
        ({"typ": "JWT"}, {"typ": "at+jwt"}, "type"),
        ({}, {"algorithms": frozenset({"ES384"})}, "algorithm"),
        ({}, {"max_payload": 1}, "too-long"),
        ({}, {"max_octets": 1}, "too-long"),
        ({"typ": "at+jwt"}, {"typ": "at+jwt"}, ""),
    ],
)
def test_a_good_signature_is_not_enough(head: dict[str, Any], options: dict[str, Any], reason: str) -> None:
    mine = key()
    token = signed(mine, head, {"exp": NOW + 60})
    if not reason:
        assert verify_jws(token, [mine], rules(**options))[0]["alg"] == "ES256"
        return
    with pytest.raises(TokenError, match=reason):
        verify_jws(token, [mine], rules(**options))
    with pytest.raises(TokenError, match=reason):
        Verifier(rules(**options), "", "").claims(token, [mine], NOW)
