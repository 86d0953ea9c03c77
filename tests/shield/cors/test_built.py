"""What CORS is refused for when it is built, and the benign twin that is not."""

from __future__ import annotations

import re
import sys
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hauberk.core.errors import ConfigurationError, MissingExtraError
from hauberk.shield.cors import CORS
from hauberk.shield.cors.suffixes import _listed
from hauberk.wire.origin import Origin

APP = "https://app.example"


async def later(origin: Origin) -> bool:
    return True


def named(value: object) -> str:
    """The same in every process: without the addresses of functions."""
    return re.sub(r" at 0x[0-9a-f]+", "", str(value))[:80]


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("origins", {}, "cors=None"),
    ("origins", {"origins": APP}, f"write ('{APP}',)"),
    ("origins", {"origins": ("*",)}, "insecure_allow_any_origin=True"),
    ("origins", {"origins": ("null",)}, "localhost"),
    ("origins", {"origins": (APP + "/",)}, f"write '{APP}'"),
    ("origins", {"origins": (APP + "/path?q#f",)}, f"write '{APP}'"),
    ("origins", {"origins": (APP + ":443",)}, f"write '{APP}'"),
    ("origins", {"origins": ("http://app.example:80",)}, "write 'http://app.example'"),
    ("origins", {"origins": ("app.example",)}, f"write '{APP}'"),
    ("origins", {"origins": ("HTTPS://App.Example",)}, f"write '{APP}'"),
    ("origins", {"origins": ("https://*.App.Example:*/",)}, "write 'https://*.app.example:*'"),
    ("origins", {"origins": ("https://bücher.example",)}, "write 'https://xn--bcher-kva.example'"),
    ("origins", {"origins": ("https://*app.example",)}, "write scheme://host"),
    ("origins", {"origins": ("https://a.*.example",)}, "write scheme://host"),
    ("origins", {"origins": ("https://*.*.example",)}, "write scheme://host"),
    ("origins", {"origins": ("https://*",)}, "write scheme://host"),
    ("origins", {"origins": ("https://*:*",)}, "write scheme://host"),
    ("origins", {"origins": ("*://app.example",)}, "write scheme://host"),
    ("origins", {"origins": ("https://app.example:80*",)}, "write scheme://host"),
    ("origins", {"origins": ("https://app.example:1:*",)}, "write scheme://host"),
    ("origins", {"origins": ("https://*.192.0.2.1",)}, "write scheme://host"),
    ("origins", {"origins": ("https://*." + "a." * 126 + "b",)}, "write scheme://host"),
    ("origins", {"origins": ("https://-app.example",)}, "write scheme://host"),
    ("origins", {"origins": (r"https://.*\.app\.example",)}, "write scheme://host"),
    ("origins", {"origins": ("https://*.com",), "credentials": True}, "name your own host"),
    ("origins", {"origins": ("https://*.github.io",), "credentials": True}, "name your own host"),
    ("origins", {"origins": ("https://*.co.uk:*",), "credentials": True}, "name your own host"),
    ("origins", {"origins": ("https://*.com.",), "credentials": True}, "name your own host"),
    ("origins", {"origins": ("https://*.corp",), "credentials": True}, "name your own host"),
    ("origins", {"origins": ("http://app.example",), "credentials": True}, "insecure_allow_http_with_credentials=True"),
    ("origins", {"origins": ("http://10.0.0.1",), "credentials": True}, "insecure_allow_http_with_credentials=True"),
    ("origins", {"origins": ("app://app.example",), "credentials": True}, "insecure_allow_http_with_credentials=True"),
    ("insecure_allow_any_origin", {"insecure_allow_any_origin": True, "credentials": True}, "list origins"),
    ("insecure_allow_any_origin", {"insecure_allow_any_origin": True, "private_network": True}, "list origins"),
    ("insecure_allow_any_origin", {"insecure_allow_any_origin": "yes"}, "write True or False"),
    ("credentials", {"origins": (APP,), "credentials": 1}, "write True or False"),
    ("decide", {"decide": "https://.*"}, "give a function"),
    ("decide", {"decide": later}, "give a plain function"),
    ("decide", {"decide": lambda origin: True, "credentials": True}, "insecure_decide_with_credentials=True"),
    ("methods", {"origins": (APP,), "methods": ("PUT", "TRACE")}, "leave it out"),
    ("methods", {"origins": (APP,), "methods": ("connect",)}, "leave it out"),
    ("methods", {"origins": (APP,), "methods": ("TRACK",)}, "leave it out"),
    ("methods", {"origins": (APP,), "methods": ("PUT, PATCH",)}, "write it like"),
    ("methods", {"origins": (APP,), "methods": ("",)}, "write it like"),
    ("methods", {"origins": (APP,), "methods": "PUT"}, "write ('PUT',)"),
    ("headers", {"origins": (APP,), "headers": ("Cookie",)}, "leave it out"),
    ("headers", {"origins": (APP,), "headers": ("Sec-Fetch-Site",)}, "leave it out"),
    ("headers", {"origins": (APP,), "headers": ("proxy-authorization",)}, "leave it out"),
    ("headers", {"origins": (APP,), "headers": ("Access-Control-Allow-Origin",)}, "leave it out"),
    ("headers", {"origins": (APP,), "headers": ("X-A\r\nX-B: 1",)}, "write it like"),
    ("headers", {"origins": (APP,), "headers": ("X A",)}, "write it like"),
    ("expose", {"origins": (APP,), "expose": ("Set-Cookie",)}, "leave it out"),
    ("expose", {"origins": (APP,), "expose": ("Origin",)}, "leave it out"),
    ("expose", {"origins": (APP,), "expose": ("X-Tötal",)}, "write it like"),
    ("expose", {"origins": (APP,), "expose": ("*",), "credentials": True}, "list the names"),
    ("max_age", {"origins": (APP,), "max_age": 86401}, "write 86400 or less"),
    ("max_age", {"origins": (APP,), "max_age": -1}, "from 0 to 86400"),
    ("max_age", {"origins": (APP,), "max_age": "600"}, "give an int"),
    ("max_age", {"origins": (APP,), "max_age": timedelta(days=2)}, "write 86400"),
]
ACCEPTED: list[dict[str, Any]] = [
    {"origins": (APP,)},
    {"origins": [APP]},
    {"origins": (APP, APP)},
    {"origins": ("https://*.app.example:*", "http://localhost:*", "http://127.0.0.1:3000"), "credentials": True},
    {"origins": ("http://app.example",)},
    {"origins": ("http://app.example",), "credentials": True, "insecure_allow_http_with_credentials": True},
    {"origins": ("https://" + "a." * 126 + "b", "https://*." + "a." * 125 + "b")},
    {"origins": ("https://*.com",)},
    {"origins": ("https://*.com",), "credentials": True, "insecure_allow_public_suffix_with_credentials": True},
    {"origins": ("https://*.shop.co.uk", "https://*.mine.github.io"), "credentials": True},
    {"origins": ("http://*.localhost:*",), "credentials": True},
    {"origins": ("chrome-extension://abcdefghijklmnopabcdefghijklmnop",), "credentials": True},
    {"insecure_allow_any_origin": True},
    {"insecure_allow_any_origin": True, "methods": ("*",), "headers": ("*",), "expose": ("*",)},
    {"decide": lambda origin: False},
    {"decide": lambda origin: False, "credentials": True, "insecure_decide_with_credentials": True},
    {"origins": (APP,), "methods": (), "headers": (), "max_age": 0},
    {"origins": (APP,), "methods": ("put", "PURGE", "*"), "headers": ("*", "Authorization"), "credentials": True},
    {"origins": (APP,), "expose": ("X-Total", "Content-Length"), "max_age": timedelta(hours=24)},
    {"origins": (APP,), "private_network": True},
]


