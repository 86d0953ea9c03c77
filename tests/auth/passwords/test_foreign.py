"""What other software stores is verified as it stands: made by that software here, and counted in the vectors."""

from __future__ import annotations

import hmac
import json
import shutil
import subprocess
import warnings
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2d, Argon2i, Argon2id

from hauberk.auth.passwords import Argon2id as Ours
from hauberk.auth.passwords import Passwords
from tests.auth.passwords.cheap import cheap

GUIDE = Path(__file__).parents[3] / "docs" / "passwords.md"
WORDS = ("hunter2", " pass word ", "pässwörd 漢字 😀", "a: colon $ and a dollar", "x" * 60)
SALT = "Kx7mQ2pVtR9sLwZ4nB"
Make = Callable[[str], str]


def django(name: str, **costs: Any) -> Make:
    def make(password: str) -> str:
        hasher = getattr(import_module("django.contrib.auth.hashers"), name)()
        salt = hasher.salt() if name.startswith("BCrypt") else SALT
        return str(hasher.encode(password, salt, **costs))

    return make


def old_werkzeug(digest: str) -> Make:
    """Before 2.3: HMAC under the salt. Written down here, as no version that runs today makes it."""
    return lambda word: f"{digest}${SALT}${hmac.new(SALT.encode(), word.encode(), digest).hexdigest()}"


def werkzeug(method: str) -> Make:
    return lambda password: str(import_module("werkzeug.security").generate_password_hash(password, method))


def argon2(kind: type[Argon2d | Argon2i | Argon2id]) -> Make:
    def make(password: str) -> str:
        made = kind(salt=SALT.encode(), length=32, iterations=1, lanes=1, memory_cost=64)
        return made.derive_phc_encoded(password.encode())

    return make


def plain_bcrypt(dialect: str) -> Make:
    def make(password: str) -> str:
        return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode().replace("$2b$", f"${dialect}$")

    return make


