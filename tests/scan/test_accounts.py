"""The flows in which an application's accounts are described; what is found by them is in tests/asvs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request

from hauberk.core.errors import ConfigurationError, InputError, NothingToTestError
from hauberk.scan import WSGITransport
from hauberk.scan.accounts import Flows, accounts
from hauberk.scan.accounts.flows import filled

GOOD = {
    "register": "POST /register name={name}&password={password}",
    "login": "POST /login name={name}&password={password}",
    "private": "GET /me",
}


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("POST /a name={name}&password={password}", b"name=ada&password=a%26%22b"),
        ('POST /a {"name": "{name}", "password": "{password}"}', b'{"name": "ada", "password": "a&\\"b"}'),
        ("POST /a/{name}", b""),
    ],
)
def test_each_place_is_written_as_it_wants(text: str, body: bytes) -> None:
    made = filled(text, {"name": "ada", "password": 'a&"b'})
    assert made.body == body
    assert made.target in {"/a", "/a/ada"}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("register", "POST /register name={name}", "has no {password}"),
        ("login", "/login {password}", "not of the form METHOD /path body"),
        ("private", "", "not of the form"),
        ("change", "POST /password old={current}", "has no {new}"),
    ],
)
def test_what_is_wrong_with_a_flow_is_said(field: str, value: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Flows(**{**GOOD, field: value})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x", "cannot be read"),
        ("[other]", "has no \\[flows\\]"),
        ("[flows]\nlogn = 'POST /'", "login"),
        ("[flows]\nregister = 'POST /a {password}'", "flows.login"),
    ],
)
def test_what_is_wrong_with_the_file_is_said(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "flows.toml").write_text(text)
    with pytest.raises((ConfigurationError, InputError), match=said):
        Flows.load(tmp_path / "flows.toml")


def test_a_pyproject_may_hold_them(tmp_path: Path) -> None:
    table = "\n".join(f"{name} = {json.dumps(value)}" for name, value in GOOD.items())
    (tmp_path / "pyproject.toml").write_text(f"[tool.hauberk.flows]\n{table}\n")
    assert Flows.load(tmp_path / "pyproject.toml") == Flows(**GOOD)


def app(*, private: bool, registers: bool) -> Any:
    made, users = Flask("accounts"), dict[str, str]()

    @made.post("/register")
    def register() -> str:
        if registers:
            users[request.form["name"]] = request.form["password"]
        return ""

    @made.post("/login")
    def login() -> Any:
        return {"token": "t" * 20} if users.get(request.form["name"]) == request.form["password"] else ({}, 401)

    @made.get("/me")
    def me() -> Any:
        return "", 200 if "authorization" in request.headers or not private else 401

    return made


@pytest.mark.parametrize(
    ("private", "registers", "said"),
    [(True, False, "nobody could register"), (False, True, "given to somebody who is not signed in")],
)
def test_nothing_is_called_tested_that_was_not(private: bool, registers: bool, said: str) -> None:
    with pytest.raises(NothingToTestError, match=said):
        accounts(Flows(**GOOD), WSGITransport(app(private=private, registers=registers)), target="app")


def test_tokens_are_a_login_too() -> None:
    result = accounts(Flows(**GOOD), WSGITransport(app(private=True, registers=True)), target="app")
    failed = {finding.rule.id for finding in result.failures}
    assert result.complete
    assert {"scan.password-short", "scan.password-common", "scan.login-unthrottled", "scan.password-change"} <= failed
    assert "scan.password-long" not in failed
