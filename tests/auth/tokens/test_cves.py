"""What others' libraries let through once, each as an attack on ours, with an honest twin that passes.

A row: its number, the issuer, what the attacker sends (given the issuer), and the stable reason of the refusal.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

from hauberk import JWKS, Issuer, KeyRing, TokenError, Tokens
from hauberk.auth.tokens.encoding import decode, encode
from hauberk.auth.tokens.keyring import new_jwk
from hauberk.auth.tokens.keys import Key
from hauberk.auth.tokens.verify import Rules, verify_jws
from hauberk.core.errors import ConfigurationError

NOW = 1_800_000_000.0
RSA_JWK = {**new_jwk("RS256"), "alg": "RS256"}
EC_JWK = {**new_jwk("ES256"), "alg": "ES256"}


def issuer(jwk: Mapping[str, Any], **options: Any) -> Tokens:
    settings: dict[str, Any] = {"issuer": "https://id.example", "audience": "api", "clock": lambda: NOW} | options
    return Tokens(keys=KeyRing.from_jwks({"keys": [dict(jwk)]}), **settings)


RS, ES = issuer(RSA_JWK), issuer(EC_JWK)


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    first, second, third = token.split(".")
    return json.loads(decode(first)), json.loads(decode(second)), decode(third)


def written(header: object, claims: object) -> str:
    return f"{encode(json.dumps(header).encode())}.{encode(json.dumps(claims).encode())}"


def by_hmac(tokens: Tokens, secret: bytes, alg: str = "HS256", **header: Any) -> str:
    _, claims, _ = parts(tokens.issue("admin"))
    message = written({"alg": alg, "typ": "at+jwt", **header}, claims)
    return f"{message}.{encode(hmac.digest(secret, message.encode(), 'sha256'))}"


def unsigned(tokens: Tokens, alg: object = "none", signature: str = "") -> str:
    _, claims, _ = parts(tokens.issue("admin"))
    return f"{written({'alg': alg, 'typ': 'at+jwt'}, claims)}.{signature}"


def signed(tokens: Tokens, header: Mapping[str, Any] | None = None, claims: Mapping[str, Any] | None = None) -> str:
    """By the issuer's own key, whatever it says: what a careless issuer would sign."""
    head, said, _ = parts(tokens.issue("ann"))
    key = tokens.keys.active()
    message = written({**head, **(header or {})}, {**said, **(claims or {})})
    return f"{message}.{encode(key.signers[tokens.keys.algorithm](message.encode()))}"


