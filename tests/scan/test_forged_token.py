"""Tokens whose signature nobody checks, and those beside them of which it is checked or that are looked up."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, request

from hauberk.scan import Operation, Parameter, Surface, WSGITransport, scan
from hauberk.scan.identities import Identity
from hauberk.scan.messages import Request

KEY = secrets.token_bytes(32)
Q = Parameter(name="q", place="query")
GIVEN: set[str] = set()


def encoded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def decoded(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def signature(text: str) -> str:
    return encoded(hmac.digest(KEY, text.encode(), hashlib.sha256))


def issued(name: str) -> str:
    head, claims = {"alg": "HS256", "typ": "JWT"}, {"sub": name, "exp": time.time() + 900}
    text = ".".join(encoded(json.dumps(part).encode()) for part in (head, claims))
    GIVEN.add(token := f"{text}.{signature(text)}")
    return token


def unverified(token: str) -> str:
    return str(decoded(token.split(".")[1])["sub"])


def verified(token: str) -> str:
    text, _, given = token.rpartition(".")
    return unverified(token) if hmac.compare_digest(given, signature(text)) else ""


def by_its_own_word(token: str) -> str:
    named = decoded(token.split(".")[0])["alg"]
    return unverified(token) if named == "none" else verified(token)


def looked_up(token: str) -> str:
    return unverified(token) if token in GIVEN else ""


def well_formed(token: str) -> str:
    """Whoever has a token at all is let in, whatever it claims."""
    return "ada" if decoded(token.split(".")[1]) else ""


def anything(token: str) -> str:
    return "ada" if token else ""


Reader = Callable[[str], str]


def site(read: Reader, carrier: str, path: str) -> Flask:
    app = Flask("site")

    @app.post("/login")
    def login() -> Any:
        token = issued(request.form["user"])
        if carrier == "cookie":
            return "welcome", 200, {"set-cookie": f"session={token}; Path=/"}
        return {"access_token": token}

    def private(**_: str) -> Any:
        given = request.cookies.get("session", "") or request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            name = read(given)
        except (ValueError, KeyError, IndexError):
            name = ""
        return {"mail": f"{name}@home.example", "at": time.time()} if name in {"ada", "grace"} else ("who?", 401)

    app.add_url_rule(path.replace("{", "<").replace("}", ">"), "private", private)
    return app


def found(read: Reader, carrier: str, path: str = "/me") -> set[tuple[str, str]]:
    login = (Request(method="POST", target="/login", headers=(FORM,), body=b"user=ada&password=x"),)
    fields = {"x-token": issued("ada"), "authorization": f"Bearer {issued('ada')}"}
    person = Identity(name="a", login=login) if carrier != "field" else Identity(name="a", headers=fields)
    transport = WSGITransport(site(read, carrier, path))
    surface = Surface.of([Operation(method="GET", path=path, parameters=(Q,))])
    result = scan(surface, transport, target="site", identities=(person,))
    failed = (f for f in result.failures if f.rule.id == "scan.forged-token")
    return {(str(f.location), f.message.partition(": ")[2].partition(" opens")[0]) for f in failed}


FORM = ("content-type", "application/x-www-form-urlencoded")
RESIGNED, NONE = "a token with another signature", "a token without a signature (alg none)"


@pytest.mark.parametrize("carrier", ["bearer", "cookie", "field"])
@pytest.mark.parametrize(
    ("read", "how"),
    [
        (unverified, {RESIGNED}),
        (well_formed, {RESIGNED}),
        (by_its_own_word, {NONE}),
        (verified, set()),
        (looked_up, set()),
        (anything, set()),
    ],
)
def test_whose_tokens_can_be_written(read: Reader, how: set[str], carrier: str) -> None:
    assert {reason for _, reason in found(read, carrier)} == how


@pytest.mark.parametrize(
    ("read", "where"), [(unverified, {"GET /items/{item_id} header:authorization"}), (verified, set())]
)
def test_a_record_that_is_asked_for_by_its_number(read: Reader, where: set[str]) -> None:
    assert {place.partition(" (")[0] for place, _ in found(read, "bearer", "/items/{item_id}")} == where
