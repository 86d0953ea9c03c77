"""Guessing: without end, and the accounts that every list begins with."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.scan.accounts.people import People, good_password
from hauberk.scan.accounts.verdict import AccountCheck, Said, account_rule, fault, fine, nothing

THROTTLE = account_rule(
    "login-unthrottled",
    "Passwords may be guessed without end",
    "high",
    why="Lists of stolen and common passwords are tried by the thousand.",
    fix="Slow attempts down by account and by address: hauberk.auth.throttle.Throttle.",
    cwe=(307,),
    asvs="6.3.1",
)
DEFAULTS = account_rule(
    "default-account",
    "An account with a known name and password exists",
    "critical",
    why="It is the first that anybody tries.",
    fix="Remove it; let the first administrator be made on the command line, with a password of his own.",
    cwe=(1392, 798),
    asvs="6.3.2",
)
ATTEMPTS = 100
"""NIST SP 800-63B-4, section 3.2.2: no more than a hundred in a row on one account."""
SLOWED = frozenset({403, 423, 429, 503})
PAIRS = (
    *(("admin", word) for word in ("admin", "password", "admin123", "changeme", "secret", "123456")),
    *(("root", word) for word in ("root", "toor", "password")),
    *((name, name) for name in ("administrator", "test", "guest", "user", "demo", "sa", "superuser")),
    ("administrator", "password"),
    ("test", "test123"),
    ("admin", ""),
)


def throttle(people: People) -> Iterator[Said]:
    """Wrong passwords on one account; then the right one, which a lock would refuse too."""
    person = people.settled()
    if person is None:
        yield nothing("No account could be made.")
        return
    client = people.client()
    for number in range(1, ATTEMPTS + 1):
        answer = people.attempt(person.name, good_password(), client)
        if answer.status in SLOWED or answer.header("retry-after"):
            yield fine(f"Attempt {number} with a wrong password was answered {answer.status}.", "login")
            return
    if people.sign_in(person.name, person.password) is None:
        yield fine(f"After {ATTEMPTS} wrong passwords the account is closed.", "login")
    else:
        yield fault(f"{ATTEMPTS} wrong passwords in a row on one account were all tried.", "login", attempts=ATTEMPTS)


def defaults(people: People) -> Iterator[Said]:
    """What installations and frameworks are known to begin with."""
    inside = [f"{name} / {word}" for name, word in PAIRS if people.sign_in(name, word) is not None]
    if inside:
        yield fault(f"Signed in as {', '.join(inside)}.", "login", pairs=inside)
    else:
        yield fine(f"None of {len(PAIRS)} well-known pairs of name and password signs in.", "login")


CHECKS = (AccountCheck(DEFAULTS, defaults), AccountCheck(THROTTLE, throttle))