def pem(jwk: Mapping[str, str], form: str = "pem") -> bytes:
    number = {name: int.from_bytes(decode(jwk[name]), "big") for name in ("n", "e", "x", "y") if name in jwk}
    public: Any = (
        rsa.RSAPublicNumbers(number["e"], number["n"]).public_key()
        if jwk["kty"] == "RSA"
        else ec.EllipticCurvePublicNumbers(number["x"], number["y"], ec.SECP256R1()).public_key()
    )
    encodings = {
        "pem": (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
        "ssh": (serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH),
        "der": (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
    }
    octets: bytes = public.public_bytes(*encodings[form])
    return octets


def jwk_text(tokens: Tokens) -> bytes:
    return json.dumps(tokens.keys.active().public).encode()


class Row(NamedTuple):
    number: str
    tokens: Tokens
    attack: Callable[[Tokens], str]
    reason: str


ROWS = [
    Row("CVE-2022-29217", RS, lambda t: by_hmac(t, pem(RSA_JWK)), "algorithm"),
    Row("CVE-2022-29217", ES, lambda t: by_hmac(t, pem(EC_JWK, "ssh")), "algorithm"),
    Row("CVE-2024-53861", ES, lambda t: signed(t, claims={"iss": "https://id"}), "issuer"),
    Row("CVE-2024-53861", ES, lambda t: signed(t, claims={"iss": "https://id.example.evil.example"}), "issuer"),
    Row("CVE-2026-32597", ES, lambda t: signed(t, {"crit": ["exp"], "exp": 1}), "critical"),
    Row("CVE-2026-32597", ES, lambda t: signed(t, {"crit": []}), "critical"),
    Row("CVE-2026-48523", RS, lambda t: signed(t, {"alg": "RS384"}), "algorithm"),
    Row("CVE-2026-48525", ES, lambda t: signed(t, claims={"x": "A" * 200_000}), "too-long"),
    Row("CVE-2026-48526", RS, lambda t: by_hmac(t, jwk_text(t)), "algorithm"),
    Row("CVE-2024-37568", ES, lambda t: by_hmac(t, pem(EC_JWK)), "algorithm"),
    Row("CVE-2024-37568", RS, lambda t: by_hmac(t, pem(RSA_JWK, "der")), "algorithm"),
    Row("CVE-2025-59420", ES, lambda t: signed(t, {"crit": ["bork"], "bork": True}), "critical"),
    Row("CVE-2025-61920", ES, lambda t: f"{'A' * 300_000}.{'A' * 300_000}.AA", "too-long"),
    Row("CVE-2026-28802", ES, lambda t: unsigned(t), "algorithm"),
    Row("CVE-2026-28802", ES, lambda t: unsigned(t, "NoNe"), "algorithm"),
    Row("CVE-2024-33663", ES, lambda t: by_hmac(t, pem(EC_JWK, "ssh")), "algorithm"),
    Row("CVE-2024-33664", ES, lambda t: signed(t, {"alg": "dir", "enc": "A128GCM", "zip": "DEF"}), "algorithm"),
    Row("CVE-2024-33664", ES, lambda t: f"{t.issue('ann')}.AA.AA", "form"),
    Row("CVE-2015-9235", RS, lambda t: unsigned(t), "algorithm"),
    Row("CVE-2015-9235", RS, lambda t: by_hmac(t, pem(RSA_JWK)), "algorithm"),
    Row("CVE-2022-23540", ES, lambda t: unsigned(t, "none", encode(b"")), "algorithm"),
    Row("CVE-2022-23540", ES, lambda t: unsigned(t, None), "algorithm"),
    Row("CVE-2022-23541", RS, lambda t: by_hmac(t, pem(RSA_JWK), kid=t.keys.active().kid), "algorithm"),
    Row("CVE-2022-21449", ES, lambda t: unsigned(t, "ES256", encode(bytes(64))), "signature"),
    Row("CVE-2022-21449", ES, lambda t: unsigned(t, "ES256", encode(b"\x30\x06\x02\x01\x00\x02\x01\x00")), "signature"),
]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.number}-{place}" for place, row in enumerate(ROWS)])
def test_a_token_that_others_took(row: Row) -> None:
    assert row.tokens.verify(row.tokens.issue("ann")).subject == "ann"
    attack = row.attack(row.tokens)
    with pytest.raises(TokenError) as caught:
        row.tokens.verify(attack)
    assert caught.value.reason == row.reason


@pytest.mark.parametrize("text", [pem(RSA_JWK), pem(EC_JWK), pem(EC_JWK, "ssh"), jwk_text(RS)])
def test_the_text_of_a_key_is_no_shared_secret(text: bytes) -> None:
    """CVE-2022-29217, CVE-2024-33663, CVE-2026-48526: refused when the ring is built, before any token comes."""
    with pytest.raises(ConfigurationError, match="text of another key"):
        KeyRing.from_jwks({"keys": [{"kty": "oct", "k": encode(text)}]})
    assert KeyRing.from_jwks({"keys": [{"kty": "oct", "k": encode(bytes(range(64)))}]}).algorithm.startswith("HS")


def test_a_key_in_the_header_is_nobodys_key() -> None:
    """CVE-2026-27962: `jwk`, `jku`, `x5c` of a token are not looked at, whatever keys there are."""
    evil = KeyRing.generate("ES256")
    theirs = Tokens(issuer="https://id.example", audience="api", keys=evil, clock=lambda: NOW)
    for more in ({"jwk": evil.active().public}, {"jku": "https://evil.example/jwks"}, {"x5c": ["AA"]}, {"x5u": "x"}):
        token = signed(theirs, more)
        with pytest.raises(TokenError):
            ES.verify(token)
        with pytest.raises(TokenError):
            verify_jws(token, (), Rules(algorithms=frozenset({"ES256"})))


def test_an_algorithm_of_the_list_is_still_bound_to_its_key() -> None:
    """CVE-2026-48523: the list allows both, the key is for one."""
    rules = Rules(algorithms=frozenset({"RS256", "RS384", "PS256", "ES256"}))
    key = Key.from_jwk(RSA_JWK)
    assert verify_jws(RS.issue("ann"), [key], rules)
    for alg in ("RS384", "PS256", "ES256"):
        with pytest.raises(TokenError):
            verify_jws(signed(RS, {"alg": alg}), [key], rules)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://id.example/jwks", "data:application/json,{}", "http://id.example/j"]
)
def test_a_key_set_comes_by_https_alone(url: str) -> None:
    """CVE-2026-48522. That a made-up `kid` does not fetch again and again (CVE-2026-48524): tests/auth/jwks."""
    with pytest.raises(ConfigurationError, match=r"JWKS\.url"):
        JWKS(url=url)
    JWKS(url="https://id.example/jwks.json")


