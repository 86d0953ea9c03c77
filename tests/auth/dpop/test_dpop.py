"""Proofs of possession: made, judged, served once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk import DPoP, KeyRing, Secrets, TokenError
from hauberk.auth.dpop import ProofMaker, ProofRules, verify_proof
from hauberk.auth.dpop.proof import same_target
from hauberk.core.errors import ConfigurationError
from hauberk.stores.memory import MemoryStore

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
        "https://api.example/%76%31/items",
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
        "https://api.example:0/v1/items",
        "https://api.example:x/v1/items",
        "https://api.example/v1/%2e%2e/v1/items",
        "https://api.example/v1/\titems",
        " https://api.example/v1/items",
        "https://api.example/v1%252Fitems",
        "https:/api.example/v1/items",
        "https:///v1/items",
        "",
    ],
)
def test_other_addresses(said: str) -> None:
    assert not same_target(said, URL)


@pytest.mark.parametrize("escaped", ["%2F", "%2f"])
def test_an_escaped_slash_is_neither_a_slash_nor_its_own_text(escaped: str) -> None:
    url = f"https://api.example/a{escaped}b"
    assert same_target("https://api.example/a%2Fb", url)
    assert not same_target("https://api.example/a/b", url)
    assert not same_target("https://api.example/a%252Fb", url)
    assert same_target("https://api.example/a%252Fb", "https://api.example/a%252Fb")


@pytest.mark.parametrize("dots", ["/a/../b", "/a/./b", "/..", "/a/%2E%2e/b"])
def test_a_path_that_leads_elsewhere_is_never_the_same(dots: str) -> None:
    assert not same_target(f"https://api.example{dots}", f"https://api.example{dots}")


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


def test_a_nonce_of_a_worker_whose_clock_is_ahead_is_good() -> None:
    ahead = DPoP(store=MemoryStore(), secrets=SECRETS, clock=lambda: NOW + 4)
    dpop = DPoP(store=MemoryStore(), secrets=SECRETS, clock=lambda: NOW)
    dpop.check_sync(MAKER.proof("GET", URL, nonce=ahead.nonce()), method="GET", url=URL)
    far = DPoP(store=MemoryStore(), secrets=SECRETS, clock=lambda: NOW + 60)
    with pytest.raises(TokenError, match="not one of ours"):
        dpop.check_sync(MAKER.proof("GET", URL, nonce=far.nonce()), method="GET", url=URL)


def test_nonces_of_the_secret_before_are_good_and_of_others_not() -> None:
    old, new = "kJ8vR2mW5xQ9tZ3nB7cH4yL6pD1sF0gA", "zX3bN8kT1wY6rE4uQ9mV2jC7hG5dS0pL"
    nonce = DPoP(store=MemoryStore(), secrets=Secrets.of(old), clock=lambda: NOW).nonce()
    proof = MAKER.proof("GET", URL, nonce=nonce)
    both = DPoP(store=MemoryStore(), secrets=Secrets.of(f"{new},{old}"), clock=lambda: NOW)
    both.check_sync(proof, method="GET", url=URL)
    with pytest.raises(TokenError, match="not one of ours"):
        DPoP(store=MemoryStore(), secrets=Secrets.of(new), clock=lambda: NOW).check_sync(proof, method="GET", url=URL)


def test_a_proof_is_remembered_for_as_long_as_it_would_be_good() -> None:
    """Whatever its time was when it came first: at the edge of the past, or of the future."""
    now = [NOW]
    for made in (NOW - 65, NOW - 30, NOW, NOW + 5):
        now[0] = made
        proof = ProofMaker(MAKER.keys, clock=lambda: now[0]).proof("GET", URL)
        now[0] = NOW
        dpop = DPoP(store=MemoryStore(clock=lambda: now[0]), clock=lambda: now[0])
        dpop.check_sync(proof, method="GET", url=URL)
        for instant in (NOW, made + 60, made + 65, made + 65.5, made + 66):
            now[0] = instant
            with pytest.raises(TokenError, match=r"used before|too old"):
                dpop.check_sync(proof, method="GET", url=URL)


def test_one_of_many_at_once_is_served() -> None:
    import asyncio

    async def together() -> int:
        dpop, proof = DPoP(store=MemoryStore(), clock=lambda: NOW), MAKER.proof("GET", URL)
        tries = [dpop.check(proof, method="GET", url=URL) for _ in range(50)]
        return sum(not isinstance(one, TokenError) for one in await asyncio.gather(*tries, return_exceptions=True))

    assert asyncio.run(together()) == 1


def test_bad_options_are_named() -> None:
    with pytest.raises(ConfigurationError, match=r"ProofRules\.algorithms"):
        ProofRules(algorithms=frozenset({"HS256"}))
    rows: list[dict[str, Any]] = [
        {"algorithms": frozenset()},
        {"max_age": -1},
        {"max_age": "60"},
        {"leeway": True},
        {"leeway": 1e9},
    ]
    for options in rows:
        (name,) = options
        with pytest.raises(ConfigurationError, match=rf"ProofRules\.{name}"):
            ProofRules(**options)
    wrong: Any = "write here what you like"
    with pytest.raises(ConfigurationError, match=r"DPoP\.rules"):
        DPoP(store=MemoryStore(), rules=wrong)
    with pytest.raises(ConfigurationError, match=r"DPoP\.secrets") as caught:
        DPoP(store=MemoryStore(), secrets=wrong)
    assert wrong not in str(caught.value)
    with pytest.raises(ConfigurationError, match=r"DPoP\.nonce_lifetime"):
        DPoP(store=MemoryStore(), nonce_lifetime=5)
    with pytest.raises(ConfigurationError, match=r"ProofMaker\.keys"):
        ProofMaker(KeyRing.generate("HS256"))


def test_the_header_holds_no_private_part() -> None:
    from hauberk.auth.tokens.encoding import decode

    header = json.loads(decode(MAKER.proof("GET", URL).split(".")[0]))
    assert header["jwk"].keys() == {"kty", "crv", "x", "y"}
