"""Proofs of possession: made, judged, served once; and through a protected application."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk import Bearer, DPoP, KeyRing, Policy, Secrets, TokenError, Tokens
from hauberk.auth.dpop import ProofMaker, ProofRules, verify_proof
from hauberk.auth.dpop.proof import same_target
from hauberk.core.errors import ConfigurationError
from hauberk.stores.memory import MemoryStore
from tests.drivers import Answer, Serve

NOW = 1_800_000_000.0
URL = "https://api.example/v1/items"
MAKER = ProofMaker(KeyRing.generate("ES256"), clock=lambda: NOW)
OTHER = ProofMaker(KeyRing.generate("ES256"), clock=lambda: NOW)
SECRETS = Secrets.of("kJ8vR2mW5xQ9tZ3nB7cH4yL6pD1sF0gA")


def judge(proof: object, **options: Any) -> Any:
    settings: dict[str, Any] = {"method": "GET", "url": URL, "now": NOW} | options
    return verify_proof(proof, **settings)


def refused(proof: object, **options: Any) -> str:
    with pytest.raises(TokenError) as caught:
        judge(proof, **options)
    assert caught.value.reason in {"proof", "nonce"}
    return caught.value.detail


@pytest.mark.parametrize("alg", ["ES256", "EdDSA", "RS256", "PS256", "ES512"])
def test_what_is_made_is_good(alg: str) -> None:
    maker = ProofMaker(KeyRing.generate(alg), clock=lambda: NOW)
    rules = ProofRules(algorithms=frozenset({alg}))
    found = judge(maker.proof("GET", URL, token="t", nonce="n"), token="t", rules=rules, nonce="n")
    assert (found.thumbprint, found.nonce) == (maker.thumbprint, "n")


def test_each_part_is_looked_at() -> None:
    proof = MAKER.proof("GET", URL, token="t")
    assert "another method" in refused(proof, method="POST")
    assert "another address" in refused(proof, url="https://api.example/v1/other")
    assert "another token" in refused(proof, token="other")
    assert "another token" in refused(MAKER.proof("GET", URL), token="t")
    assert "another key" in refused(proof, thumbprint=OTHER.thumbprint)
    assert "too old" in refused(proof, now=NOW + 66)
    assert "too old" in refused(proof, now=NOW - 6)
    assert "another one" in refused(proof, nonce="n")
    assert "algorithm" in refused(proof, rules=ProofRules(algorithms=frozenset({"EdDSA"})))
    assert judge(proof, token="t", thumbprint=MAKER.thumbprint, now=NOW + 65).thumbprint == MAKER.thumbprint


def forged(header: dict[str, Any] | None = None, claims: dict[str, Any] | None = None) -> str:
    """A good proof with some members changed; None takes one away."""
    key = MAKER.keys.active()
    heads = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.public, **(header or {})}
    said = {"jti": "1", "htm": "GET", "htu": URL, "iat": int(NOW), **(claims or {})}
    clean = [{name: value for name, value in part.items() if value is not None} for part in (heads, said)]
    return MAKER.sign(clean[0], clean[1])


PUBLIC = dict(MAKER.keys.active().public or {})


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({"typ": "JWT"}, {}),
        ({"typ": None}, {}),
        ({"alg": "none"}, {}),
        ({"alg": "HS256"}, {}),
        ({"crit": ["x"]}, {}),
        ({"jwk": None}, {}),
        ({"jwk": []}, {}),
        ({"jwk": {**PUBLIC, "d": "AAAA"}}, {}),
        ({"jwk": {"kty": "oct", "k": "AAAA"}}, {}),
        ({"jwk": {**PUBLIC, "crv": "P-384"}}, {}),
        ({"jwk": {**PUBLIC, "x": PUBLIC["y"]}}, {}),
        ({"jwk": OTHER.keys.active().public}, {}),
        ({}, {"jti": None}),
        ({}, {"jti": ""}),
        ({}, {"jti": 5}),
        ({}, {"jti": "x" * 257}),
        ({}, {"iat": None}),
        ({}, {"iat": True}),
        ({}, {"iat": str(int(NOW))}),
        ({}, {"htm": None}),
        ({}, {"htm": "get"}),
        ({}, {"htu": None}),
        ({}, {"htu": ["https://api.example/v1/items"]}),
        ({}, {"nonce": 5}),
    ],
)
def test_forgeries_are_refused(header: dict[str, Any], claims: dict[str, Any]) -> None:
    judge(forged())
    refused(forged(header, claims))


@pytest.mark.parametrize(
    "said",
    [
        "https://API.example/v1/items",
        "https://api.example:443/v1/items",
        "https://api.example/v1/items?page=2",
        "https://api.example/v1/items#top",
        "https://api.example/v1/%69tems",
        "HTTPS://api.example./v1/items",
    ],
)
def test_other_spellings_of_the_same_address(said: str) -> None:
    assert same_target(said, URL)


@pytest.mark.parametrize(
    "said",
    [
        "http://api.example/v1/items",
        "https://api.example:8443/v1/items",
        "https://api.example/v1/items/",
        "https://api.example/v1%2Fitems",
        "https://api.example/v1/x/../items",
        "https://evil.example/v1/items",
        "https://api.example@evil.example/v1/items",
        "https://user@api.example/v1/items",
        "/v1/items",
        "https://[::1/v1",
        "",
    ],
)
def test_other_addresses(said: str) -> None:
    assert not same_target(said, URL)


@given(st.text() | st.binary() | st.none() | st.lists(st.text(max_size=20), min_size=3, max_size=3).map(".".join))
def test_anything_is_a_proof_or_our_own_error(proof: object) -> None:
    refused(proof)


def test_a_proof_serves_once_for_each_key() -> None:
    dpop = DPoP(store=MemoryStore(), clock=lambda: NOW)
    proof = MAKER.proof("GET", URL)
    dpop.check_sync(proof, method="GET", url=URL)
    with pytest.raises(TokenError, match="used before"):
        dpop.check_sync(proof, method="GET", url=URL)
    same = {"typ": "dpop+jwt", "alg": "ES256"}
    claims = {"jti": "same", "htm": "GET", "htu": URL, "iat": int(NOW)}
    for maker in (MAKER, OTHER):
        dpop.check_sync(maker.sign({**same, "jwk": maker.keys.active().public}, claims), method="GET", url=URL)


def test_nonces_are_ours_and_end() -> None:
    now = [NOW]
    dpop = DPoP(store=MemoryStore(), secrets=SECRETS, clock=lambda: now[0])
    nonce = dpop.nonce()
    assert nonce is not None
    dpop.check_sync(MAKER.proof("GET", URL, nonce=nonce), method="GET", url=URL)
    for wrong in (None, "", "x", nonce[:-4] + "AAAA", "B" + nonce[1:]):
        with pytest.raises(TokenError) as caught:
            dpop.check_sync(MAKER.proof("GET", URL, nonce=wrong), method="GET", url=URL)
        assert caught.value.reason == "nonce"
    now[0] += 301
    late = ProofMaker(MAKER.keys, clock=lambda: now[0])
    with pytest.raises(TokenError) as caught:
        dpop.check_sync(late.proof("GET", URL, nonce=nonce), method="GET", url=URL)
    assert caught.value.reason == "nonce"
    assert DPoP(store=MemoryStore()).nonce() is None


@pytest.mark.parametrize("nonces", [False, True])
def test_through_an_application(serve: Serve, nonces: bool) -> None:
    tokens = Tokens(issuer="https://id.example", audience="api", keys=KeyRing.generate("ES256"), store=MemoryStore())
    maker = ProofMaker(KeyRing.generate("ES256"))
    dpop = DPoP(store=MemoryStore(), secrets=SECRETS if nonces else None)
    plan = Policy(tokens=Bearer(tokens=tokens, dpop=dpop, required=True)).plan()
    access = tokens.pair_sync("ann", thumbprint=maker.thumbprint).access

    def ask(proof: str | None, scheme: str = "DPoP") -> Any:
        fields = [("authorization", f"{scheme} {access}"), ("host", "api.example")]
        fields += [("dpop", proof)] if proof is not None else []
        return serve(plan, lambda ex: Answer(body=ex.claims.claims.subject.encode()), path="/items", headers=fields)

    first = ask(maker.proof("GET", "https://api.example/items", token=access))
    if nonces:
        assert first.status == 401
        assert 'error="use_dpop_nonce"' in dict(first.headers)["www-authenticate"]
        nonce = dict(first.headers)["dpop-nonce"]
        first = ask(maker.proof("GET", "https://api.example/items", token=access, nonce=nonce))
    assert (first.status, first.body) == (200, b"ann")
    proof = maker.proof("GET", "https://api.example/items", token=access, nonce=dpop.nonce())
    assert [ask(proof).status for _ in range(2)] == [200, 401]
    assert ask(None).status == 401
    assert ask("x").status == 401
    assert ask(maker.proof("GET", "https://evil.example/items", token=access, nonce=dpop.nonce())).status == 401
    assert (
        ask(ProofMaker(KeyRing.generate("ES256")).proof("GET", "https://api.example/items", token=access)).status == 401
    )
    assert ask(proof, "Bearer").status == 401


def test_bad_options_are_named() -> None:
    with pytest.raises(ConfigurationError, match=r"ProofRules\.algorithms"):
        ProofRules(algorithms=frozenset({"HS256"}))
    with pytest.raises(ConfigurationError, match=r"DPoP\.nonce_lifetime"):
        DPoP(store=MemoryStore(), nonce_lifetime=5)
    with pytest.raises(ConfigurationError, match=r"ProofMaker\.keys"):
        ProofMaker(KeyRing.generate("HS256"))


def test_the_header_holds_no_private_part() -> None:
    from hauberk.auth.tokens.encoding import decode

    header = json.loads(decode(MAKER.proof("GET", URL).split(".")[0]))
    assert header["jwk"].keys() == {"kty", "crv", "x", "y"}
