"""What verifying a token costs: ours with every check on, the floor, and peers. `python -m bench.tokens`

The floor is the least correct work: split, decode, one signature, both parts as JSON, `exp`, `iss` and `aud` compared.
"""

from __future__ import annotations

import hmac
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable
from importlib import import_module
from statistics import median
from typing import Any

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from bench.harness import Once, medians, microseconds, report
from hauberk import KeyRing, Tokens
from hauberk.auth.tokens.keyring import new_jwk

ISSUER, AUDIENCE = "https://id.example", "https://api.example"
ALGORITHMS = ("HS256", "RS256", "ES256", "EdDSA")
CALLS = {"HS256": 4_000, "RS256": 500, "ES256": 250, "EdDSA": 250}


def octets(text: str) -> bytes:
    """Base64url with the padding that the decoder wants."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def bare(alg: str, jwk: dict[str, Any]) -> Callable[[bytes, bytes], object]:
    """One signature by the primitive alone; what does not fit raises, or is False."""
    if alg == "HS256":
        secret = octets(jwk["k"])
        return lambda signature, message: hmac.compare_digest(signature, hmac.digest(secret, message, "sha256"))
    public: Any = import_module("jwt").PyJWK({name: value for name, value in jwk.items() if name != "d"}).key
    if alg == "RS256":
        pad, digest = padding.PKCS1v15(), hashes.SHA256()
        return lambda signature, message: public.verify(signature, message, pad, digest)
    if alg == "EdDSA":
        return lambda signature, message: public.verify(signature, message)
    ecdsa = ec.ECDSA(hashes.SHA256())

    def verify(signature: bytes, message: bytes) -> object:
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        return public.verify(encode_dss_signature(r, s), message, ecdsa)

    return verify


def floor(alg: str, jwk: dict[str, Any], token: str) -> Once:
    """The least correct work."""
    fits, load = bare(alg, jwk), msgspec.json.Decoder().decode

    def once() -> object:
        message, _, third = token.rpartition(".")
        first, _, second = message.partition(".")
        header = load(octets(first))
        if header["alg"] != alg or fits(octets(third), message.encode()) is False:
            raise RuntimeError("refused")
        claims = load(octets(second))
        if claims["exp"] <= time.time() or claims["iss"] != ISSUER or claims["aud"] != AUDIENCE:
            raise RuntimeError("refused")
        return claims

    return once


def peers(alg: str, jwk: dict[str, Any], token: str) -> dict[str, Once]:
    """As their documentation shows, with keys that were made before."""
    pyjwt: Any = import_module("jwt")
    jose: Any = import_module("joserfc.jwt")
    key: Any = pyjwt.PyJWK(jwk).key
    other: Any = import_module("joserfc.jwk").import_key(jwk)
    registry = jose.JWTClaimsRegistry(
        iss={"essential": True, "value": ISSUER}, aud={"essential": True, "value": AUDIENCE}, exp={"essential": True}
    )
    public = key if alg == "HS256" else getattr(key, "public_key", lambda: key)()
    return {
        "pyjwt": lambda: pyjwt.decode(token, public, algorithms=[alg], audience=AUDIENCE, issuer=ISSUER),
        "joserfc": lambda: registry.validate(jose.decode(token, other, algorithms=[alg]).claims),
    }


def measured(alg: str) -> dict[str, Any]:
    """Medians, and the ratio to the floor, round by round."""
    jwk = {**new_jwk(alg), "alg": alg}
    tokens = Tokens(issuer=ISSUER, audience=AUDIENCE, keys=KeyRing.from_jwks({"keys": [jwk]}))
    token = tokens.issue("user-17", scope="read write")
    rows = microseconds(
        {
            "floor": floor(alg, jwk, token),
            "hauberk": lambda: tokens.verify(token),
            **peers(alg, jwk, token),
        },
        rounds=21,
        calls=CALLS[alg],
    )
    ratios = {
        name: round(median(b / a for a, b in zip(rows["floor"], row, strict=True)), 2) for name, row in rows.items()
    }
    return {"microseconds": medians(rows), "times_the_floor": ratios}


def results() -> dict[str, Any]:
    """Every algorithm."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {alg: measured(alg) for alg in ALGORITHMS}


if __name__ == "__main__":
    report("verifying an access token", results())