def test_a_list_of_algorithms_never_mixes_kinds() -> None:
    """CVE-2022-23541 and its like: there is no setting under which a public key may verify HS256."""
    with pytest.raises(ConfigurationError, match="asymmetric"):
        Issuer(
            issuer="https://id.example",
            audience="api",
            keys=JWKS(url="https://id.example/jwks.json"),
            algorithms=frozenset({"RS256", "HS256"}),
        )


def test_keys_of_a_kind_that_no_algorithm_has() -> None:
    """CVE-2022-23539: DSA keys, and curves or sizes that do not belong to the algorithm."""
    dsa_numbers = dsa.generate_private_key(1024).public_key().public_numbers()
    short = rsa.generate_private_key(65_537, 1024).public_key().public_numbers()
    bad: list[dict[str, str]] = [
        {"kty": "DSA", "y": encode(dsa_numbers.y.to_bytes(128, "big"))},
        {"kty": "RSA", "n": encode(short.n.to_bytes(128, "big")), "e": "AQAB"},
        {**{name: EC_JWK[name] for name in ("kty", "crv", "x", "y")}, "alg": "ES384"},
        {**{name: EC_JWK[name] for name in ("kty", "crv", "x", "y")}, "alg": "RS256"},
        {"kty": "oct", "k": encode(b"short"), "alg": "HS256"},
        {"kty": "EC", "crv": "P-256", "x": None, "y": 5},  # type: ignore[dict-item]
        {"kty": "RSA", "n": ["AQAB"], "e": {}},  # type: ignore[dict-item]
        {"kty": "oct", "k": 7},  # type: ignore[dict-item]
    ]
    for jwk in bad:
        with pytest.raises(ConfigurationError):
            KeyRing.from_jwks({"keys": [jwk]})
    public = {name: EC_JWK[name] for name in ("kty", "crv", "x", "y", "alg")}
    assert KeyRing.from_jwks({"keys": [public]}).algorithm == "ES256"


def test_a_payload_has_a_limit_of_its_own() -> None:
    key, token = Key.from_jwk(EC_JWK), ES.issue("ann")
    size = len(decode(token.split(".")[1]))
    options: dict[str, Any] = {"algorithms": frozenset({"ES256"})}
    assert verify_jws(token, [key], Rules(**options, max_payload=size))
    with pytest.raises(TokenError, match="too-long"):
        verify_jws(token, [key], Rules(**options, max_payload=size - 1))
    assert verify_jws(token, [key], Rules(**options, max_octets=len(token)))
    with pytest.raises(TokenError, match="too-long"):
        verify_jws(token, [key], Rules(**options, max_octets=len(token) - 1))
