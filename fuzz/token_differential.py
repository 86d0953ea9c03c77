"""Tokens of careful and careless issuers, read by us and by two peers: `python -m fuzz.token_differential`.

Every disagreement falls into a named class, or the run fails: what we take and a peer refuses, and what a peer takes
and we refuse.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from hauberk.auth.tokens.encoding import encode
from hauberk.auth.tokens.errors import TokenError
from hauberk.auth.tokens.keyring import ALGORITHMS, KeyRing, new_jwk
from hauberk.auth.tokens.tokens import Tokens

NOW = 1_800_000_000
ISSUER, AUDIENCE = "https://id.example", "api"
JWKS = {alg: {**new_jwk(alg), "alg": alg} for alg in ALGORITHMS}
OURS = {
    alg: Tokens(issuer=ISSUER, audience=AUDIENCE, keys=KeyRing.from_jwks({"keys": [jwk]}), clock=lambda: NOW, leeway=0)
    for alg, jwk in JWKS.items()
}
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e300, "", "x", " ", "0", str(NOW), [], ["api"], ["api", "x"], [1], [[]], {},
    NOW, NOW + 1, NOW - 1, float(NOW + 60), NOW + 10**13, "none", "HS256", "RS256", "JWT", "at+jwt", "AT+JWT",
    "application/at+jwt", ISSUER, ISSUER + "/", AUDIENCE, "\u00e9", "\ud800", "a" * 300,
)  # fmt: skip
CLAIMS = ("iss", "sub", "aud", "exp", "iat", "nbf", "jti", "scope")
HEADERS = ("alg", "typ", "kid", "crit", "b64", "zip", "enc", "jwk", "jku", "cty")


@dataclass(frozen=True)
class Case:
    """A token, and what was done to it."""

    alg: str
    token: str
    what: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]


def cases(random: Random, count: int) -> Iterator[Case]:
    """Generated ones: signed after the change, or changed after the signature."""
    for _ in range(count):
        alg = random.choice(ALGORITHMS)
        key = OURS[alg].keys.active()
        header: dict[str, Any] = {"alg": alg, "typ": "at+jwt", "kid": key.kid}
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "sub": "ann",
            "aud": AUDIENCE,
            "iat": NOW,
            "exp": NOW + 600,
            "jti": "1",
        }
        what = "as issued"
        for _ in range(random.choice((0, 1, 1, 1, 2))):
            what = _change(random, header, claims)
        texts = [_json(random, header), _json(random, claims)]
        if random.random() < 0.1:
            place = random.randrange(2)
            texts[place], odd = _odd(random, texts[place])
            what = f"{what}, {odd}"
        message = ".".join(encode(text) for text in texts)
        token = f"{message}.{encode(key.signers[alg](message.encode()))}"
        if random.random() < 0.2:
            token, damage = _damaged(random, token)
            what = f"{what}, {damage}"
        yield Case(alg, token, what, header, claims)


def _change(random: Random, header: dict[str, Any], claims: dict[str, Any]) -> str:
    part, names = random.choice(((header, HEADERS), (claims, CLAIMS)))
    name = random.choice(names)
    if random.random() < 0.25:
        part.pop(name, None)
        return f"no {name}"
    part[name] = copy.deepcopy(random.choice(VALUES))
    return f"{name} changed"


def _json(random: Random, value: object) -> bytes:
    indent = 1 if random.random() < 0.05 else None
    return json.dumps(value, indent=indent, ensure_ascii=random.random() < 0.9).encode("utf-8", "surrogatepass")


def _odd(random: Random, text: bytes) -> tuple[bytes, str]:
    body = text.decode("utf-8", "surrogatepass")
    kind = random.choice(("name twice", "NaN", "byte order mark", "not UTF-8", "deep", "an array", "space around"))
    made = {
        "name twice": body[:-1] + ', "sub": "admin"}',
        "NaN": body[:-1] + ', "x": NaN}',
        "byte order mark": "\ufeff" + body,
        "not UTF-8": body,
        "deep": body[:-1] + ', "x": ' + "[" * 60 + "]" * 60 + "}",
        "an array": f"[{body}]",
        "space around": f"\n {body}\t",
    }[kind].encode("utf-8", "surrogatepass")
    return (made[:-1] + b'\xff"}' if kind == "not UTF-8" else made), kind


def _damaged(random: Random, token: str) -> tuple[str, str]:
    place = random.randrange(len(token))
    kind = random.choice(("one character", "padding", "cut", "space", "another alphabet", "last bits", "a fourth part"))
    return {
        "one character": token[:place] + random.choice("AZaz09-_") + token[place + 1 :],
        "padding": token + "=",
        "cut": token[:place],
        "space": random.choice((" " + token, token + "\n", token.replace(".", ". ", 1))),
        "another alphabet": token.replace("-", "+").replace("_", "/"),
        "last bits": token[:-1] + chr(ord(token[-1]) + 1),
        "a fourth part": token + ".AA",
    }[kind], kind


def ours(case: Case) -> str:
    """`accept`, or the reason of the refusal."""
    try:
        OURS[case.alg].verify(case.token)
    except TokenError as error:
        return error.reason
    return "accept"


def pyjwt() -> Callable[[Case], str]:
    """PyJWT with everything on that it has."""
    import jwt

    keys = {alg: jwt.PyJWK(_public(alg)) for alg in ALGORITHMS}
    options: Any = {"require": ["exp", "iss", "aud", "sub"], "strict_aud": False}

    def read(case: Case) -> str:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                jwt.decode(
                    case.token, keys[case.alg], algorithms=[case.alg], audience=AUDIENCE, issuer=ISSUER, options=options
                )
        except jwt.PyJWTError as error:
            return type(error).__name__
        except Exception as error:  # what is not its own is a finding as well
            return f"foreign: {type(error).__name__}"
        return "accept"

    return read


def joserfc() -> Callable[[Case], str]:
    """joserfc, with a registry of claims."""
    from joserfc import jwk, jwt
    from joserfc.errors import JoseError

    keys = {alg: jwk.import_key(_public(alg)) for alg in ALGORITHMS}
    registry = jwt.JWTClaimsRegistry(
        now=NOW,
        leeway=0,
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": AUDIENCE},
        sub={"essential": True},
        exp={"essential": True},
    )

    def read(case: Case) -> str:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                token = jwt.decode(case.token, keys[case.alg], algorithms=[case.alg])
                registry.validate(token.claims)
        except JoseError as error:
            return type(error).__name__
        except Exception as error:  # as above
            return f"foreign: {type(error).__name__}"
        return "accept"

    return read


def _public(alg: str) -> dict[str, Any]:
    jwk = {**JWKS[alg]}
    if alg == "EdDSA":
        jwk.pop("alg")
    return jwk if jwk["kty"] == "oct" else {name: value for name, value in jwk.items() if name not in PRIVATE}


PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi"})

STRICTER: dict[str, str] = {
    "type": "`typ` is not `at+jwt`: other tokens of the issuer are no access tokens (RFC 9068, section 4)",
    "header": "`typ` or `kid` is no text (RFC 7515, section 4.1)",
    "critical": "`crit` or `b64` is not understood (RFC 7515, section 4.1.11; RFC 7797, section 6)",
    "claim-type": "a registered claim is not of its type (RFC 7519, section 4.1)",
    "missing-claim": "a required claim is there, but null or empty",
    "json": "a name twice, NaN, too deep, a byte order mark, or no UTF-8 (RFC 8725, 2.4; RFC 8259, 8.1)",
    "encoding": "not the one base64url text of these octets (RFC 7515, section 2; RFC 4648, section 3.5)",
    "form": "space around the token, not ASCII, or a member `enc` (RFC 7515, section 7.1)",
    "expired": "`exp` is a time that is over to the second, or `iat` is too old",
    "not-yet": "`iat` or `nbf` is in the future",
    "audience": "`aud` is a list with something that is no text",
    "issuer": "`iss` is not to the letter the issuer",
    "algorithm": "`alg` is not to the letter that of the key",
    "signature": "`kid` names a key that is not known",
}
"""Our reason, where a peer accepts: why ours is the answer."""


def compare(count: int, seed: int) -> tuple[Counter[tuple[str, str]], list[str]]:
    """How often each class came, and disagreements that fall into none."""
    peers = {"PyJWT": pyjwt(), "joserfc": joserfc()}
    classes: Counter[tuple[str, str]] = Counter()
    unexplained: list[str] = []
    for case in cases(Random(seed), count):
        mine = ours(case)
        for name, read in peers.items():
            theirs = read(case)
            if theirs.startswith("foreign: "):
                classes[name, f"raises {theirs.removeprefix('foreign: ')}, which is none of its own errors"] += 1
                continue
            if (mine == "accept") == (theirs == "accept"):
                classes[name, "agrees"] += 1
            elif mine != "accept" and mine in STRICTER and (mine != "signature" or _other_kid(case)):
                classes[name, f"accepts; we refuse: {STRICTER[mine]}"] += 1
            elif mine == "accept" and (reason := looser(name, theirs, case)):
                classes[name, f"refuses; we accept: {reason}"] += 1
            else:
                unexplained.append(f"{name}: {theirs}; ours: {mine}; {case.what}; {case.header}; {case.claims}")
    return classes, unexplained


def _other_kid(case: Case) -> bool:
    return "kid" in case.header and case.header["kid"] != OURS[case.alg].keys.active().kid


def looser(name: str, theirs: str, case: Case) -> str:
    """Why we accept what a peer refuses; empty if there is no good reason."""
    if {"cty", "jku", "jwk", "zip"} & case.header.keys() or "name twice" in case.what:
        return "a header member that is not used is ignored, whatever it holds (RFC 7515, section 4)"
    if theirs in {"InvalidIssuedAtError", "ImmatureSignatureError"} and isinstance(case.claims.get("iat"), int | float):
        return "its clock is another one"
    if case.claims.get("jti", "") is None or case.claims.get("nbf", 0) is None or case.claims.get("iat", 0) is None:
        return "an optional claim that is null counts as not there"
    return ""


def frozen() -> Any:
    """PyJWT asks the real clock: it gets ours."""
    from datetime import UTC, datetime
    from unittest import mock

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Clock:
            return cls.fromtimestamp(NOW, tz or UTC)

    return mock.patch("jwt.api_jwt.datetime", Clock)


def run(count: int, seed: int) -> tuple[Counter[tuple[str, str]], list[str]]:
    """`compare`, with all clocks the same."""
    with frozen():
        return compare(count, seed)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    classes, unexplained = run(options.count, options.seed)
    for (name, what), times in sorted(classes.items(), key=lambda one: (one[0][0], -one[1])):
        sys.stdout.write(f"{name:8} {times:8,}  {what}\n")
    for line in unexplained[:50]:
        sys.stdout.write(f"UNEXPLAINED {line}\n")
    sys.stdout.write(f"{options.count:,} tokens, {len(unexplained):,} disagreements that nobody can explain\n")
    return 1 if unexplained else 0


if __name__ == "__main__":
    raise SystemExit(main())
