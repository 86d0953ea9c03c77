"""Keys as JWK writes them (RFC 7517, 7518, 8037), each bound to what it may verify."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from hauberk.auth.tokens.encoding import decode, encode
from hauberk.auth.tokens.errors import TokenError
from hauberk.core.errors import ConfigurationError

HASHES: Mapping[str, hashes.HashAlgorithm] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
CURVES: Mapping[str, tuple[str, ec.EllipticCurve, int]] = {
    "P-256": ("ES256", ec.SECP256R1(), 32),
    "P-384": ("ES384", ec.SECP384R1(), 48),
    "P-521": ("ES512", ec.SECP521R1(), 66),
}
LEAST_RSA = 2048
"""Bits of a modulus (RFC 7518, section 3.3)."""
MOST_RSA = 8192
SMALL_ORDER = frozenset(
    bytes.fromhex(point)
    for point in (
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    )
)
"""Ed25519 points with which one signature fits every message (RFC 7748, section 7; CVE-2020-36843 is of this kind)."""

Verify = Callable[[bytes, bytes], bool]
Sign = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key, for some algorithms and no other."""

    kid: str | None
    algorithms: Mapping[str, Verify] = field(repr=False)
    """Name to what says whether (signature, message) fit."""
    signers: Mapping[str, Sign] = field(default_factory=dict, repr=False)
    """The same for signing; empty where only the public part is known."""
    public: Mapping[str, str] | None = None
    """As others may see it; None for a shared secret."""
    thumbprint: str = ""
    """RFC 7638."""

    @classmethod
    def from_jwk(cls, jwk: object) -> Key:
        """A key as a JWK. Raises ConfigurationError, which shows no part of it, for one that nobody should use."""
        if not isinstance(jwk, Mapping):
            raise _refused("is not a JWK: give a mapping; texts such as PEM are not guessed at")
        kty, use, operations = jwk.get("kty"), jwk.get("use"), jwk.get("key_ops")
        if use is not None and use != "sig":
            raise _refused("is for another use than signatures")
        allowed = {"verify", "sign"} if operations is None else set(_texts(operations))
        make = {"oct": _secret, "RSA": _rsa, "EC": _ec, "OKP": _okp}.get(kty) if isinstance(kty, str) else None
        if make is None:
            raise _refused("is of no kind that is known: oct, RSA, EC, OKP")
        kid = jwk.get("kid")
        try:
            algorithms, signers, public = make(jwk)
        except (TokenError, ValueError, TypeError, KeyError, UnsupportedAlgorithm) as error:
            if isinstance(error, ConfigurationError):
                raise
            raise _refused("has parameters that are no key") from error
        algorithms = algorithms if "verify" in allowed or public is None else {}
        signers = signers if "sign" in allowed else {}
        alg = jwk.get("alg")
        if alg is not None and not isinstance(alg, str):
            raise _refused("names an algorithm that is no text")
        if alg is not None:
            algorithms = {name: verify for name, verify in algorithms.items() if _fits(name, alg)}
            signers = {name: sign for name, sign in signers.items() if _fits(name, alg)}
        if not algorithms and not signers:
            raise _refused("is too short, or bound to an algorithm or an operation that it cannot do")
        return cls(
            kid=kid if isinstance(kid, str) else None,
            algorithms=algorithms,
            signers=signers,
            public=public,
            thumbprint=_thumbprint(jwk),
        )


def key_set(entries: object) -> list[Key]:
    """The keys of a JWK set (RFC 7517, section 5); those of other kinds, and those that are no good, are left out.

    Raises ConfigurationError for a set that says two things: one `kid` for two keys, or secrets among public keys.
    """
    if not isinstance(entries, list) or not entries:
        raise ConfigurationError("jwks", "(hidden)", "has no list of keys", 'write {"keys": [...]}')
    if len(entries) == 1:
        return [Key.from_jwk(entries[0])]
    found = []
    for entry in entries:
        try:
            found.append(Key.from_jwk(entry))
        except ConfigurationError:
            continue
    if not found:
        raise ConfigurationError("jwks", "(hidden)", "has no key that can be used")
    kids = [entry["kid"] for entry in entries if isinstance(entry, Mapping) and isinstance(entry.get("kid"), str)]
    if len(set(kids)) < len(kids):
        raise ConfigurationError("jwks", "(hidden)", "has one kid for several keys")
    if len({key.public is None for key in found}) > 1:
        raise ConfigurationError("jwks", "(hidden)", "has shared secrets among public keys", "keep them apart")
    return found


Made = tuple[dict[str, Verify], dict[str, Sign], dict[str, str] | None]


def _fits(name: str, alg: object) -> bool:
    return name == alg or (name == "EdDSA" and alg in {"Ed25519", "Ed448"})


def _secret(jwk: Mapping[str, Any]) -> Made:
    key = decode(jwk["k"])
    if key.lstrip().startswith((b"-----BEGIN", b"ssh-", b"ecdsa-")) or _is_jwk(key):
        raise _refused("is a shared secret that is the text of another key")  # CVE-2022-29217 is of this kind
    algorithms: dict[str, Verify] = {}
    signers: dict[str, Sign] = {}
    for size in ("256", "384", "512"):
        if len(key) * 8 >= int(size):  # RFC 7518, section 3.2

            def sign(message: bytes, digest: str = "sha" + size) -> bytes:
                return hmac.digest(key, message, digest)

            def verify(signature: bytes, message: bytes, digest: str = "sha" + size) -> bool:
                return hmac.compare_digest(signature, hmac.digest(key, message, digest))

            algorithms["HS" + size], signers["HS" + size] = verify, sign
    return algorithms, signers, None


