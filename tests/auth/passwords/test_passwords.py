from __future__ import annotations

import asyncio
import logging
import unicodedata

import pytest

from hauberk.auth.passwords import Argon2id, Bcrypt, Layered, PasswordPolicy, Passwords, Scrypt, StoredHashError
from hauberk.auth.passwords.schemes import Scheme
from hauberk.core.errors import ConfigurationError, PasswordPolicyError
from hauberk.crypto.secrets import Secrets
from tests.auth.passwords.cheap import cheap

OLD, NEW = "q9vJ2mX7cT4bL8wZ1rN6kY3pD5hF0sGa-xUe", "Zr5tUq8LwX2vBn6Mk1Jh4Gf7Ds0Ap3Yc_iOe"
PEPPER = Secrets.of(OLD)
QUICK: dict[str, Scheme] = {
    "argon2id": cheap(Argon2id(), memory_cost=64, iterations=1),
    "bcrypt": cheap(Bcrypt(), cost=4),
    "scrypt": cheap(Scrypt(), log_n=5),
    "layered": cheap(Layered(), cost=4),
}
SCHEMES = pytest.mark.parametrize("scheme", QUICK)


def quick(scheme: str, pepper: Secrets | None = PEPPER) -> Passwords:
    return Passwords(scheme=QUICK[scheme], pepper=pepper, workers=1)


@SCHEMES
@pytest.mark.parametrize(
    "password",
    ["correct horse", "", "pass\x00word", "\x00", "x" * 4096, "pässwörd 漢字 😀", " lead and trail ", b"\xa3\x00\xff"],
    ids=["words", "empty", "NUL", "only NUL", "4096", "unicode", "blanks", "octets"],
)
def test_what_was_hashed_verifies_and_nothing_like_it(scheme: str, password: str | bytes) -> None:
    passwords = quick(scheme)
    stored = passwords.hash_sync(password)
    got = passwords.verify_sync(password, stored)
    assert (got.ok, got.new_hash, got.reason) == (True, None, "")
    assert not passwords.needs_rehash(stored)
    assert passwords.hash_sync(password) != stored
    other = password[1:] if password else "x"
    if scheme == "scrypt" and password == "\x00":
        other = "x"  # HMAC, within scrypt, fills up its key with NULs: those at the end count for nothing
    assert passwords.verify_sync(other, stored).reason == "wrong-password"


@SCHEMES
def test_async_and_sync_are_one(scheme: str) -> None:
    passwords = quick(scheme)

    async def both() -> None:
        stored = await passwords.hash("correct horse", "anna")
        assert await passwords.verify("correct horse", stored, "anna")
        assert not await passwords.verify("correct horsE", stored, "anna")
        assert passwords.verify_sync("correct horse", stored, "anna")

    asyncio.run(both())


@pytest.mark.parametrize("scheme", ["argon2id", "bcrypt", "scrypt", "layered"])
def test_a_scheme_goes_by_its_name(scheme: str) -> None:
    assert not Passwords(scheme=scheme, pepper=PEPPER).needs_rehash(
        Passwords(scheme=scheme, pepper=PEPPER).hash_sync("x")
    )


def test_the_answer_is_true_or_false_by_itself() -> None:
    passwords = quick("argon2id", None)
    stored = passwords.hash_sync("x")
    assert passwords.verify_sync("x", stored)
    assert not passwords.verify_sync("y", stored)


END = "$ukqLFszcc960Iqjg5SqYCA$+O3rUY0VCj3F6sPpSSLkXay7W7LxEoOOoJFn4c0VtkY"
REFUSED = {
    "unknown-user": None,
    "malformed": "$argon2id$v=19$m=19456,t=2,p=1$short",
    "unusable": "!nobody",
    "unsupported": "plain$hunter2",
    "absurd-cost": f"$argon2id$v=19$m=4294967295,t=1,p=1{END}",
    "unknown-pepper": f"$argon2id$v=19$m=1024,t=1,p=1,keyid=AAAAAA{END}",
}


@SCHEMES
@pytest.mark.parametrize("reason", REFUSED)
def test_what_cannot_be_checked_is_no_with_a_reason(scheme: str, reason: str) -> None:
    got = quick(scheme).verify_sync("x", REFUSED[reason])
    assert (got.ok, got.new_hash, got.reason) == (False, None, reason)


