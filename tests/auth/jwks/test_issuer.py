"""Tokens of another issuer: what they must say, and what is done while its keys cannot be had."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from hauberk import JWKS, Bearer, Issuer, KeyRing, Policy, TokenError, Tokens
from hauberk.core.errors import ConfigurationError
from tests.auth.jwks.served import RING, TOKENS, Clock, Server, answer, client, good
from tests.drivers import Answer, Serve


def test_tokens_of_an_issuer_through_an_application(server: Server, clock: Clock, serve: Serve) -> None:
    issuer = Issuer(issuer="https://id.example", audience="api", keys=client(server, clock), typ="at+jwt")
    plan = Policy(tokens=issuer).plan()

    def ask(token: str) -> Any:
        fields = [("authorization", f"Bearer {token}")]
        return serve(plan, lambda ex: Answer(body=ex.claims.claims.subject.encode()), headers=fields)

    assert ask(TOKENS.issue("ann")).body == b"ann"
    others = [
        Tokens(issuer="https://id.example", audience="api", keys=KeyRing.generate("ES256")),
        Tokens(issuer="https://evil.example", audience="api", keys=RING),
        Tokens(issuer="https://id.example", audience="another", keys=RING),
        Tokens(issuer="https://id.example", audience="api", keys=KeyRing.generate("HS256")),
    ]
    assert [ask(other.issue("ann")).status for other in others] == [401] * 4
    assert ask("x.y.z").status == 401
    assert len(server.asked) == 1


def test_a_key_that_was_rotated_is_found(server: Server, clock: Clock) -> None:
    ring = KeyRing.generate("ES256")
    tokens = Tokens(issuer="https://id.example", audience="api", keys=ring)
    issuer = Issuer(issuer="https://id.example", audience="api", keys=client(server, clock))
    server.reply = lambda handler: answer(json.dumps(ring.jwks()).encode())(handler)
    assert issuer.check_sync(tokens.issue("ann")).subject == "ann"
    for _ in range(3):
        ring.rotate()
    clock.now += 31
    assert issuer.check_sync(tokens.issue("bob")).subject == "bob"
    assert len(server.asked) == 2


def made(jwks: JWKS, **options: Any) -> Issuer:
    settings: dict[str, Any] = {"issuer": "https://id.example", "audience": "api", "keys": jwks} | options
    return Issuer(**settings)


def test_what_an_issuer_must_say_is_asked_of_each_token(server: Server, clock: Clock) -> None:
    """Also of the second of a kind, when its header is known."""
    token, jwks = TOKENS.issue("ann", sid="1"), client(server, clock)
    rows: list[tuple[dict[str, Any], str]] = [
        ({}, ""),
        ({"required": frozenset({"sid"})}, ""),
        ({"required": frozenset({"client_id"})}, "missing-claim"),
        ({"typ": "at+jwt"}, ""),
        ({"typ": "logout+jwt"}, "type"),
        ({"algorithms": frozenset({"RS256"})}, "algorithm"),
        ({"algorithms": ("ES256",)}, ""),
        ({"audience": "other"}, "audience"),
        ({"issuer": "https://id.example/"}, "issuer"),
        ({"clock": lambda: time.time() + 600 + 31}, "expired"),
        ({"clock": lambda: time.time() + 600 + 25}, ""),
        ({"clock": lambda: time.time() - 100}, "not-yet"),
    ]
    for options, reason in rows:
        issuer = made(jwks, **options)
        for _ in range(3):
            if reason:
                with pytest.raises(TokenError) as caught:
                    issuer.check_sync(token)
                assert caught.value.reason == reason, options
            else:
                assert issuer.check_sync(token).subject == "ann"
    assert len(server.asked) == 1


def test_a_bad_signature_is_one_however_often_its_header_was_good(server: Server, clock: Clock) -> None:
    issuer, token = made(client(server, clock)), TOKENS.issue("ann")
    head, body, mark = token.split(".")
    for _ in range(2):
        assert issuer.check_sync(token).subject == "ann"
        for wrong in (f"{head}.{body}.{mark[:-4]}AAAA", f"{head}.{TOKENS.issue('eve').split('.')[1]}.{mark}"):
            with pytest.raises(TokenError) as caught:
                issuer.check_sync(wrong)
            assert caught.value.reason == "signature"


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"keys": "https://id.example/jwks.json"}, r"Issuer\.keys"),
        ({"issuer": ""}, r"Issuer\.issuer"),
        ({"audience": ""}, r"Issuer\.audience"),
        ({"algorithms": frozenset()}, r"Issuer\.algorithms"),
        ({"algorithms": "RS256"}, r"Issuer\.algorithms"),
        ({"leeway": -1}, r"Issuer\.leeway"),
        ({"leeway": "30"}, r"Issuer\.leeway"),
        ({"required": "sub"}, r"Issuer\.required"),
    ],
)
def test_bad_options_of_an_issuer_are_named(options: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationError, match=field):
        made(JWKS(url="https://id.example/jwks.json"), **options)


def test_symmetric_algorithms_cannot_be_listed() -> None:
    jwks = JWKS(url="https://id.example/jwks.json")
    for name in ("HS256", "none", "dir"):
        with pytest.raises(ConfigurationError, match=r"Issuer\.algorithms"):
            Issuer(issuer="https://id.example", audience="api", keys=jwks, algorithms=frozenset({name}))
    JWKS(url="http://127.0.0.1:8000/jwks.json", insecure_http=True)


def test_while_no_keys_can_be_had_nobody_is_told_to_drop_his_token(server: Server, clock: Clock, serve: Serve) -> None:
    issuer, token = made(client(server, clock)), TOKENS.issue("ann")
    plan = Policy(tokens=Bearer(tokens=issuer)).plan()
    server.reply = answer(b"oops", 500)

    def ask(token: str) -> Any:
        return serve(plan, lambda ex: Answer(), headers=[("authorization", f"Bearer {token}")])

    got = ask(token)
    assert (got.status, got.one("retry-after"), got.all("www-authenticate")) == (503, "5", [])
    assert ask("x.y.z").status == 401
    server.reply = good()
    clock.now += 31
    assert ask(token).status == 200
