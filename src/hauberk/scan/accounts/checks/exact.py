"""Whether a password is compared as it was typed."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.scan.accounts.people import People, good_password, letters
from hauberk.scan.accounts.verdict import AccountCheck, Said, account_rule, fault, fine, nothing

RULE = account_rule(
    "password-altered",
    "Another password than the one that was set signs in",
    "high",
    why="What is cut off, trimmed or turned into small letters need not be guessed.",
    fix="Give the hash what was typed; for bcrypt, hash it first, as it reads 72 octets. Passwords() does both.",
    cwe=(916, 178),
    asvs="6.2.8",
)
LENGTHS = (72, 64, 32, 24, 16, 8)
"""Where software is known to cut: bcrypt, and columns of tables."""


def altered(people: People) -> Iterator[Said]:
    """Sign in with what is left when it is cut, trimmed, or its case changed."""
    for length in (100, 60, 30):
        word = f"{good_password()}{letters(length)}"[:length]
        person = people.settled(word)
        if person is not None:
            break
    else:
        yield nothing("No account could be made.")
        return
    others = {"with capital and small letters exchanged": word.swapcase(), "with a blank after it": word + " "}
    others |= {f"when only its first {n} characters are right": word[:n] + letters(4) for n in LENGTHS if n < length}
    for how, other in others.items():
        if people.sign_in(person.name, other) is not None:
            yield fault(f"A password of {length} characters signs in {how}.", "login", how=how)
            return
    yield fine(f"{len(others)} passwords that differ a little from the right one were refused.", "login")


CHECKS = (AccountCheck(RULE, altered),)