@pytest.mark.parametrize(("field", "options", "fix"), REFUSED, ids=named)
def test_refused_with_field_value_and_fix(field: str, options: dict[str, Any], fix: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        CORS(**options)
    assert [error.field for error in caught.value.all] == [f"CORS.{field}"]
    assert fix in caught.value.fix


@pytest.mark.parametrize("options", ACCEPTED, ids=named)
def test_accepted(options: dict[str, Any]) -> None:
    CORS(**options)


def test_it_is_a_value() -> None:
    one = CORS(origins=[APP], headers={"X-B", "X-A"})  # type: ignore[arg-type]
    assert one == CORS(origins=(APP,), headers=("X-A", "X-B"))
    assert hash(one) == hash(CORS(origins=(APP,), headers=("X-A", "X-B")))
    other = replace(one, origins=("https://*.other.example",))
    assert (other.allows("https://a.other.example"), other.allows(APP)) == (True, False)
    assert deepcopy(other) == other
    assert deepcopy(other).allows("https://a.other.example")


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        CORS(
            origins=("null", "https://app.example/", "http://app.example", "https://*.com"),
            methods=("TRACE",),
            headers=("Cookie",),
            expose=("*",),
            max_age=99999,
            credentials=True,
        )
    told = [(error.field, error.value) for error in caught.value.all]
    assert told == [
        ("CORS.max_age", 99999),
        ("CORS.origins", "null"),
        ("CORS.origins", "https://app.example/"),
        ("CORS.methods", "TRACE"),
        ("CORS.headers", "Cookie"),
        ("CORS.expose", "*"),
        ("CORS.origins", "http://app.example"),
        ("CORS.origins", "https://*.com"),
    ]
    assert all(str(error) in str(caught.value) for error in caught.value.others)


@pytest.mark.parametrize(
    "origin", ["https://user:hunter2@app.example", "user:hunter2@app.example", "https://u:hunter2@a@b"]
)
def test_a_password_in_an_origin_is_not_repeated(origin: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        CORS(origins=(origin,))
    assert "hunter2" not in str(caught.value)


def test_the_list_of_public_suffixes_is_asked_for_only_where_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    _listed.cache_clear()
    monkeypatch.setitem(sys.modules, "publicsuffixlist", None)
    CORS(origins=(APP, "http://localhost:*", "http://*.localhost:*"), credentials=True)
    CORS(origins=("https://*.app.example",))
    with pytest.raises(MissingExtraError, match=r"hauberk\[cors\]"):
        CORS(origins=("https://*.app.example",), credentials=True)
    with pytest.raises(ConfigurationError, match="Cookie"):
        CORS(origins=("https://*.app.example",), credentials=True, headers=("Cookie",))
