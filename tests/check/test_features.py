"""What an application does, by its own code: a sign that is there, and its absence where everything was read."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

import pytest

from hauberk.check.facts import Facts, SessionFacts
from hauberk.check.features import features, known_features
from hauberk.check.module import Module
from hauberk.core.finding import Location
from hauberk.standards import automation


def facts(source: str, **known: Any) -> Facts:
    module = Module(ast.parse(source), Location(file="app.py"))
    return Facts(name="app:app", framework="flask", modules=(module,), **{"page_words": frozenset(), **known})


SIGNS = [
    ("jwt", "import jwt", "jwt in app.py:1"),
    ("jwt", "from jose import jws as signer", "jose.jws in app.py:1"),
    ("jwt", "def check(access_token): ...", "'accesstoken' in app.py:1"),
    ("password", "form['password']", "'password' in app.py:1"),
    ("password", "class Login(BaseModel):\n    passwd: str", "'passwd' in app.py:2"),
    ("upload", "from fastapi import UploadFile", "fastapi.UploadFile in app.py:1"),
    ("upload", "request.files['picture']", "'files' in app.py:1"),
    ("graphql", "import strawberry.fastapi", "strawberry.fastapi in app.py:1"),
    ("mail", "from smtplib import SMTP", "smtplib.SMTP in app.py:1"),
    ("oauth-client", "INSTALLED_APPS = ['allauth']", "allauth in app.py:1"),
    ("oauth-client", "INSTALLED_APPS = ['allauth.socialaccount']", "allauth.socialaccount in app.py:1"),
    ("mfa", "twoFactorCode = None", "'twofactor' in app.py:1"),
    ("tenant", "Tenant.objects.get()", "'tenant' in app.py:1"),
    ("archive", "import zipfile", "zipfile in app.py:1"),
    ("session", "from flask import session", "flask.session in app.py:1"),
]


@pytest.mark.parametrize(("name", "source", "sign"), SIGNS)
def test_a_sign_is_named_with_its_place(name: str, source: str, sign: str) -> None:
    assert features(facts(source))[name] == sign


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("jwt", "import json"),
        ("mail", "fields = ['email', 'phone']"),
        ("upload", "profile = get_file_name()"),
        ("password", "passage = 'a text about passwords that is no name'"),
        ("mfa", "factor = 2"),
        ("session", "print('sessions are long')"),
        ("tenant", "lieutenant = 1"),
        ("xml", "xmlns = None"),
    ],
)
def test_what_only_looks_alike_is_no_sign(name: str, source: str) -> None:
    assert features(facts(source))[name] is None


def test_configuration_is_a_sign_too() -> None:
    found = features(facts("x = 1", session=SessionFacts(kind="client", engine="SessionMiddleware")))
    assert found["session"] == "sessions of SessionMiddleware"


def test_nothing_is_absent_where_the_source_could_not_be_read() -> None:
    assert features(replace(facts("import jwt"), unread=True)) == {"jwt": "jwt in app.py:1"}
    assert features(replace(facts("import jwt"), modules=())) == {}


def test_page_scripts_are_looked_into_and_where_they_are_not_nothing_is_said() -> None:
    assert (
        features(facts("x = 1", page_words=frozenset({"postMessage"})))["postmessage"]
        == "postMessage in a page's script"
    )
    assert features(facts("x = 1"))["postmessage"] is None
    assert "postmessage" not in features(facts("x = 1", page_words=None))


def test_every_feature_that_the_standard_asks_for_has_signs() -> None:
    asked = {one.applies_if for one in automation().values()} - {""}
    assert {feature.name for feature in known_features()} == asked
    assert all(feature.imports or feature.names or feature.texts for feature in known_features())
