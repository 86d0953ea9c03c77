"""Patterns of origins, and that looking one up says what the plain definition says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.shield.cors import CORS
from hauberk.shield.cors.allowed import Allowed
from hauberk.shield.cors.pattern import Pattern
from hauberk.wire.origin import Origin

SUBDOMAINS = "https://*.app.example"
PORTS = "http://localhost:*"


@pytest.mark.parametrize(
    ("pattern", "origin", "allowed"),
    [
        ("https://app.example", "https://app.example", True),
        ("https://app.example", "http://app.example", False),
        ("https://app.example", "https://app.example:8443", False),
        ("https://app.example", "https://app.example.", False),
        (SUBDOMAINS, "https://a.app.example", True),
        (SUBDOMAINS, "https://a.b.app.example", True),
        (SUBDOMAINS, "https://app.example", False),
        (SUBDOMAINS, "https://.app.example", False),
        (SUBDOMAINS, "https://strangerapp.example", False),
        (SUBDOMAINS, "https://a.appxexample", False),
        (SUBDOMAINS, "https://a.app.example.stranger.example", False),
        (SUBDOMAINS, "https://a.app.example.", False),
        (SUBDOMAINS, "https://a.app.example:8443", False),
        (SUBDOMAINS, "http://a.app.example", False),
        (SUBDOMAINS, "https://stranger.example/.app.example", False),
        (SUBDOMAINS, "https://stranger.example#.app.example", False),
        (SUBDOMAINS, "https://stranger.example?.app.example", False),
        (SUBDOMAINS, "https://stranger.example\\.app.example", False),
        (SUBDOMAINS, "https://stranger@a.app.example", False),
        (SUBDOMAINS, "https://a.app.example,https://b.app.example", False),
        (SUBDOMAINS, "https://a.app.example, https://b.app.example", False),
        (SUBDOMAINS, "https://A.app.example", False),
        (SUBDOMAINS, "https://a b.app.example", False),
        (SUBDOMAINS, "https://a\n.app.example", False),
        (SUBDOMAINS, "null", False),
        (SUBDOMAINS, "", False),
        ("https://*.app.example:8443", "https://a.app.example:8443", True),
        ("https://*.app.example:8443", "https://a.app.example", False),
        ("https://*.app.example:*", "https://a.app.example:1", True),
        ("https://*.app.example:*", "https://a.app.example", True),
        ("https://*.app.example:*", "https://a.app.example:443", False),
        (PORTS, "http://localhost", True),
        (PORTS, "http://localhost:3000", True),
        (PORTS, "http://localhost:80", False),
        (PORTS, "http://localhost:", False),
        (PORTS, "http://a.localhost:3000", False),
        (PORTS, "https://localhost:3000", False),
        ("http://127.0.0.1:*", "http://127.0.0.1:3000", True),
        ("http://[::1]:*", "http://[::1]:3000", True),
        ("https://*.2.3.example", "https://1.2.3.example", True),
    ],
)
def test_what_a_pattern_covers(pattern: str, origin: str, allowed: bool) -> None:
    assert CORS(origins=(pattern,)).allows(origin) is allowed
    assert CORS(origins=("https://other.example", pattern, "https://*.other.example:*")).allows(origin) is allowed


def test_ports_of_one_host_add_up() -> None:
    cors = CORS(
        origins=("https://*.a.example:1", "https://*.a.example:2", "https://*.b.example:1", "https://*.b.example:*")
    )
    allowed = {port: cors.allows(f"https://x.a.example:{port}") for port in (1, 2, 3)}
    assert allowed == {1: True, 2: True, 3: False}
    assert all(cors.allows(f"https://x.b.example:{port}") for port in (1, 2, 3))


HOSTS = ["a.example", "b.a.example", "c.b.a.example", "example", "xa.example", "127.0.0.1", "[::1]", "a.example."]
BASES = st.builds(Origin, st.sampled_from(["http", "https"]), st.sampled_from(HOSTS), st.sampled_from([None, 1, 2]))


@st.composite
def patterns(draw: st.DrawFn) -> Pattern:
    base = draw(BASES)
    subdomains = draw(st.booleans()) and base.address is None
    any_port = draw(st.booleans())
    return Pattern(Origin(base.scheme, base.host) if any_port else base, subdomains, any_port)


@given(st.lists(patterns(), max_size=5), BASES)
def test_looking_up_says_what_the_definition_says(listed: list[Pattern], origin: Origin) -> None:
    assert (str(origin) in Allowed(listed)) is any(pattern.covers(origin) for pattern in listed)


@given(patterns())
def test_what_is_written_is_read_back(pattern: Pattern) -> None:
    assert Pattern.parse(str(pattern)) == pattern


@given(st.lists(patterns(), max_size=3), st.text(max_size=40))
def test_any_text_is_looked_up_without_an_error(listed: list[Pattern], text: str) -> None:
    assert (text in Allowed(listed)) is False or any(p.covers(Origin.parse(text)) for p in listed)


def test_what_is_remembered_is_bounded() -> None:
    allowed = Allowed([Pattern.parse(SUBDOMAINS)])
    assert "https://" + "a." * 10_000 + "app.example" not in allowed
    assert allowed.fits.cache_info().currsize == 0
    for number in range(5_000):
        assert (f"https://a{number}.app.example" in allowed) is True
        assert (f"https://a{number}.stranger.example" in allowed) is False
    assert allowed.fits.cache_info().currsize <= 1024
