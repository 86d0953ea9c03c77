"""Octets as a cookie's value, and back."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.core.errors import UnsealError
from hauberk.crypto.sealing import Sealer
from hauberk.shield.sessions.identity import is_token
from hauberk.shield.sessions.packing import MARK, pack, unpack
from hauberk.shield.sessions.presented import presented
from hauberk.wire.cookie import cookies_of
from hauberk.wire.set_cookie import SetCookie

KEY, OTHER = b"k" * 32, b"o" * 32


@given(st.binary(max_size=600), st.integers(0, 600))
def test_what_is_packed_comes_back_and_may_stand_in_a_cookie(raw: bytes, room: int) -> None:
    text = pack(raw, room)
    assert unpack(text) == raw
    assert SetCookie.parse(f"a={text}; Path=/").value == text
    assert not set(text) & set(' ",;\\')


def test_what_does_not_fit_is_packed_tighter() -> None:
    raw = bytes(3_100)
    assert not pack(raw, 5_000).startswith(MARK)
    assert pack(raw, 4_000).startswith(MARK)
    assert len(pack(raw, 4_000)) < 3_100 * 1.26


@given(st.text(max_size=60) | st.text("ABab01.=+/!~\x7f ", max_size=60) | st.text(max_size=60).map(lambda t: MARK + t))
def test_any_text_gives_octets_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert isinstance(unpack(text), bytes)


@pytest.mark.parametrize("text", [".;", ". ", ".é", ".~~~~~", "AQ", "AQ=", "A Q==", "AQ==AQ==", "é"])
def test_what_pack_cannot_have_made_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack(text)


PAIRS = st.sampled_from(
    ["s=1", "s=2", "xs=3", "s =4", "s", "=s=5", "sx=6", 's="7"', "s=a b", "s=é", "s=\x01", "t=s", "s="]
)


@given(st.lists(PAIRS, max_size=4), st.sampled_from(["; ", ";", " ;", ", "]))
def test_the_quick_way_reads_what_the_slow_one_does(pairs: list[str], between: str) -> None:
    """A control character apart, which nothing that is one of ours holds."""
    field = between.join(pairs)
    found = presented(field, "s")
    assert [value for value in found if "\x01" not in value] == cookies_of(field, "s")
    for value in found:
        if "\x01" in value:
            assert not is_token(value)
            with pytest.raises(ValueError, match=r"."):
                unpack(value)


@given(st.binary(max_size=99), st.binary(max_size=20), st.binary(max_size=20))
def test_a_context_that_is_framed_once_is_the_same_context(plain: bytes, context: bytes, other: bytes) -> None:
    sealer = Sealer((KEY, OTHER))
    within = sealer.within(context)
    assert sealer.open(within.seal(plain), context) == within.open(sealer.seal(plain, context))[0] == plain
    old = Sealer((OTHER,)).seal(plain, context)
    assert (within.open(old), within.open(within.seal(plain))) == ((plain, True), (plain, False))
    if other != context:
        with pytest.raises(UnsealError):
            within.open(sealer.seal(plain, other))


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01" * 32, b"\x02" * 99])
def test_what_is_not_sealed_does_not_open(sealed: bytes) -> None:
    with pytest.raises(UnsealError):
        Sealer((KEY,)).within(b"a").open(sealed)