def _is_jwk(key: bytes) -> bool:
    """By reading it: one random secret in 256 begins with a brace."""
    try:
        return key.lstrip().startswith(b"{") and isinstance(msgspec.json.decode(key), dict)
    except msgspec.MsgspecError:
        return False


def _rsa(jwk: Mapping[str, Any]) -> Made:
    modulus, exponent = _number(jwk, "n"), _number(jwk, "e")
    if not LEAST_RSA <= modulus.bit_length() <= MOST_RSA or exponent < 3 or exponent % 2 == 0 or exponent >> 64:
        raise _refused(
            f"is an RSA key of fewer than {LEAST_RSA:,} or more than {MOST_RSA:,} bits, or of a bad exponent"
        )
    if _weak_generator(modulus):
        raise _refused("is of a generator whose keys can be factored (ROCA)")
    public = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    private = None
    if "d" in jwk:
        p, q, d = _number(jwk, "p"), _number(jwk, "q"), _number(jwk, "d")
        crt = (_number(jwk, "dp"), _number(jwk, "dq"), _number(jwk, "qi"))
        private = rsa.RSAPrivateNumbers(p, q, d, *crt, public.public_numbers()).private_key()
    algorithms: dict[str, Verify] = {}
    signers: dict[str, Sign] = {}
    for size, digest in HASHES.items():
        pads: dict[str, Any] = {
            "RS": padding.PKCS1v15(),
            "PS": padding.PSS(padding.MGF1(digest), digest.digest_size),
        }
        for family, pad in pads.items():

            def verify(signature: bytes, message: bytes, pad: Any = pad, digest: Any = digest) -> bool:
                return _holds(lambda: public.verify(signature, message, pad, digest))

            algorithms[family + size] = verify
            if private is not None:

                def sign(message: bytes, pad: Any = pad, digest: Any = digest) -> bytes:
                    return private.sign(message, pad, digest)

                signers[family + size] = sign
    return algorithms, signers, {"kty": "RSA", "n": jwk["n"], "e": jwk["e"]}


def _weak_generator(modulus: int) -> bool:
    """Whether a modulus has the fingerprint of CVE-2017-15361: modulo every small prime it is a power of 65537."""
    return all(modulus % prime in powers for prime, powers in _POWERS)


def _powers(prime: int) -> frozenset[int]:
    found, power = {1}, 65537 % prime
    while power not in found:
        found.add(power)
        power = power * 65537 % prime
    return frozenset(found)


_PRIMES = [prime for prime in range(3, 168, 2) if all(prime % small for small in (3, 5, 7, 11) if small < prime)]
_POWERS = tuple((prime, _powers(prime)) for prime in _PRIMES)


def _ec(jwk: Mapping[str, Any]) -> Made:
    name, curve, size = CURVES[jwk["crv"]]
    x, y = decode(jwk["x"]), decode(jwk["y"])
    if len(x) != size or len(y) != size:
        raise _refused("has coordinates of another length than its curve's")
    public = ec.EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), curve).public_key()
    digest = HASHES[name[2:]]

    def verify(signature: bytes, message: bytes) -> bool:
        if len(signature) != 2 * size:
            return False
        r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
        return _holds(lambda: public.verify(encode_dss_signature(r, s), message, ec.ECDSA(digest)))

    signers: dict[str, Sign] = {}
    if "d" in jwk:
        private = ec.derive_private_key(_number(jwk, "d"), curve)
        if private.public_key().public_numbers() != public.public_numbers():
            raise _refused("has a private part that is not of its public one")

        def sign(message: bytes) -> bytes:
            r, s = decode_dss_signature(private.sign(message, ec.ECDSA(digest)))
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")

        signers[name] = sign
    return {name: verify}, signers, {"kty": "EC", "crv": jwk["crv"], "x": jwk["x"], "y": jwk["y"]}


def _okp(jwk: Mapping[str, Any]) -> Made:
    x = decode(jwk["x"])
    kinds: dict[str, tuple[Any, Any]] = {
        "Ed25519": (ed25519.Ed25519PublicKey, ed25519.Ed25519PrivateKey),
        "Ed448": (ed448.Ed448PublicKey, ed448.Ed448PrivateKey),
    }
    public_kind, private_kind = kinds[jwk["crv"]]
    if x in SMALL_ORDER:
        raise _refused("is a point of small order: any signature fits it")
    public = public_kind.from_public_bytes(x)

    def verify(signature: bytes, message: bytes) -> bool:
        return _holds(lambda: public.verify(signature, message))

    signers: dict[str, Sign] = {}
    if "d" in jwk:
        private = private_kind.from_private_bytes(decode(jwk["d"]))
        if private.public_key().public_bytes_raw() != x:
            raise _refused("has a private part that is not of its public one")
        signers = dict.fromkeys(("EdDSA", jwk["crv"]), private.sign)
    return dict.fromkeys(("EdDSA", jwk["crv"]), verify), signers, {"kty": "OKP", "crv": jwk["crv"], "x": jwk["x"]}


def _holds(check: Callable[[], object]) -> bool:
    try:
        check()
    except (InvalidSignature, ValueError):
        return False
    return True


def _number(jwk: Mapping[str, Any], name: str) -> int:
    return int.from_bytes(decode(jwk[name]), "big")


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list | tuple) else []


def _thumbprint(jwk: Mapping[str, Any]) -> str:
    members = {
        "oct": ("k", "kty"),
        "RSA": ("e", "kty", "n"),
        "EC": ("crv", "kty", "x", "y"),
        "OKP": ("crv", "kty", "x"),
    }
    text = json.dumps({name: jwk[name] for name in members[jwk["kty"]]}, separators=(",", ":"), sort_keys=True)
    return encode(sha256(text.encode()).digest())


def _refused(problem: str) -> ConfigurationError:
    return ConfigurationError("key", "(hidden)", problem, "make one with KeyRing.generate")
