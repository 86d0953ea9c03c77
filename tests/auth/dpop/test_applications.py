"""Proofs of possession through protected applications, of every adapter."""

from __future__ import annotations

from typing import Any

import pytest

from hauberk import Bearer, DPoP, Failures, KeyRing, Policy, Secrets, Tokens
from hauberk.auth.dpop import ProofMaker
from hauberk.core.errors import StoreError
from hauberk.stores.memory import MemoryStore
from tests.drivers import Answer, Serve

NOW = 1_800_000_000.0
MAKER = ProofMaker(KeyRing.generate("ES256"), clock=lambda: NOW)
SECRETS = Secrets.of("kJ8vR2mW5xQ9tZ3nB7cH4yL6pD1sF0gA")


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
        offered = 'Bearer, DPoP error="use_dpop_nonce", algs="ES256 Ed25519 EdDSA"'
        assert dict(first.headers)["www-authenticate"] == offered
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


class Away(MemoryStore):
    """A store that cannot be reached."""

    async def add(self, key: str, value: bytes, lifetime: float) -> bool:
        raise StoreError("memory", "unavailable", "is away")


def test_while_the_store_is_away_no_proof_is_served(serve: Serve) -> None:
    tokens = Tokens(issuer="https://id.example", audience="api", keys=KeyRing.generate("ES256"), store=MemoryStore())
    maker = ProofMaker(KeyRing.generate("ES256"))
    plan = Policy(tokens=Bearer(tokens=tokens, dpop=DPoP(store=Away())), failures=Failures()).plan()
    access = tokens.pair_sync("ann", thumbprint=maker.thumbprint).access
    proof = maker.proof("GET", "https://api.example/", token=access)
    fields = [("authorization", f"DPoP {access}"), ("host", "api.example"), ("dpop", proof)]
    got = serve(plan, lambda ex: Answer(body=b"served"), headers=fields)
    assert (got.status, b"served" in got.body) == (503, False)


def test_a_nonce_that_ends_before_long_is_renewed_with_the_answer(serve: Serve) -> None:
    now = [NOW]
    tokens = Tokens(
        issuer="https://id.example",
        audience="api",
        keys=KeyRing.generate("ES256"),
        clock=lambda: NOW,
        store=MemoryStore(),
    )
    dpop = DPoP(store=MemoryStore(), secrets=SECRETS, clock=lambda: now[0])
    plan = Policy(tokens=Bearer(tokens=tokens, dpop=dpop)).plan()
    access = tokens.pair_sync("ann", thumbprint=MAKER.thumbprint).access
    first = dpop.nonce()

    def ask() -> list[str]:
        maker = ProofMaker(MAKER.keys, clock=lambda: now[0])
        proof = maker.proof("GET", "https://api.example/", token=access, nonce=first)
        fields = [("authorization", f"DPoP {access}"), ("host", "api.example"), ("dpop", proof)]
        got = serve(plan, lambda ex: Answer(), headers=fields)
        assert got.status == 200
        return [value for name, value in got.headers if name == "dpop-nonce"]

    assert ask() == []
    now[0] += 200
    (second,) = ask()
    assert second == dpop.nonce() != first
