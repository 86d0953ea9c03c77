"""What is read of an answer, and which options can be: no server is asked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk import JWKS
from hauberk.auth.jwks.answer import Answer, FetchError, lifetime, read
from hauberk.core.errors import ConfigurationError

NAMES = st.sampled_from(["keys", "kty", "crv", "x", "y", "n", "e", "d", "k", "kid", "use", "alg", "key_ops", "x5c"])
TEXTS = (
    st.sampled_from(["EC", "RSA", "OKP", "oct", "P-256", "Ed25519", "AQAB", "sig", "A" * 43, "", "\ud800"]) | st.text()
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)

ENTRIES = st.fixed_dictionaries(
    {"kty": st.sampled_from(["EC", "RSA", "OKP", "oct"]), "crv": st.sampled_from(["P-256", "Ed25519", "Ed448", None])},
    optional=dict.fromkeys(("x", "y", "n", "e", "d", "k", "kid", "use", "alg", "key_ops"), VALUES),
)


@given(st.binary() | st.lists(ENTRIES | VALUES, max_size=4).map(lambda keys: json.dumps({"keys": keys}).encode()))
def test_any_answer_is_keys_or_our_own_error(body: bytes) -> None:
    try:
        keys, fresh = read(Answer(200, {}, body), 300.0, 86_400.0)
    except FetchError:
        return
    assert keys
    assert all(key.public is not None for key in keys)
    assert fresh == 300.0


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"url": "http://id.example/jwks.json"}, r"JWKS\.url"),
        ({"url": "http://id.example/jwks.json", "insecure_http": True}, r"JWKS\.url"),
        ({"url": "file:///etc/passwd"}, r"JWKS\.url"),
        ({"url": "ftp://id.example/x"}, r"JWKS\.url"),
        ({"url": "data:application/json,{}"}, r"JWKS\.url"),
        ({"url": "https://user:secret@id.example/"}, r"JWKS\.url"),
        ({"url": "https://[::1"}, r"JWKS\.url"),
        ({"fresh": (500.0, 100.0)}, r"JWKS\.fresh"),
        ({"url": "https://id.example:99999/"}, r"JWKS\.url"),
        ({"url": "https://id.example/a b"}, r"JWKS\.url"),
        ({"url": "https://id.example/\n"}, r"JWKS\.url"),
        ({"url": b"https://id.example/"}, r"JWKS\.url"),
        ({"fresh": 300}, r"JWKS\.fresh"),
        ({"fresh": (300, "many")}, r"JWKS\.fresh"),
        ({"stale": float("inf")}, r"JWKS\.stale"),
        ({"stale": True}, r"JWKS\.stale"),
        ({"cooldown": 0}, r"JWKS\.cooldown"),
        ({"insecure_http": "yes"}, r"JWKS\.insecure_http"),
        ({"verify": "ca.pem"}, r"JWKS\.verify"),
        ({"timeout": 0}, r"JWKS\.timeout"),
        ({"most": 0}, r"JWKS\.most"),
        ({"cooldown": -1}, r"JWKS\.cooldown"),
        ({"verify": False}, r"JWKS\.verify"),
    ],
)
def test_bad_options_are_named(options: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationError, match=field):
        JWKS(**{"url": "https://id.example/jwks.json", **options})


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("", 300),
        ("public, max-age=3600", 3_600),
        ("max-age=5", 300),
        ("max-age=99999999", 86_400),
        ("no-store, max-age=3600", 300),
        ("no-cache", 300),
        ("s-maxage=9000", 300),
        ("max-age=-5", 300),
        ('max-age="600"', 600),
    ],
)
def test_cache_control_within_bounds(said: str, seconds: float) -> None:
    assert lifetime({"cache-control": said}, 300.0, 86_400.0) == seconds


@pytest.mark.parametrize(("age", "seconds"), [("", 3_600), ("600", 3_000), ("9999", 300), ("-5", 3_600), ("x", 3_600)])
def test_what_a_cache_in_between_kept_is_older(age: str, seconds: float) -> None:
    assert lifetime({"cache-control": "max-age=3600", "age": age}, 300.0, 86_400.0) == seconds
