"""The quick ways through the verifier give the answers of the thorough ones; peers take nothing less than we do."""

from __future__ import annotations

import json
from typing import Any

import joserfc.jwk
import joserfc.jwt
import jwt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hauberk.auth.tokens import KeyRing, TokenError, Tokens
from hauberk.auth.tokens.encoding import _parse, decode, encode, parse
from hauberk.auth.tokens.keys import Key
from hauberk.auth.tokens.verifier import Verifier
from hauberk.auth.tokens.verify import Rules, check_claims, verify_jws

NOW = 1_800_000_000
SECRET = b"0123456789abcdef0123456789abcdef"
JWK: dict[str, Any] = {"kty": "oct", "k": encode(SECRET), "alg": "HS256"}
KEYS = (Key.from_jwk(JWK),)
RULES = Rules(
    algorithms=frozenset({"HS256"}),
    issuers=frozenset({"me"}),
    audiences=frozenset({"api"}),
    required=frozenset({"exp", "sub", "iss", "aud"}),
    typ="at+jwt",
    leeway=5,
)
HEADER: dict[str, Any] = {"alg": "HS256", "typ": "at+jwt"}
CLAIMS: dict[str, Any] = {"iss": "me", "sub": "ann", "aud": "api", "iat": NOW, "exp": NOW + 60, "jti": "1"}
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=4),
    st.lists(st.text(max_size=3), max_size=2),
    st.sampled_from([NOW, NOW - 65, NOW + 5, NOW + 6, NOW - 5, float(NOW), 10**12, -1, "me", "api", ["api"], {}, ""]),
)


def signed(header: Any, claims: Any) -> str:
    message = f"{encode(json.dumps(header).encode())}.{encode(json.dumps(claims).encode())}"
    return f"{message}.{encode(KEYS[0].signers['HS256'](message.encode()))}"


def answer(token: str, verifier: Verifier | None, now: float = NOW) -> Any:
    """The claims, or why not."""
    try:
        if verifier is not None:
            return verifier.claims(token, KEYS, now)
        claims = parse(verify_jws(token, KEYS, RULES)[1])
        check_claims(claims, RULES, now)
    except TokenError as error:
        return error.reason
    return claims


@given(st.dictionaries(st.sampled_from([*CLAIMS, "nbf", "x"]), VALUES), st.sets(st.sampled_from([*CLAIMS]), max_size=2))
def test_quick_and_thorough_agree(changed: dict[str, Any], left_out: set[str]) -> None:
    token = signed(HEADER, {name: value for name, value in {**CLAIMS, **changed}.items() if name not in left_out})
    verifier = Verifier(RULES, "me", "api")
    # Twice: the second time its header is known.
    assert repr(answer(token, verifier)) == repr(answer(token, verifier)) == repr(answer(token, None))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"exp": NOW - 5}, "expired"),
        ({"exp": NOW - 4}, None),
        ({"exp": 10**12}, "claim-type"),
        ({"exp": True}, "claim-type"),
        ({"exp": None}, "missing-claim"),
        ({"iat": NOW + 5}, None),
        ({"iat": NOW + 6}, "not-yet"),
        ({"iat": 10**13}, "claim-type"),
        ({"iat": -(10**13)}, "claim-type"),
        ({"iat": True}, "claim-type"),
        ({"nbf": NOW + 5}, None),
        ({"nbf": NOW + 6}, "not-yet"),
        ({"nbf": "1"}, "claim-type"),
        ({"iss": "you"}, "issuer"),
        ({"iss": ["me"]}, "claim-type"),
        ({"aud": "other"}, "audience"),
        ({"aud": ["other", "api"]}, None),
        ({"aud": ["api", 1]}, "claim-type"),
        ({"sub": ""}, "missing-claim"),
        ({"sub": 7}, "claim-type"),
        ({"sub": ["ann"]}, "claim-type"),
        ({"jti": 7}, "claim-type"),
    ],
)
def test_the_edge_of_each_claim(change: dict[str, Any], expected: str | None) -> None:
    token = signed(HEADER, {**CLAIMS, **change})
    found = answer(token, Verifier(RULES, "me", "api"))
    assert found == answer(token, None)
    assert found == ({**CLAIMS, **change} if expected is None else expected)


def test_a_header_that_is_known_saves_no_signature() -> None:
    verifier = Verifier(RULES, "me", "api")
    good = signed(HEADER, CLAIMS)
    assert answer(good, verifier) == CLAIMS
    first, _, third = good.split(".")
    other = encode(json.dumps({**CLAIMS, "sub": "root"}).encode())
    assert answer(f"{first}.{other}.{third}", verifier) == "signature"
    assert answer(good + "x", verifier) in {"signature", "encoding"}


