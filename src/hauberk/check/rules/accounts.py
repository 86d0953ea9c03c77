"""How passwords are accepted and kept."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.check.facts import Facts
from hauberk.check.verdict import Check, fail, passed, unknown
from hauberk.core.finding import Finding, Rule

DOCS = "https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html"
HASHER = Rule(
    id="check.password-hasher",
    title="Passwords are kept under a fast hash",
    severity="high",
    why="After a leak of the table most passwords are found within hours.",
    fix="Put Argon2, scrypt, bcrypt or PBKDF2 first, and rehash what is stored at the next login.",
    cwe=(916, 328),
    asvs=("v5.0.0-11.4.2",),
    top10=("A04:2025",),
    docs=DOCS,
)
VALIDATORS = Rule(
    id="check.password-rules",
    title="Any password is accepted",
    severity="medium",
    why="Accounts with short and common passwords fall to the first list that is tried.",
    fix="Ask for 8 characters or more (15 are better), and refuse common and breached passwords.",
    cwe=(521,),
    asvs=("v5.0.0-6.2.1", "v5.0.0-6.2.4"),
    top10=("A07:2025",),
    docs="https://pages.nist.gov/800-63-4/sp800-63b.html",
)

FAST = ("md5", "sha1", "unsalted", "plain", "crypt")
SHORTEST = 8


def _fast(hasher: str) -> bool:
    name = hasher.rpartition(".")[2].lower()
    slow = name.startswith(("argon2", "bcrypt", "scrypt", "pbkdf2"))
    return not slow and any(word in name for word in FAST)


def hasher(facts: Facts) -> Iterator[Finding]:
    """The first hasher makes new hashes; the others verify and are replaced."""
    setting = facts.hashers
    if setting is None:
        yield unknown(HASHER, facts, "how passwords are hashed")
    elif not setting.value:
        yield fail(HASHER, setting.where, f"{setting.name} is empty.")
    elif _fast(setting.value[0]):
        name = setting.value[0].rpartition(".")[2]
        yield fail(HASHER, setting.where, f"{setting.name} begins with {name}.", evidence={"hasher": setting.value[0]})
    else:
        name = setting.value[0].rpartition(".")[2]
        yield passed(HASHER, f"{setting.name} begins with {name}.", setting.where)


def validators(facts: Facts) -> Iterator[Finding]:
    """Length, and lists of common passwords."""
    setting, shortest = facts.validators, facts.shortest_password
    if setting is None:
        yield unknown(VALIDATORS, facts, "which passwords are accepted")
    elif not setting.value:
        yield fail(VALIDATORS, setting.where, f"{setting.name} is empty.")
    elif shortest is not None and shortest.value < SHORTEST:
        message = f"{shortest.name} accepts {shortest.value} characters."
        yield fail(VALIDATORS, shortest.where, message, evidence={"shortest": shortest.value})
    else:
        yield passed(VALIDATORS, f"{setting.name} has {len(setting.value)} validators.", setting.where)


CHECKS = (Check(HASHER, hasher), Check(VALIDATORS, validators))
