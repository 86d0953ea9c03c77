"""LDAP filters and distinguished names: by the pure judge, and through ldap3 to its server in the process."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.guard import install
from hauberk.guard.ldap import any_value, filter_shape, judge_filter, judge_name, name_shape
from tests.guard.sites import ask, site

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # It uses old names of pyasn1.
    import ldap3
    from ldap3.utils.conv import escape_filter_chars
    from ldap3.utils.dn import escape_rdn

FILTERS = [
    ("(uid={})", "*)(uid=*"),
    ("(&(uid={})(pin=1))", "ada)(|(uid=*"),
    ("(&(uid={})(pin=1))", "ada)(&)"),
    ("(&(uid={})(pin=1))", "ada*"),
    ("(uid={})", "a**b"),
    ("({}=x)", "uid=*)(cn"),
    ("(uid={})", "x\0y"),
    ("(uid={})", "ada))(&(uid=bob"),
    ("({}=x)", "cn:dn:"),
    ("{}", "(|(uid=ada)(uid=bob))"),
    ("(!{})", "(uid=ada)"),
]
INERT_FILTERS = [
    ("(uid={})", "ada lovelace"),
    ("(o={})", "AT&T | sons! = a<b"),
    ("(o={})", "a\\2ab"),
    ("(mail={})", "ada@shop.example"),
    ("(&(o={})(uid=*))", "a text"),
]
NAMES = [
    ("uid={},ou=people", "ada,ou=admins"),
    ("uid={},ou=people", "ada+cn=x"),
    ("uid={},ou=people", "ada\\"),
    ("uid={},ou=people", '"ada'),
    ("{},ou=people", "uid=ada"),
    ("uid={},ou=people", "a;ou=b"),
]
INERT_NAMES = [
    ("uid={},ou=people", "ada lovelace"),
    ("uid={},ou=people", "a=b"),
    ('uid="{}",ou=people', "ada, lovelace"),
    ("uid={},ou=people", "ada\\,x"),
]


@pytest.mark.parametrize(("template", "value"), FILTERS)
def test_an_input_that_is_part_of_a_filter_is_an_attack(template: str, value: str) -> None:
    assert judge_filter(template.replace("{}", value), value).attack


@pytest.mark.parametrize(("template", "value"), INERT_FILTERS)
def test_an_input_inside_one_assertion_is_inert(template: str, value: str) -> None:
    assert judge_filter(template.replace("{}", value), value).verdict == "inert"


@pytest.mark.parametrize(("template", "value"), NAMES)
def test_an_input_that_adds_parts_to_a_name_is_an_attack(template: str, value: str) -> None:
    assert judge_name(template.replace("{}", value), value).attack


@pytest.mark.parametrize(("template", "value"), INERT_NAMES)
def test_an_input_inside_one_value_of_a_name_is_inert(template: str, value: str) -> None:
    assert judge_name(template.replace("{}", value), value).verdict == "inert"


def test_a_whole_name_is_reported() -> None:
    assert judge_name("uid=ada,ou=people", "uid=ada,ou=people").verdict == "unknown"


@given(st.text(min_size=2))
def test_what_ldap3_escapes_is_inert(value: str) -> None:
    assert not judge_filter(f"(&(uid={escape_filter_chars(value)})(a=b))", value).attack
    if value.strip() == value:
        assert not judge_name(f"uid={escape_rdn(value)},ou=people", value).attack


@given(st.text(max_size=50))
def test_any_text_has_a_shape(text: str) -> None:
    filter_shape(text)
    name_shape(text)
    any_value(text)


def directory() -> ldap3.Connection:
    server = ldap3.Server("directory", get_info=ldap3.NONE)
    connection = ldap3.Connection(server, user="cn=app,o=shop", password="x", client_strategy=ldap3.MOCK_SYNC)
    connection.strategy.add_entry("cn=app,o=shop", {"userPassword": "x", "sn": "app"})
    for name in ("ada", "bob"):
        entry = {"uid": name, "sn": name, "objectClass": "person", "userPassword": f"pin of {name}"}
        connection.strategy.add_entry(f"uid={name},o=shop", entry)
    connection.bind()
    return connection


def found(text: str) -> Any:
    connection = directory()
    connection.search("o=shop", text)
    return [entry.entry_dn for entry in connection.entries]


def by_uid(value: str) -> Any:
    return found(f"(&(uid={value})(sn=ada))")


def escaped(value: str) -> Any:
    return found(f"(&(uid={escape_filter_chars(value)})(sn=ada))")


def everybody(value: str) -> Any:
    return found("(&(objectClass=*)(uid=ada))")


@pytest.mark.parametrize("value", ["ada)(|(uid=*", "*)(uid=*))(|(uid=*", "a*", "*", "**"])
def test_input_in_a_filter(value: str) -> None:
    install()
    assert ask(by_uid, value) == 403
    assert ask(escaped, value) == 200
    assert ask(everybody, value) == 200


def test_a_name_in_a_filter() -> None:
    install()
    assert ask(by_uid, "ada") == 200
    assert ask(by_uid, "ada lovelace (of)".replace("(", "").replace(")", "")) == 200


def test_a_filter_of_the_application_with_a_wildcard() -> None:
    """`(mail=*)`: seen in a request without a wildcard, it is the application's own."""
    install()
    client = site(lambda request: found("(&(uid=ada)(mail=*))"))
    assert client.get("/?q=a").status_code == 200
    assert client.get("/?q=*").status_code == 200


def removed(value: str) -> Any:
    return directory().delete(f"uid={value},o=shop")


def renamed(value: str) -> Any:
    return directory().modify_dn("uid=ada,o=shop", f"uid={value}")


def below(value: str) -> Any:
    connection = directory()
    return connection.search(f"ou={value},o=shop", "(uid=ada)")


def bound(value: str) -> Any:
    server = ldap3.Server("directory", get_info=ldap3.NONE)
    who = f"uid={value},o=shop"
    return ldap3.Connection(server, user=who, password="x", client_strategy=ldap3.MOCK_SYNC).bind()


@pytest.mark.parametrize("handler", [removed, renamed, below, bound])
def test_input_in_a_name(handler: Any) -> None:
    install()
    assert ask(handler, "ada,ou=admins") == 403
    assert ask(handler, "ada lovelace") == 200