def test_a_header_is_forgotten_with_its_keys() -> None:
    verifier = Verifier(RULES, "me", "api")
    good = signed(HEADER, CLAIMS)
    assert verifier.claims(good, KEYS, NOW) == CLAIMS
    others = (Key.from_jwk({**JWK, "k": encode(b"x" * 32)}),)
    with pytest.raises(TokenError, match="signature"):
        verifier.claims(good, others, NOW)


def test_strangers_decide_nothing_that_is_kept() -> None:
    verifier = Verifier(RULES, "me", "api")
    for number in range(100):
        first = encode(json.dumps({**HEADER, "n": number}).encode())
        answer(f"{first}.e30.AAAA", verifier)
    assert not verifier._headers
    for number in range(100):
        assert answer(signed({**HEADER, "n": number}, CLAIMS), verifier) == CLAIMS
    assert len(verifier._headers) == 32


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(
    JSON.map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    | st.binary(max_size=60)
    | st.text('{}[]":, \\ua1e.-\n\t', max_size=30).map(str.encode)
)
@example(b'{"a":1,"a":2}')
@example(b'{"a" :1,"a":2}')
@example(b'{"a"\t:1,"a":2}')
@example(b'{"a"\n:1,"a":2}')
@example(b'{"a"\r:1,"a":2}')
@example(b'{"a":1,"\\u0061":2}')
@example(b'{"a":{"b":1,"b":2}}')
@example(b'{"a":"\\":","a" :1}')
@example(b'{"a":1e400}')
@example(b'{"a":"\\ud800"}')
@example(b'\xef\xbb\xbf{"a":1}')
@example(b'{"a":' + b"9" * 5000 + b"}")
@example(b'{"a":' + b"[" * 31 + b"]" * 31 + b"}")
@example(b'{"a":' + b"[" * 32 + b"]" * 32 + b"}")
def test_two_ways_to_read_json_agree(raw: bytes) -> None:
    found = []
    for read in (parse, _parse):
        try:
            found.append(repr(read(raw)))
        except TokenError as error:
            found.append(error.reason)
    assert found[0] == found[1]


@pytest.mark.parametrize("text", ["A", "AB", "AAB", "AA=", "AA==", "+A", "/w", "A A", "AA\n", "é", "AAAA="])
def test_only_the_one_text_that_encodes_octets_is_decoded(text: str) -> None:
    with pytest.raises(TokenError, match="encoding"):
        decode(text)


@given(st.text("Aa-_+/=9\n Q", max_size=9))
def test_what_is_decoded_is_encoded_again(text: str) -> None:
    try:
        raw = decode(text)
    except TokenError:
        return
    assert encode(raw) == text


@given(
    st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "b64", "x"]), VALUES, max_size=2),
    st.dictionaries(st.sampled_from([*CLAIMS, "nbf", "x"]), VALUES, max_size=2),
    st.integers(0, 3),
)
@pytest.mark.filterwarnings("ignore")
def test_what_we_take_two_peers_take(header: dict[str, Any], claims: dict[str, Any], cut: int) -> None:
    """We are never the most lenient, but for header names that nobody registered: they are to be ignored (RFC 7515)."""
    token = signed({**HEADER, **header}, {**CLAIMS, **claims})
    token = token[: len(token) - cut]
    if not isinstance(answer(token, Verifier(RULES, "me", "api")), dict):
        return
    jwt.decode(
        token,
        SECRET,
        algorithms=["HS256"],
        audience="api",
        issuer="me",
        leeway=5,
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    if "x" in header or "b64" in header:
        return  # joserfc takes registered names only
    key = joserfc.jwk.import_key(JWK)
    assert joserfc.jwt.decode(token, key, algorithms=["HS256"]).claims["sub"]


def test_a_retired_key_verifies_for_a_time() -> None:
    ring = KeyRing.generate("EdDSA")
    clock = [float(NOW)]
    mine = Tokens(issuer="me", audience="api", keys=ring, lifetime=10_000, clock=lambda: clock[0])
    old = mine.issue("ann")
    ring.rotate(keep=600, now=NOW)
    assert len(ring.jwks(NOW + 599)["keys"]) == 3
    assert len(ring.jwks(NOW + 600)["keys"]) == 2
    clock[0] = NOW + 599
    assert mine.verify(old).subject == "ann"
    clock[0] = NOW + 600
    with pytest.raises(TokenError, match="signature"):
        mine.verify(old)
    clock[0] = NOW + 10
    assert mine.verify(old).subject == "ann"
    ring.rotate(keep=600, now=NOW + 700)
    assert len(ring.keys) == 3