def node(script: str) -> Make:
    def make(password: str) -> str:
        done = subprocess.run(
            ["node", "-e", f"const c = require('crypto'), p = process.argv[1]; {script}", password],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        return done.stdout.strip()

    return make


def passlib(name: str, **costs: Any) -> Make:
    def make(password: str) -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            kind = getattr(import_module("passlib.hash"), name)
            return str((kind.using(**costs) if costs else kind).hash(password))

    return make


SCRYPT_JS = (
    "const s = c.randomBytes(16).toString('hex'); console.log(s + ':' + c.scryptSync(p, s, 64{}).toString('hex'))"
)
KINDS: dict[str, Make] = {
    "django PBKDF2PasswordHasher": django("PBKDF2PasswordHasher", iterations=1_000),
    "django PBKDF2SHA1PasswordHasher": django("PBKDF2SHA1PasswordHasher", iterations=1_000),
    "django ScryptPasswordHasher": django("ScryptPasswordHasher", n=1_024),
    "django MD5PasswordHasher": django("MD5PasswordHasher"),
    "django BCryptPasswordHasher": django("BCryptPasswordHasher"),
    "django BCryptSHA256PasswordHasher": django("BCryptSHA256PasswordHasher"),
    "werkzeug scrypt": werkzeug("scrypt:1024:8:1"),
    "werkzeug scrypt with r and p": werkzeug("scrypt:1024:4:2"),
    "werkzeug sha256": werkzeug("pbkdf2:sha256:1000"),
    "werkzeug sha1": werkzeug("pbkdf2:sha1:1000"),
    "werkzeug sha512": werkzeug("pbkdf2:sha512:1000"),
    "werkzeug sha3_256": werkzeug("pbkdf2:sha3_256:1000"),
    "werkzeug blake2b": werkzeug("pbkdf2:blake2b:1000"),
    "werkzeug sha224 of old": old_werkzeug("sha224"),
    "werkzeug sha3_512 of old": old_werkzeug("sha3_512"),
    "argon2 id": argon2(Argon2id),
    "argon2 i": argon2(Argon2i),
    "argon2 d": argon2(Argon2d),
    "bcrypt 2a": plain_bcrypt("2a"),
    "bcrypt 2b": plain_bcrypt("2b"),
    "bcrypt 2y": plain_bcrypt("2y"),
    "node salt:hex": node(SCRYPT_JS.format("")),
    "node salt:hex, r=16": node(SCRYPT_JS.format(", {N: 16384, r: 16, p: 1, maxmem: 64 * 1024 * 1024}")),
    "passlib pbkdf2_sha256": passlib("pbkdf2_sha256", rounds=1_000),
    "passlib pbkdf2_sha512": passlib("pbkdf2_sha512", rounds=1_000),
    "passlib sha256_crypt": passlib("sha256_crypt", rounds=1_000),
    "passlib sha512_crypt": passlib("sha512_crypt", rounds=1_000),
    "passlib md5_crypt": passlib("md5_crypt"),
    "passlib apr_md5_crypt": passlib("apr_md5_crypt"),
    "passlib sha1_crypt": passlib("sha1_crypt", rounds=500),
    "passlib phpass": passlib("phpass", rounds=8),
    "passlib scrypt": passlib("scrypt", rounds=10),
    "passlib scram": passlib("scram", rounds=1_000),
    "passlib fshp": passlib("fshp", rounds=1_000),
    "passlib grub_pbkdf2_sha512": passlib("grub_pbkdf2_sha512", rounds=1_000),
    "passlib atlassian_pbkdf2_sha1": passlib("atlassian_pbkdf2_sha1"),
    "passlib cta_pbkdf2_sha1": passlib("cta_pbkdf2_sha1", rounds=1_000),
    "passlib dlitz_pbkdf2_sha1": passlib("dlitz_pbkdf2_sha1", rounds=1_000),
    "passlib ldap_salted_sha1": passlib("ldap_salted_sha1"),
    "passlib ldap_salted_md5": passlib("ldap_salted_md5"),
    "passlib mssql2005": passlib("mssql2005"),
    "passlib mysql41": passlib("mysql41"),
    "passlib oracle11": passlib("oracle11"),
    "passlib hex_sha256": passlib("hex_sha256"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_made_here(kind: str) -> None:
    origin = kind.split()[0]
    if origin == "node" and not shutil.which("node"):
        pytest.skip("Node.js is not installed")
    if origin == "passlib":
        pytest.importorskip("passlib", reason="passlib is not installed", exc_type=ImportError)
    passwords = Passwords(scheme=cheap(Ours(), memory_cost=64, iterations=1), workers=1)
    # Starting Node.js, and the costs that bcrypt has in Django, take a while: one password is enough there.
    words: tuple[str, ...] = WORDS[2:3] if origin == "node" or kind.startswith("django BCrypt") else WORDS
    if kind == "passlib scram":
        words = WORDS[:2]  # it prepares passwords, and knows the characters of Unicode 3.2 only
    for word in words:
        stored = KINDS[kind](word)
        found = passwords.verify_sync(word, stored)
        assert found.ok, (word, stored, found.reason)
        assert found.new_hash is not None
        assert found.new_hash.startswith("$argon2id$")
        assert passwords.verify_sync(word, found.new_hash).ok
        for wrong in ("", word[:-1], word + "x", "y" + word[1:]):
            assert not passwords.verify_sync(wrong, stored).ok, (wrong, stored)


def foreign(path: Path) -> list[dict[str, Any]]:
    """Hashes of other software, which an importer has to take or to refuse; raw computations are none."""
    cases: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return [case for case in cases if case["expected"] in {"accept", "reject"} and "encoded" in case]


def test_the_vectors_are_verified_all_and_the_guide_says_how_many(request: pytest.FixtureRequest) -> None:
    path = Path(request.config.getoption("--vectors")) / "auth" / "passwords.json"
    if not path.exists():
        pytest.skip("auth/passwords.json is not among the vectors given")
    there, verified, refused = Counter[str](), Counter[str](), Counter[str]()
    for case in foreign(path):
        origin = case["scheme"].split(":")[0]
        passwords = Passwords(
            scheme=cheap(Ours(), memory_cost=64, iterations=1),
            normalization=case.get("normalize", "NFKC"),
            legacy_truncate=not case.get("native", False),
            workers=1,
        )
        password = bytes.fromhex(case["password_hex"]) if "password_hex" in case else str(case["password"])
        ok = passwords.verify_sync(password, case["encoded"]).ok
        if case["expected"] == "accept":
            there[origin] += 1
            verified[origin] += ok
        else:
            refused["to refuse"] += 1
            refused["refused"] += not ok
    assert verified == there
    assert refused["refused"] == refused["to refuse"]
    if there.total() != 100:
        return  # other vectors than those that the guide speaks of
    guide = GUIDE.read_text("utf-8")
    for origin, count in there.items():
        assert f"| {origin} | {count} | {verified[origin]} |" in guide
    assert f"| all | {there.total()} | {verified.total()} |" in guide
    assert f"all {refused.total() // 2} that must be refused are" in guide
