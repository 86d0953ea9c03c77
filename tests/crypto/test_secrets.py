from __future__ import annotations

import logging
import pickle
import secrets as random

import pytest

from hauberk.core.errors import ConfigurationError
from hauberk.crypto.secrets import Secrets
from hauberk.crypto.strength import weakness

ONE, TWO = "q9vJ2mX7cT4bL8wZ1rN6kY3pD5hF0sGa-xUe", "Zr5tUq8LwX2vBn6Mk1Jh4Gf7Ds0Ap3Yc_iOe"


def test_the_first_secret_is_the_first_key() -> None:
    both, swapped = Secrets.of(f"{ONE},{TWO}"), Secrets.of(f" {TWO} , {ONE} ")
    assert both.keys("sessions") == swapped.keys("sessions")[::-1]
    assert both.keys("sessions")[0] == Secrets.of(ONE).keys("sessions")[0]
    assert Secrets.from_environ({"HAUBERK_SECRET": f"{ONE},{TWO}"}).keys("x") == both.keys("x")
    assert Secrets.of([ONE.encode(), TWO]).keys("x") == both.keys("x")


def test_purposes_and_lengths_have_nothing_in_common() -> None:
    root = Secrets.of(ONE)
    keys = [root.keys("a")[0], root.keys("b")[0], root.keys("a", 64)[0], root.keys("a/6", 4)[0]]
    assert [len(key) for key in keys] == [32, 32, 64, 4]
    assert len({key[:4] for key in keys}) == 4
    assert root.keys("a") is root.keys("a")


def test_keys_are_hkdf_sha256_of_rfc_5869() -> None:
    # Written out with HMAC alone, so that the same keys come out in any later version.
    import hmac

    extracted = hmac.digest(b"\x00" * 32, ONE.encode(), "sha256")
    assert Secrets.of(ONE).keys("csrf") == (hmac.digest(extracted, b"hauberk/1/csrf/32\x01", "sha256"),)


WEAK = {
    "nothing": "",
    "only commas": " , ,",
    "short": "aB3$xY9!kL2mN",
    "31 octets": ONE[:31],
    "one letter": "a" * 40,
    "counting": "abcdefghijklmnopqrstuvwxyz0123456789",
    "digits in turn": "0123456789" * 5,
    "a keyboard row again and again": "asdfghjkl;" * 4,
    "a random unit repeated": "q9vJ2mX7cT4b" * 4,
    "placeholder": "please-ChangeMe-4f9Kd02LsPqZx81VnT",
    "of a framework": "django-insecure-8s7df6g5h4j3k2l1mnbvcxz",
    "a sentence": "correct horse battery staple and some more",
    "second one weak": f"{ONE},short",
    "the same twice": f"{ONE},{ONE}",
}


@pytest.mark.parametrize("given", WEAK.values(), ids=WEAK)
def test_weak_secrets_are_refused_without_being_shown(given: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Secrets.of(given)
    message = str(caught.value)
    assert "HAUBERK_SECRET" in message
    assert not any(piece.strip() and piece.strip() in message for piece in given.split(","))
    if given != WEAK["the same twice"]:
        assert "hauberk secret" in message


def test_a_missing_variable_names_the_fix() -> None:
    with pytest.raises(ConfigurationError, match=r"HAUBERK_SECRET=None: is not set.*`hauberk secret`"):
        Secrets.from_environ({})


@pytest.mark.parametrize("octets", [24, 32, 64, 1024])
def test_random_secrets_of_every_spelling_are_taken(octets: int) -> None:
    for _ in range(300):
        for text in (random.token_urlsafe(octets), random.token_hex(octets)):
            assert weakness(text.encode()) == ""
        assert octets < 32 or weakness(random.token_bytes(octets)) == ""


def test_nothing_shows_a_secret() -> None:
    secrets = Secrets.of(f"{ONE},{TWO}")
    secrets.keys("x")
    assert repr(secrets) == str(secrets) == "Secrets(2 (hidden))"
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(secrets)


def test_an_ephemeral_secret_differs_each_time_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "hauberk"):
        assert Secrets.ephemeral().keys("x") != Secrets.ephemeral().keys("x")
    assert "HAUBERK_SECRET is not set" in caplog.text
