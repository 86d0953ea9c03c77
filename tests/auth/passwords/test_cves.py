"""Faults that other password storage had, and that must not be ours."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from time import process_time

import bcrypt
import pytest

from hauberk.auth.passwords import Argon2id, Bcrypt, Layered, Passwords
from hauberk.auth.passwords.schemes import Scheme
from hauberk.crypto.secrets import Secrets
from tests.auth.passwords.cheap import cheap

PEPPER = Secrets.of("q9vJ2mX7cT4bL8wZ1rN6kY3pD5hF0sGa-xUe")
SCHEMES: dict[str, Scheme] = {"bcrypt": cheap(Bcrypt(), cost=4), "layered": cheap(Layered(), cost=4)}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_bcrypt_72_octets(scheme: str) -> None:
    """Two passwords with the same first 72 octets are two passwords."""
    passwords = Passwords(scheme=SCHEMES[scheme], pepper=PEPPER, workers=1)
    stored = passwords.hash_sync("x" * 72 + "one")
    assert passwords.verify_sync("x" * 72 + "one", stored)
    assert not passwords.verify_sync("x" * 72 + "two", stored)
    assert not passwords.verify_sync("x" * 72, stored)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_bcrypt_nul(scheme: str) -> None:
    """What follows a NUL counts, in the password and in its digest."""
    passwords = Passwords(scheme=SCHEMES[scheme], pepper=PEPPER, workers=1)
    stored = passwords.hash_sync("pass\x00word")
    assert not passwords.verify_sync("pass", stored)
    assert not passwords.verify_sync("pass\x00", stored)
    # Both raw SHA-512 digests begin with a NUL: an implementation that stops there takes each for the other.
    for word in ("61", "155"):
        assert hashlib.sha512(word.encode()).digest()[0] == 0
    assert not passwords.verify_sync("155", passwords.hash_sync("61"))


def test_imported_bcrypt_is_cut_where_it_was_cut_and_replaced() -> None:
    stored = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()
    passwords = Passwords(scheme=SCHEMES["bcrypt"], workers=1)
    got = passwords.verify_sync("x" * 73, stored)
    assert got
    assert got.new_hash is not None
    assert not passwords.verify_sync("x" * 72, got.new_hash)
    strict = Passwords(legacy_truncate=False, workers=1)
    assert not strict.verify_sync("x" * 73, stored)
    assert strict.verify_sync("x" * 72, stored)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_password_shucking(scheme: str) -> None:
    """A plain digest stolen elsewhere is no password here: what lies under bcrypt is keyed."""
    passwords = Passwords(scheme=SCHEMES[scheme], pepper=PEPPER, workers=1)
    stored = passwords.hash_sync("hunter2")
    for digest in ("md5", "sha1", "sha256", "sha384", "sha512"):
        raw = hashlib.new(digest, b"hunter2")
        for stolen in (raw.digest(), raw.hexdigest(), b64encode(raw.digest())):
            assert not passwords.verify_sync(stolen, stored)
    if scheme == "bcrypt":
        digest_only = stored.split("$")[-1].encode()
        salt = stored.split("$")[-2].encode()
        assert not bcrypt.hashpw(b64encode(hashlib.sha256(b"hunter2").digest()), b"$2b$04$" + salt).endswith(
            digest_only
        )


def test_django_cve_2013_1443() -> None:
    """A megabyte of password is no work (CVE-2013-1443: it was hashed by PBKDF2 for a minute)."""
    passwords = Passwords(workers=1)
    stored = "pbkdf2_sha256$1000000$aSo0iUM6j2dodBa3qfh9Xu$EO5JPPeAW0TJZw9yhYIWZXCVbFR2D4abZwpfBXvfY28="
    start = process_time()
    for huge in ("x" * 10_000_000, b"x" * 10_000_000, "ﷺ" * 1_000_000):
        assert passwords.verify_sync(huge, stored).reason == "too-long"
    assert process_time() - start < 0.2


@pytest.mark.parametrize("kind", ["$6$rounds=656000$saltsaltsaltsalt$" + "." * 86, "$P$F" + "saltsalt" + "." * 22])
def test_crypt_cve_2016_20013(kind: str) -> None:
    """A long password does not multiply the time of SHA-crypt (CVE-2016-20013) or of phpass."""
    passwords = Passwords(scheme=cheap(Argon2id(), memory_cost=64, iterations=1), workers=1)
    start = process_time()
    assert passwords.verify_sync("x" * 4096, kind).reason == "wrong-password"
    assert process_time() - start < 0.3


def test_the_length_of_a_stored_pbkdf2_counts_as_work() -> None:
    """Each block of output costs all the iterations again."""
    long = b64encode(bytes(1000)).decode()
    assert Passwords(workers=1).verify_sync("x", f"pbkdf2_sha1$1000000$salt${long}").reason == "absurd-cost"


ABSURD = [
    "$argon2id$v=19$m=1048577,t=1,p=1$CRwKo4mPteOQ74yb69fzBA$+2lTeEO98j4yysGvMOJWko2Pp8vJ0bR4T6LzrJSTdXY",
    "$argon2id$v=19$m=65536,t=4294967295,p=1$CRwKo4mPteOQ74yb69fzBA$+2lTeEO98j4yysGvMOJWko2Pp8vJ0bR4T6LzrJSTdXY",
    "$argon2id$v=19$m=65536,t=1,p=65$CRwKo4mPteOQ74yb69fzBA$+2lTeEO98j4yysGvMOJWko2Pp8vJ0bR4T6LzrJSTdXY",
    "$2b$31$.drJaP6682IQgKIvzQYS4NVibwAwxIMX5jpZLbMMiaFONWDUPzYqy",
    "bcrypt_sha256$$2b$17$DRNp3hfCmFBAC23WhrMVSAJR6jAtmBEkRyMuhp8AuobW7r8CL76yC",
    "pbkdf2_sha256$10000001$salt$u6Els7nfvceUkOKCljLOrnY/Dx4YnbeffgMTtI+dM/Y=",
    "pbkdf2:sha256:99999999999$salt$f4a41fbcf22a4638c66f973f7ebd4f6c496d1a77077228bb9388f9a775d1a80d",
    "scrypt:1073741824:8:1$salt$aa",
    "scrypt:16384:1024:1024$salt$aa",
    "scrypt$2097152$salt$8$1$L0fAYTbY+Iz23O5T/E32J23VBUvOJHn3j+mpruCBonsoLfPP4LS2Gfx590EXTh/6odjvMnsw9Ci3uOCxcR+h/A==",
    "$scrypt$ln=31,r=8,p=1$5x2ZBsCTcPV2tasZakIpGA$xzhvZZ6/FM2mROuzV2GAFIDOKy/Gc1A9IrliwLzGTpc",
    "$6$rounds=999999999$Bqt.Qzw2A.bbxNoS$" + "." * 86,
    "$5$rounds=99999999999$Bqt.Qzw2A.bbxNoS$" + "." * 43,
    "$P$S104173f615ea6855d8ab62f25852c5",
    "$sha1$2000001$aXyE2VFH$kNrpeRknFN9My/7C0O/D7cEILTJL",
    "$md5,rounds=999999999$gQjtXmnd$$QZYwYl5EuUyMGU3YLt7yN1",
    "_zzzz1234abcdefghijk",
    "{FSHP1|4|999999999}" + b64encode(bytes(36)).decode(),
    "grub.pbkdf2.sha512.10000001." + "00" * 16 + "." + "00" * 64,
    "SCRAM-SHA-256$10000001:IKfxzJ8Nq4PkLJCfgKcPmA==$iRw3qwTp18uaBnsTOEExbtgWdKeBMbSSnZvqD4sdqLQ=:hPciC1CcnBna3szR8Mf3MVc8t0W7QPbIHoMMrh4zRV0=",
]


@pytest.mark.parametrize("stored", ABSURD)
def test_absurd_costs_are_refused_not_computed(stored: str) -> None:
    passwords = Passwords(workers=1)
    start = process_time()
    assert passwords.verify_sync("x", stored).reason == "absurd-cost"
    assert process_time() - start < 2  # of processor time: that of an unknown user is some 0.02
