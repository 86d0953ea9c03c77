"""A Cookie field is read in one way, whatever a client puts into it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.wire.cookie import CookieError, cookie_of, cookies_of, parse_cookies, serialise_cookies, without_cookies


@pytest.mark.parametrize(
    ("field", "pairs"),
    [
        ("a=1; b=2", [("a", "1"), ("b", "2")]),
        ("a=1;b=2", [("a", "1"), ("b", "2")]),
        (" a = 1 ; b\t=\t2 ", [("a", "1"), ("b", "2")]),
        ("a=1; a=2", [("a", "1"), ("a", "2")]),
        ('a="1"; b="x y"', [("a", '"1"'), ("b", '"x y"')]),
        ('a="1; b=2"', [("a", '"1'), ("b", '2"')]),
        ("a=b=c", [("a", "b=c")]),
        ("a b=1", [("a b", "1")]),
        ("a=caf\xe9", [("a", "caf\xe9")]),
        ("caf\xe9=1; a=2", [("a", "2")]),
        ("a=1\x00; b=2", [("b", "2")]),
        ("a\x7f=1; b=2", [("b", "2")]),
        ("__HOST-a=1; __Host-a=2", [("__HOST-a", "1"), ("__Host-a", "2")]),
        ("=1; ; x; a=2", [("a", "2")]),
        ("", []),
    ],
)
def test_pairs(field: str, pairs: list[tuple[str, str]]) -> None:
    assert parse_cookies(field) == pairs


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sid=1", "1"),
        ("a=b; sid=1", "1"),
        ("a=b;sid=1;c=d", "1"),
        ("sid =1", "1"),
        ("a=sid=2; sid=1", "1"),
        ("asid=2; sid=1", "1"),
        ("sid2=2; sid=1", "1"),
        ("a sid=2; sid=1", "1"),
        ("=sid=2; sid=1", "1"),
        ("sid; sid=1", "1"),
        ("sid=\x01; sid=1", "1"),
        ("sid=", ""),
        ("SID=1", None),
        ("\xa0sid=1", None),
        ("x=\tsid", None),
        ("", None),
    ],
)
def test_one_cookie(field: str, value: str | None) -> None:
    assert cookie_of(field, "sid") == value


TEXT = st.text(alphabet=st.sampled_from('ab=; \t"\\\x00\x1f\xa0\xff,'))


@given(TEXT, st.sampled_from(["a", "b", "ab", "aa"]))
def test_looking_one_up_is_reading_all(field: str, name: str) -> None:
    values = [value for key, value in parse_cookies(field) if key == name]
    assert cookies_of(field, name) == values
    assert cookie_of(field, name) == (values[0] if values else None)


@given(st.text())
def test_any_text_is_read_and_written_and_read_again(field: str) -> None:
    pairs = parse_cookies(field)
    assert parse_cookies(serialise_cookies(pairs)) == pairs


@given(st.lists(st.tuples(st.text(), st.text()), max_size=4))
def test_any_pairs_are_written_or_refused(pairs: list[tuple[str, str]]) -> None:
    try:
        field = serialise_cookies(pairs)
    except CookieError:
        return
    assert parse_cookies(field) == pairs


@given(TEXT)
def test_what_is_taken_away_is_gone(field: str) -> None:
    rest = without_cookies(field, frozenset({"a"}), {"b": "a"})
    assert cookies_of(rest, "a") == cookies_of(field, "b")
    assert cookies_of(rest, "b") == []


@pytest.mark.parametrize("unit", ["sid ", "sid;", "=", ";", 'a="\\"', " ", "sid =", "sid\t", "a=1;"])
def test_time_grows_with_the_length_and_no_faster(unit: str) -> None:
    """CVE-2024-7592 and CVE-2024-52804 are of the other kind."""

    def took(times: int) -> float:
        field = unit * times
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            parse_cookies(field)
            cookie_of(field, "sid")
            cookies_of(field, "sid")
            best = min(best, time.process_time() - start)
        return best

    took(1_000)
    assert took(64_000) < 32 * took(4_000) + 0.02  # 16 times is linear, 256 times is square
