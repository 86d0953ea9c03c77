"""Cookies that say who somebody is: written by anybody, or signed, sealed and random ones beside them."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

import pytest
from flask import Flask, request

from hauberk.scan import Operation, Parameter, Surface, WSGITransport, scan
from hauberk.scan.checks.access.unsigned_session import renamed
from hauberk.scan.identities import Identity
from hauberk.scan.messages import Request

FIELDS = (("content-type", "application/x-www-form-urlencoded"),)
Q = Parameter(name="q", place="query")
KEY = secrets.token_bytes(16)
IDS: dict[str, str] = {}


def signature(text: str) -> str:
    return hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()


def signed(name: str) -> str:
    return f"{name}.{signature(name)}"


def by_signature(cookie: str) -> str:
    name, _, given = cookie.partition(".")
    return name if hmac.compare_digest(given, signature(name)) else ""


def random(name: str) -> str:
    IDS[token := secrets.token_hex(16)] = name
    return token


def as_json(name: str) -> str:
    return base64.b64encode(json.dumps({"user": name, "admin": False}).encode()).decode()


Turn = Callable[[str], str]
WAYS: dict[str, tuple[Turn, Turn]] = {
    "plain": (str, str),
    "JSON in base64": (as_json, lambda cookie: str(json.loads(base64.b64decode(cookie))["user"])),
    "JSON in a URL": (lambda name: quote(json.dumps({"user": name})), lambda c: str(json.loads(unquote(c))["user"])),
    "hexadecimal": (lambda name: name.encode().hex(), lambda cookie: bytes.fromhex(cookie).decode()),
    "signed": (signed, by_signature),
    "random": (random, lambda cookie: IDS.get(cookie, "")),
}


def site(write: Turn, read: Turn, private: bool) -> Flask:
    app = Flask("site")

    @app.post("/login")
    def login() -> Any:
        return "welcome", 200, {"set-cookie": f"who={write(request.form['user'])}; Path=/"}

    @app.get("/me")
    def me() -> Any:
        try:
            name = read(request.cookies.get("who", ""))
        except (ValueError, KeyError):
            name = ""
        if private and name not in {"ada", "grace"}:
            return "who are you?", 401
        return {"mail": f"{name}@home.example"} if private else {"hello": "everybody"}

    return app


def found(way: str, private: bool = True) -> bool:
    write, read = WAYS[way]
    people = [
        Identity(name=name, login=(Request(method="POST", target="/login", headers=FIELDS, body=body),))
        for name, body in (("a", b"user=ada&password=x"), ("b", b"user=grace&password=y"))
    ]
    surface = Surface.of([Operation(method="GET", path="/me", parameters=(Q,))])
    result = scan(surface, WSGITransport(site(write, read, private)), target="site", identities=people)
    return any(f.rule.id == "scan.unsigned-session" for f in result.failures)


@pytest.mark.parametrize(
    ("way", "is_found"),
    [
        ("plain", True),
        ("JSON in base64", True),
        ("JSON in a URL", True),
        ("hexadecimal", True),
        ("signed", False),
        ("random", False),
    ],
)
def test_whose_cookie_can_be_written(way: str, is_found: bool) -> None:
    assert found(way) is is_found


def test_a_page_that_everybody_reads_proves_nothing() -> None:
    assert not found("plain", private=False)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("ada", "bob"),
        ("user=ada&x=1", "user=bob&x=1"),
        ("YWRh", "Ym9i"),
        ("%22ada%22", "%22bob%22"),
        ("616461", "626f62"),
        ("nobody", None),
        ("a" * 5_000 + "ada", None),
    ],
)
def test_a_name_in_a_value(value: str, written: str | None) -> None:
    said = renamed(value, "ada", "bob")
    assert said == written
