from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hauberk.core.errors import ConfigurationError, UnsealError
from hauberk.crypto.framing import framed
from hauberk.crypto.sealing import OVERHEAD, Sealer, key_id
from hauberk.crypto.signing import Signer

OLD, NEW = bytes(range(32)), bytes(range(32, 64))


@settings(deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=40))
def test_open_gives_back_what_was_sealed(plain: bytes, context: bytes) -> None:
    sealer = Sealer((NEW, OLD))
    sealed = sealer.seal(plain, context)
    assert sealer.open(sealed, context) == plain
    assert len(sealed) == len(plain) + OVERHEAD
    assert sealer.seal(plain, context) != sealed


@settings(deadline=None)
@given(st.binary(max_size=120))
def test_any_bytes_are_opened_or_refused_with_our_error(sealed: bytes) -> None:
    with pytest.raises(UnsealError):
        Sealer((NEW, OLD)).open(sealed, b"")
    with pytest.raises(UnsealError):
        Sealer((NEW, OLD)).open(b"\x01" + key_id(OLD) + sealed, b"")


@pytest.mark.parametrize("bit", range(0, (OVERHEAD + 5) * 8, 3))
def test_no_bit_can_be_changed(bit: int) -> None:
    sealed = bytearray(Sealer((NEW,)).seal(b"plain", b"context"))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(UnsealError):
        Sealer((NEW,)).open(bytes(sealed), b"context")


def test_nothing_opens_in_another_place_or_under_another_key() -> None:
    sealed = Sealer((NEW,)).seal(b"plain", b"user 1")
    for sealer, context in ((Sealer((NEW,)), b"user 2"), (Sealer((OLD,)), b"user 1")):
        with pytest.raises(UnsealError) as caught:
            sealer.open(sealed, context)
        assert caught.value.__cause__ is None


def test_a_key_can_be_changed() -> None:
    before, during, after = Sealer((OLD,)), Sealer((NEW, OLD)), Sealer((NEW,))
    sealed = before.seal(b"plain", b"")
    assert during.open(sealed, b"") == b"plain"
    assert during.sealed_with_old_key(sealed)
    again = during.seal(b"plain", b"")
    assert not during.sealed_with_old_key(again)
    assert after.open(again, b"") == b"plain"
    with pytest.raises(UnsealError):
        after.open(sealed, b"")


@pytest.mark.parametrize("keys", [(), (b"short",), (NEW, b"x" * 16)])
def test_wrong_keys_are_refused_without_being_shown(keys: tuple[bytes, ...]) -> None:
    with pytest.raises(ConfigurationError, match="hidden"):
        Sealer(keys)
    with pytest.raises(ConfigurationError, match="hidden"):
        Signer(keys)


def test_keys_are_not_shown_or_pickled() -> None:
    for holder in (Sealer((NEW, OLD)), Signer((NEW, OLD))):
        assert repr(holder).endswith("(2 keys)")
        with pytest.raises(TypeError, match="pickle"):
            pickle.dumps(holder)


@settings(deadline=None)
@given(st.binary(max_size=60), st.binary(max_size=20), st.binary(max_size=40))
def test_only_the_keys_can_sign(message: bytes, context: bytes, forged: bytes) -> None:
    signer = Signer((NEW, OLD))
    signature = signer.sign(message, context)
    assert len(signature) == 32
    assert signer.verify(message, context, signature)
    assert signer.verify(message, context, Signer((OLD,)).sign(message, context))
    assert not signer.verify(message, context, forged)
    assert not signer.verify(message, context, signature[:31])
    assert not signer.verify(message + b"x", context, signature)
    assert not signer.verify(message, context + b"x", signature)
    assert not Signer((OLD,)).verify(message, context, signature)


def test_an_old_signature_is_told() -> None:
    old = Signer((OLD,)).sign(b"m", b"c")
    assert Signer((NEW, OLD)).signed_with_old_key(b"m", b"c", old)
    assert not Signer((OLD, NEW)).signed_with_old_key(b"m", b"c", old)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=4), max_size=4), st.lists(st.binary(max_size=4), max_size=4))
def test_different_lists_are_framed_differently(one: list[bytes], two: list[bytes]) -> None:
    assert (framed(*one) == framed(*two)) == (one == two)