def test_faults_in_the_table_are_logged_without_the_hash(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "hauberk.decisions"):
        quick("argon2id").verify_sync("hunter2", REFUSED["absurd-cost"])
        quick("argon2id").verify_sync("hunter2", None)
    assert [record.message for record in caplog.records] == [
        '{"event": "stored-hash-refused", "reason": "absurd-cost"}'
    ]


def test_long_and_impossible_passwords_are_refused_at_once() -> None:
    passwords = quick("argon2id")
    for password, reason in (("x" * 4097, "too-long"), ("ä" * 2049, "too-long"), ("\ud800", "not-unicode")):
        assert passwords.verify_sync(password, None).reason == reason
        with pytest.raises(PasswordPolicyError) as caught:
            passwords.hash_sync(password)
        assert caught.value.reason == reason


# Unicode


@SCHEMES
def test_every_keyboard_sends_the_same_password(scheme: str) -> None:
    passwords = quick(scheme)
    word = "Zoë ﬁancé Å"
    stored = passwords.hash_sync(word)
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        got = passwords.verify_sync(unicodedata.normalize(form, word), stored)
        assert (got.ok, got.new_hash) == (True, None), form


def test_what_others_hashed_as_it_came_is_found_and_hashed_anew() -> None:
    word = unicodedata.normalize("NFD", "Zoë")
    raw = Passwords(scheme=QUICK["argon2id"], normalization=None, workers=1).hash_sync(word)
    passwords = quick("argon2id", None)
    got = passwords.verify_sync(word, raw)
    assert got
    assert got.new_hash is not None
    assert passwords.verify_sync("Zoë", got.new_hash)
    assert not passwords.verify_sync("Zoë", raw)


# Rehashing


def test_a_login_leaves_the_old_cost_behind() -> None:
    dearer = cheap(Argon2id(), memory_cost=128, iterations=2)
    old, new = quick("argon2id", None), Passwords(scheme=dearer, workers=1)
    stored = old.hash_sync("x")
    assert new.needs_rehash(stored)
    got = new.verify_sync("x", stored)
    assert got.new_hash is not None
    assert got.new_hash.startswith("$argon2id$v=19$m=128,t=2,p=1$")
    assert new.verify_sync("x", got.new_hash).new_hash is None
    assert new.verify_sync("wrong", stored).new_hash is None


@SCHEMES
@pytest.mark.parametrize("to", QUICK)
def test_from_every_scheme_to_every_scheme(scheme: str, to: str) -> None:
    stored = quick(scheme).hash_sync("x")
    got = quick(to).verify_sync("x", stored)
    assert got.ok
    assert (got.new_hash is None) is (scheme == to)
    assert got.new_hash is None or quick(to).verify_sync("x", got.new_hash)


# Peppers


def test_argon2id_takes_the_pepper_and_a_login_changes_it() -> None:
    old, new, plain = quick("argon2id"), quick("argon2id", Secrets.of([NEW, OLD])), quick("argon2id", None)
    stored = old.hash_sync("x")
    assert plain.verify_sync("x", stored).reason == "unknown-pepper"
    assert quick("argon2id", Secrets.of(NEW)).verify_sync("x", stored).reason == "unknown-pepper"
    assert new.needs_rehash(stored)
    got = new.verify_sync("x", stored)
    assert got.new_hash is not None
    assert quick("argon2id", Secrets.of(NEW)).verify_sync("x", got.new_hash)


def test_the_layered_pepper_is_changed_offline_without_any_password() -> None:
    old, both, new = quick("layered"), quick("layered", Secrets.of([NEW, OLD])), quick("layered", Secrets.of(NEW))
    stored = old.hash_sync("x", "anna")
    assert both.needs_rehash(stored)
    rotated = both.rotate_pepper(stored, "anna")
    assert not both.needs_rehash(rotated)
    assert both.rotate_pepper(rotated, "anna") == rotated
    assert new.verify_sync("x", rotated, "anna")
    assert new.verify_sync("y", rotated, "anna").reason == "wrong-password"
    assert new.verify_sync("x", stored, "anna").reason == "unknown-pepper"
    assert old.verify_sync("x", rotated, "anna").reason == "unknown-pepper"


def test_a_record_of_one_user_is_no_good_for_another() -> None:
    passwords = quick("layered")
    stored = passwords.hash_sync("x", "mallory")
    assert passwords.verify_sync("x", stored, "anna").reason == "not-this-user"
    with pytest.raises(StoredHashError, match="not-this-user"):
        passwords.rotate_pepper(stored, "anna")


