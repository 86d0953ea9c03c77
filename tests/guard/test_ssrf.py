"""Hosts however they are spelled, and whether an input named them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.guard.address import internal, loopback_name, parse_host
from hauberk.guard.ssrf import judge, names


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "0177.1",
        "0x7f.1",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "127.0.1",
        "127.0.0.1.",
        "①②⑦．0。0.1",
    ],
)
def test_every_spelling_of_loopback(host: str) -> None:
    assert parse_host(host) == IPv4Address("127.0.0.1")


@pytest.mark.parametrize("host", ["", "a.example", "256.1.1.1", "1.2.3.4.5", "4294967296", "08.1.1.1", "1..1", "[x:]"])
def test_names_are_no_address(host: str) -> None:
    assert parse_host(host) is None


def test_names_of_this_machine() -> None:
    assert all(map(loopback_name, ["LOCALHOST", "a.localhost.", "localhost.localdomain"]))
    assert not any(map(loopback_name, ["localhost.example", "mylocalhost", ""]))


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        ("10.0.0.1", "8.8.8.8"),
        ("169.254.169.254", "169.253.1.1"),
        ("::ffff:127.0.0.1", "::ffff:8.8.8.8"),
        ("2002:7f00:1::", "2002:808:808::"),
        ("64:ff9b::7f00:1", "64:ff9b::808:808"),
        ("fd00:ec2::254", "2606:4700::1"),
        ("100.64.0.1", "100.128.0.1"),
        ("::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8"),
        ("168.63.129.16", "168.63.129.17"),
    ],
)
def test_inside_and_outside(inside: str, outside: str) -> None:
    assert internal(ip_address(inside))
    assert not internal(ip_address(outside))


@pytest.mark.parametrize(
    ("value", "host", "port"),
    [
        ("localhost", "localhost", 80),
        ("http://LOCALHOST./x", "localhost", 80),
        ("http://2130706433/", "127.0.0.1", 80),
        ("http://a.example@127.1:8080/?q", "127.0.0.1", 8080),
        ("http:\\\\[::1]\\x", "::1", 80),
        ("//127.0.0.1/x", "127.0.0.1", None),
    ],
)
def test_an_input_names_a_host(value: str, host: str, port: int | None) -> None:
    assert names(value, host, port)


@pytest.mark.parametrize(
    ("value", "host", "port"),
    [
        ("about localhost and more", "localhost", 80),
        ("http://a.example/?next=http://localhost/", "localhost", 80),
        ("http://localhost:8080/", "localhost", 5432),
        ("notlocalhost", "localhost", None),
        ("we run http://localhost:9 at home", "localhost", 9),
        ("", "", None),
    ],
)
def test_an_input_does_not_name_a_host(value: str, host: str, port: int | None) -> None:
    assert not names(value, host, port)


def test_the_final_address_decides() -> None:
    url = "http://rebound.example/"
    assert judge("rebound.example", 80, IPv4Address("10.0.0.7"), url).attack
    assert not judge("rebound.example", 80, IPv4Address("8.8.8.8"), url).attack
    assert not judge("db.example", 80, IPv4Address("10.0.0.7"), url).attack


@given(st.ip_addresses())
def test_an_address_spells_itself(address: IPv4Address | IPv6Address) -> None:
    assert parse_host(str(address)) == address


@given(st.text(), st.text())
def test_any_text_is_judged(value: str, host: str) -> None:
    parse_host(host)
    names(value, host, 80)
