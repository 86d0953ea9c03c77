"""Tokens: issued, verified, revoked, and what nobody may do with them; and the same tokens read by two peers."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

import joserfc.jwk
import joserfc.jwt
import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.auth.tokens import KeyRing, TokenError, Tokens
from hauberk.auth.tokens.encoding import decode, encode, parse
from hauberk.auth.tokens.keyring import ALGORITHMS
from hauberk.auth.tokens.verify import Rules, verify_jws
from hauberk.core.errors import ConfigurationError
from hauberk.core.plan import run_inline
from hauberk.stores.memory import MemoryStore

NOW = 1_800_000_000.0
RINGS = {alg: KeyRing.generate(alg) for alg in ALGORITHMS}


def tokens(alg: str = "EdDSA", **options: Any) -> Tokens:
    settings: dict[str, Any] = {"issuer": "https://id.example", "audience": "api", "clock": lambda: NOW}
    return Tokens(keys=RINGS[alg], **(settings | options))


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_what_is_issued_is_verified(alg: str) -> None:
    claims = tokens(alg).verify(tokens(alg).issue("ann", scope="read write"))
    assert (claims.subject, sorted(claims.scopes)) == ("ann", ["read", "write"])
    assert claims["iss"] == "https://id.example"
    assert claims.expires == NOW + 600


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (lambda: tokens(issuer="https://evil.example"), "issuer"),
        (lambda: tokens(audience="other"), "audience"),
        (lambda: tokens("ES256"), "algorithm"),
        (lambda: Tokens(issuer="https://id.example", audience="api", keys=KeyRing.generate()), "signature"),
        (lambda: tokens(clock=lambda: NOW + 606), "expired"),
        (lambda: tokens(clock=lambda: NOW - 10), "not-yet"),
    ],
)
def test_everybody_elses_is_refused(other: Callable[[], Tokens], reason: str) -> None:
    with pytest.raises(TokenError) as caught:
        other().verify(tokens().issue("ann"))
    assert caught.value.reason == reason


def test_another_type_of_token_is_refused() -> None:
    """An ID token of the same issuer is no access token (RFC 9068, section 4)."""
    key = RINGS["EdDSA"].active()
    body = {"iss": "https://id.example", "sub": "ann", "aud": "api", "exp": NOW + 60}
    message = ".".join(encode(json.dumps(part).encode()) for part in ({"alg": "EdDSA", "typ": "JWT"}, body))
    with pytest.raises(TokenError, match="type"):
        tokens().verify(f"{message}.{encode(key.signers['EdDSA'](message.encode()))}")


def test_claims_of_the_policy_cannot_be_given() -> None:
    with pytest.raises(ConfigurationError, match="exp"):
        tokens().issue("ann", exp=NOW + 10**9)


@pytest.mark.parametrize(
    "claims",
    [{"n": float("nan")}, {"text": "\ud800"}, {"big": "x" * 20_000}, {"what": object()}],
    ids=["nan", "surrogate", "long", "object"],
)
def test_what_would_be_refused_is_not_issued(claims: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=r"Tokens\.issue"):
        tokens().issue("ann", **claims)


def test_a_set_that_is_no_text_is_our_error() -> None:
    with pytest.raises(ConfigurationError):
        KeyRing.from_jwks("\ud800")


def test_revoked_is_revoked() -> None:
    mine = tokens(store=MemoryStore())
    token, other = mine.issue("ann"), mine.issue("ann")
    mine.revoke_sync(token)
    with pytest.raises(TokenError, match="revoked"):
        mine.check_sync(token)
    assert run_inline(mine.check(other)).subject == "ann"
    with pytest.raises(ConfigurationError, match=r"Tokens\.store"):
        tokens().revoke_sync(tokens().issue("ann"))


def test_keys_change_without_losing_anybody() -> None:
    ring = KeyRing.generate("ES256")
    mine = Tokens(issuer="https://id.example", audience="api", keys=ring, clock=lambda: NOW)
    published = {key["kid"] for key in mine.jwks()["keys"]}
    old = mine.issue("ann")
    ring.rotate()
    new = mine.issue("ann")
    assert json.loads(decode(new.split(".")[0]))["kid"] in published
    assert mine.verify(old).subject == mine.verify(new).subject == "ann"
    for _ in range(3):
        ring.rotate()
    with pytest.raises(TokenError):
        mine.verify(old)


def test_only_public_parts_are_published() -> None:
    assert tokens("HS256").jwks() == {"keys": []}
    for alg in ("EdDSA", "ES256", "RS256"):
        assert not {"d", "p", "q", "k"} & set().union(*tokens(alg).jwks()["keys"])


def test_a_ring_of_public_keys_verifies_and_never_signs() -> None:
    ring = KeyRing.from_jwks(json.dumps(tokens("ES256").jwks()))
    public = Tokens(issuer="https://id.example", audience="api", keys=ring, clock=lambda: NOW)
    assert public.verify(tokens("ES256").issue("ann")).subject == "ann"
    with pytest.raises(ConfigurationError, match="private"):
        public.issue("ann")


@pytest.mark.parametrize(
    "key",
    [
        "-----BEGIN PUBLIC KEY-----",
        {"kty": "oct", "k": encode(b"short")},
        {"kty": "RSA", "n": encode(b"\xff" * 128), "e": "AQAB"},
        {"kty": "OKP", "crv": "Ed25519", "x": encode(b"\0" * 32)},
        {"kty": "EC", "crv": "P-256", "x": encode(b"\1" * 32), "y": encode(b"\1" * 32)},
        {"kty": "none"},
        {"kty": "oct", "k": encode(b"-----BEGIN PUBLIC KEY-----\n" + b"x" * 60)},
        {"kty": "OKP", "crv": "Ed25519", "x": encode(b"\5" * 32), "alg": ["EdDSA"]},
        {},
    ],
)
def test_a_key_that_nobody_should_use_is_refused_and_not_shown(key: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        KeyRing.from_jwks({"keys": [key]})
    assert encode(b"short") not in str(caught.value)


def test_secrets_are_not_shown() -> None:
    assert "PrivateKey" not in repr(tokens())
    assert "(hidden)" not in repr(RINGS["HS256"])
    assert "KeyRing(HS256" in repr(RINGS["HS256"])


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA"])
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_two_peers_read_what_we_write(alg: str) -> None:
    token = tokens(alg, clock=lambda: 4_000_000_000.0).issue("ann")
    jwk: dict[str, Any] = {**(RINGS[alg].active().public or {}), "alg": alg}
    read = jwt.decode(
        token, jwt.PyJWK(jwk).key, algorithms=[alg], audience="api", options={"verify_iat": False, "verify_nbf": False}
    )
    assert read["sub"] == "ann"
    key = joserfc.jwk.import_key(jwk)
    assert joserfc.jwt.decode(token, key, algorithms=[alg]).claims["sub"] == "ann"


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_a_token_or_our_error(text: str) -> None:
    with pytest.raises(TokenError):
        tokens().verify(text)


@given(st.binary(max_size=300))
def test_any_octets_are_an_object_or_our_error(raw: bytes) -> None:
    with contextlib.suppress(TokenError):
        assert isinstance(parse(raw), dict)


@given(st.binary(max_size=200))
def test_base64url_is_undone(raw: bytes) -> None:
    assert decode(encode(raw)) == raw


@pytest.mark.parametrize("at", range(3))
def test_any_character_that_is_changed_is_noticed(at: int) -> None:
    parts = tokens().issue("ann").split(".")
    for place in range(len(parts[at])):
        changed = parts[at][:place] + ("A" if parts[at][place] != "A" else "B") + parts[at][place + 1 :]
        with pytest.raises(TokenError):
            tokens().verify(".".join([*parts[:at], changed, *parts[at + 1 :]]))


def test_rules_know_no_none() -> None:
    with pytest.raises(ConfigurationError, match="none"):
        Rules(algorithms=frozenset({"none"}))
    with pytest.raises(TokenError):
        verify_jws("a.b.c", [], Rules(algorithms=frozenset({"ES256"})))


def test_a_random_secret_may_begin_with_a_brace() -> None:
    """One in 256 does; only a text that is a key in itself is refused."""
    secret = b"{" + bytes(range(40, 71))
    KeyRing.from_jwks({"keys": [{"kty": "oct", "alg": "HS256", "k": encode(secret)}]})
    text = b'{"kty":"RSA","n":"AQAB","e":"AQAB","padding":"to the length"}'
    with pytest.raises(ConfigurationError, match="is the text of another key"):
        KeyRing.from_jwks({"keys": [{"kty": "oct", "alg": "HS256", "k": encode(text)}]})