@SCHEMES
@pytest.mark.parametrize(
    "stored", ["$hauberk-layered$v=1,r=04$" + "A" * 41, "$hauberk-layered$", "$hauberk-wrapped$v=1$A$A"]
)
def test_broken_records_of_ours_are_no_more_than_broken(scheme: str, stored: str) -> None:
    passwords = quick(scheme)
    assert passwords.needs_rehash(stored)
    assert passwords.verify_sync("x", stored, "\ud800").reason in {"malformed", "unknown-pepper"}
    with pytest.raises(StoredHashError):
        passwords.rotate_pepper(stored)


def test_any_text_is_a_user() -> None:
    passwords = quick("layered")
    stored = passwords.hash_sync("x", "\ud800")
    assert passwords.verify_sync("x", stored, "\ud800")
    assert not passwords.verify_sync("x", stored, "\ud801")


def test_only_layered_records_can_be_rotated() -> None:
    with pytest.raises(StoredHashError, match="not-sealed"):
        quick("layered").rotate_pepper(quick("argon2id").hash_sync("x"))


@pytest.mark.parametrize("place", range(0, 220, 7))
def test_a_layered_record_cannot_be_altered(place: int) -> None:
    passwords = quick("layered")
    stored = passwords.hash_sync("x")
    place %= len(stored)
    altered = stored[:place] + ("A" if stored[place] != "A" else "B") + stored[place + 1 :]
    assert not passwords.verify_sync("x", altered)


def test_the_cost_that_a_layered_record_names_is_sealed_with_it() -> None:
    passwords = quick("layered")
    stored = passwords.hash_sync("x")
    assert passwords.verify_sync("x", stored.replace("r=04", "r=05")).reason == "not-this-user"


def test_the_table_alone_shows_nothing_of_a_layered_hash() -> None:
    stored = quick("layered").hash_sync("x")
    assert "$2" not in stored
    assert stored.startswith("$hauberk-layered$v=1,r=04$")


# Options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scheme": "argon2"}, "did you mean 'argon2id'"),
        ({"scheme": "layered"}, "HAUBERK_PEPPER"),
        ({"workers": 0}, r"Passwords\.workers=0"),
        ({"workers": True}, r"Passwords\.workers=True"),
        ({"waiting": -1}, r"Passwords\.waiting=-1"),
        ({"normalization": "NFX"}, "NFX"),
        ({"legacy": "rubbish"}, r"Passwords\.legacy"),
        ({"legacy_truncate": 1}, "legacy_truncate"),
    ],
)
def test_options_are_refused_with_a_fix(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Passwords(**options)  # type: ignore[arg-type]


def test_costs_below_every_standard_are_refused() -> None:
    for make in (
        lambda: Argon2id(memory_cost=4_096, iterations=10),
        lambda: Argon2id(memory_cost=19_456, iterations=1),
        lambda: Argon2id(lanes=0),
        lambda: Bcrypt(cost=9),
        lambda: Layered(cost=17),
        lambda: Scrypt(log_n=14),
    ):
        with pytest.raises(ConfigurationError):
            make()


@pytest.mark.parametrize(
    ("profile", "head"),
    [
        (Argon2id.owasp(), "$argon2id$v=19$m=19456,t=2,p=1$"),
        (Argon2id.rfc9106_second(), "$argon2id$v=19$m=65536,t=3,p=4$"),
        (Argon2id.rfc9106_first(), "$argon2id$v=19$m=2097152,t=1,p=4$"),
    ],
)
def test_profiles(profile: Argon2id, head: str) -> None:
    made = Passwords(scheme=profile)  # a cost of our own is never refused, even above what imports may ask for
    decoy = profile.decoy(made._vault)
    assert decoy.startswith(head)
    assert not made.needs_rehash(decoy)
    if profile.memory() < 100_000:
        assert made.hash_sync("x").startswith(head)


def test_nothing_secret_is_shown() -> None:
    shown = repr(Passwords(scheme="layered", pepper=PEPPER, legacy="5f4dcc3b5aa765d61d8327deb882cf99"))
    assert "5f4dcc" not in shown
    assert OLD not in shown


def test_the_policy_is_asked_for_new_passwords_only() -> None:
    passwords = Passwords(scheme=QUICK["argon2id"], policy=PasswordPolicy(), workers=1)
    with pytest.raises(PasswordPolicyError, match="at least 15") as caught:
        passwords.hash_sync("short")
    assert caught.value.reason == "too-short"
    old = quick("bcrypt", None).hash_sync("short")
    got = passwords.verify_sync("short", old)
    assert got
    assert got.new_hash is not None
