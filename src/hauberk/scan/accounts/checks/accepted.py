"""Which passwords an account may be made with."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from hauberk.scan.accounts.people import People, good_password, letters
from hauberk.scan.accounts.verdict import AccountCheck, Said, account_rule, fault, fine

SHORT = account_rule(
    "password-short",
    "Short passwords are accepted",
    "medium",
    why="All passwords of seven characters are tried within hours of a leak.",
    fix="Ask for 15 characters, or 8 beside a second factor: Passwords(policy=PasswordPolicy(min_length=15)).",
    cwe=(521,),
    asvs="6.2.1",
)
COMMON = account_rule(
    "password-common",
    "Passwords that everybody uses are accepted",
    "medium",
    why="The first list that an attacker tries on every account is that of the most common passwords.",
    fix="Refuse those of a list: PasswordPolicy(blocklist=Blocklist.open(...)).",
    cwe=(521, 1391),
    asvs="6.2.4",
)
COMPOSED = account_rule(
    "password-composition",
    "Passwords must be made of certain kinds of characters",
    "low",
    why="Rules of composition lead to Password1! and keep long phrases out.",
    fix="Ask for length only, and refuse common passwords.",
    cwe=(521,),
    asvs="6.2.5",
)
LONG = account_rule(
    "password-long",
    "Long passwords are refused",
    "low",
    why="Phrases and what password managers make are kept out.",
    fix="Allow 64 characters and more; hash what is long, as Passwords() of hauberk does.",
    cwe=(521,),
    asvs="6.2.9",
)

COMMON_ONES = (
    "password",
    "password1",
    "12345678",
    "123456789",
    "1234567890",
    "qwertyuiop",
    "iloveyou",
    "sunshine",
    "football",
    "princess",
    "baseball",
    "trustno1",
    "superman",
    "1q2w3e4r",
    "passw0rd",
)
"""From the top of every published list, and long enough for a rule that asks for eight."""


def short(people: People) -> Iterator[Said]:
    """Seven random characters of every kind, so that nothing but their number is wrong."""
    word = f"aZ4!{letters(3)}"
    if people.settled(word) is not None:
        yield fault("An account was made with a password of 7 characters.", "register", length=len(word))
    else:
        yield fine("A password of 7 characters was refused.", "register")


def common(people: People) -> Iterator[Said]:
    """Each must be refused, be it for its length."""
    taken = [word for word in COMMON_ONES if people.settled(word) is not None]
    if taken:
        yield fault(f"Accounts were made with {', '.join(taken[:5])}.", "register", accepted=taken)
    else:
        yield fine(f"{len(COMMON_ONES)} of the most common passwords were refused.", "register")


def composition(people: People) -> Iterator[Said]:
    """Long and random, and of one kind of character each."""
    kinds = {
        "small letters": letters(28),
        "capital letters": letters(28).upper(),
        "digits": "".join(str(secrets.randbelow(10)) for _ in range(28)),
        "words and spaces": " ".join(letters(7) for _ in range(4)),
        "letters beyond ASCII": f"{letters(12)} äöü ßéñ {letters(12)}",
    }
    refused = [name for name, word in kinds.items() if people.settled(word) is None]
    if refused:
        yield fault(
            f"28 random characters were refused because they are {', '.join(refused)}.", "register", kinds=refused
        )
    else:
        yield fine(f"Long passwords of {', '.join(kinds)} were accepted.", "register")


def long(people: People) -> Iterator[Said]:
    """64 characters."""
    word = (good_password() + letters(64))[:64]
    if people.settled(word) is None:
        yield fault("A password of 64 characters was refused.", "register", length=len(word))
    else:
        yield fine("A password of 64 characters was accepted.", "register")


CHECKS = (
    AccountCheck(SHORT, short),
    AccountCheck(COMMON, common),
    AccountCheck(COMPOSED, composition),
    AccountCheck(LONG, long),
)
