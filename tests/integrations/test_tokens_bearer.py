"""The field Authorization through all adapters, Django's among them: what passes, what is refused, and how."""

from __future__ import annotations

from typing import Any

import pytest

from hauberk import Bearer, KeyRing, Policy, TokenError, Tokens, claims, requires
from hauberk.core.errors import ConfigurationError
from hauberk.core.exchange import Exchange
from tests.drivers import Answer, Pairs, Serve, serve_asgi

TOKENS = Tokens(issuer="https://id.example", audience="api", keys=KeyRing.generate("HS256"), lifetime=86_400)
"""What they issue here lasts until its turn comes, in however long a run."""
GOOD = TOKENS.issue("ann", scope="read")
BOUND = TOKENS.issue("ann", cnf={"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"})


class Prove:
    """Takes the word `proof` for one."""

    async def check(self, proof: object, *, method: str, url: str, token: str, thumbprint: str) -> None:
        self.check_sync(proof, method=method, url=url, token=token, thumbprint=thumbprint)

    def check_sync(self, proof: object, *, method: str, url: str, token: str, thumbprint: str) -> None:
        if proof != "proof" or not url.startswith("http"):
            raise TokenError("proof", "is missing")

    def nonce(self) -> None:
        return None

    def renewed(self, proof: object) -> None:
        return None

    algorithms = ("ES256", "EdDSA")


OPEN = Policy(tokens=TOKENS).plan()
CLOSED = Policy(tokens=Bearer(tokens=TOKENS, required=True, open=("/health",))).plan()
PROVEN = Policy(tokens=Bearer(tokens=TOKENS, dpop=Prove())).plan()


def app(ex: Exchange) -> Answer:
    found = ex.claims.claims
    return Answer(body=b"nobody" if found is None else found.subject.encode())


@pytest.mark.parametrize(
    ("plan", "headers", "status", "challenge"),
    [
        (OPEN, [], 200, []),
        (OPEN, [("authorization", f"Bearer {GOOD}")], 200, []),
        (OPEN, [("authorization", f"bEARER {GOOD}")], 200, []),
        (OPEN, [("authorization", "Basic YTpi")], 200, []),
        (OPEN, [("authorization", f"Bearer {GOOD[:-2]}")], 401, ['Bearer error="invalid_token"']),
        (OPEN, [("authorization", f"Bearer {BOUND}")], 401, ['Bearer error="invalid_token"']),
        (OPEN, [("authorization", "Bearer")], 400, ['Bearer error="invalid_request"']),
        (OPEN, [("authorization", f"Bearer {GOOD} x")], 400, ['Bearer error="invalid_request"']),
        (OPEN, [("authorization", f"Bearer {GOOD},Bearer {GOOD}")], 400, ['Bearer error="invalid_request"']),
        (CLOSED, [], 401, ["Bearer"]),
        (CLOSED, [("authorization", "Basic YTpi")], 401, ["Bearer"]),
        (CLOSED, [("authorization", f"Bearer {GOOD}")], 200, []),
        (PROVEN, [("authorization", f"DPoP {BOUND}"), ("dpop", "proof")], 200, []),
        (
            PROVEN,
            [("authorization", f"DPoP {BOUND}")],
            401,
            ['Bearer, DPoP error="invalid_token", algs="ES256 EdDSA"'],
        ),
        (PROVEN, [("authorization", f"DPoP {GOOD}"), ("dpop", "proof")], 401, None),
        (
            PROVEN,
            [("authorization", f"Bearer {BOUND}"), ("dpop", "proof")],
            401,
            ['Bearer error="invalid_token", DPoP algs="ES256 EdDSA"'],
        ),
    ],
)
def test_who_gets_in(serve: Serve, plan: Any, headers: Pairs, status: int, challenge: list[str] | None) -> None:
    got = serve(plan, app, headers=[("host", "testserver"), *headers])
    assert got.status == status, got.body
    if challenge is not None:
        assert got.all("www-authenticate") == challenge


def test_two_fields_are_refused() -> None:
    """Servers of WSGI join them by a comma, or keep one: the joined text is in the table above."""
    twice = [("authorization", f"Bearer {GOOD}"), ("authorization", f"Bearer {GOOD}")]
    assert serve_asgi(OPEN, app, headers=twice).status == 400


def test_an_open_path_needs_none(serve: Serve) -> None:
    assert serve(CLOSED, app, path="/health").status == 200
    assert serve(CLOSED, app, path="/health/x").status == 401


def test_a_route_asks_for_a_scope(serve: Serve) -> None:
    @requires(scope="write")
    def write(ex: Exchange) -> Answer:
        return Answer()

    got = serve(OPEN, write, headers=[("authorization", f"Bearer {GOOD}")])
    assert got.status == 403
    assert got.one("www-authenticate") == 'Bearer error="insufficient_scope", scope="write"'


@pytest.mark.parametrize(
    "options",
    [{"tokens": None}, {"required": "yes"}, {"open": ("health",)}, {"realm": 'a"b'}],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any]) -> None:
    settings: dict[str, Any] = {"tokens": TOKENS, **options}
    with pytest.raises(ConfigurationError, match=r"Bearer\."):
        Bearer(**settings)


def test_claims_need_a_protected_request() -> None:
    with pytest.raises(ConfigurationError):
        claims(object())
