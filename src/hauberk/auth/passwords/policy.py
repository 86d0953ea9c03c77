"""What a new password must be: long enough, not in a list of known ones, not the user's own name. Nothing else.

No rules of composition and no expiry: NIST SP 800-63B-4, section 3.1.1.2, forbids both, as both make passwords worse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final
from unicodedata import normalize

from hauberk.auth.passwords.numbers import whole
from hauberk.core.errors import PasswordPolicyError
from hauberk.core.options import words

TOO_SHORT: Final = "too-short"
TOO_LONG: Final = "too-long"
KNOWN: Final = "known"
CONTEXT: Final = "context"
LONGEST: Final = 4096
"""Octets, in UTF-8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordPolicy:
    """Length, and a list of what must not be chosen (OWASP ASVS 5.0, 6.2; CWE-521)."""

    min_length: int = 15
    """Characters. 15 where the password is all there is; 8 is enough beside a second factor (NIST SP 800-63B-4)."""
    blocklist: Callable[[str], bool] | None = None
    """Says whether a password is known: `Blocklist.open("breached.hbk")`, or any function of yours."""
    words: frozenset[str] = frozenset()
    """Names of the service and the company: no password may be made of one of them and little else."""

    def __post_init__(self) -> None:
        whole("PasswordPolicy.min_length", self.min_length, 8, 64, "8 is the least that any standard allows")
        words("PasswordPolicy.words", self.words)

    def problems(self, password: str, own: Iterable[str] = ()) -> tuple[tuple[str, str], ...]:
        """Pairs of a stable code and a sentence for the user; empty if the password will do.

        `own` are the user's name, address and the like.
        """
        text = normalize("NFKC", password)
        found = []
        if len(text) < self.min_length:
            found.append((TOO_SHORT, f"Please use at least {self.min_length} characters. A few random words do well."))
        if len(password.encode("utf-8", "surrogatepass")) > LONGEST:
            return ((TOO_LONG, f"Please use at most {LONGEST} characters."),)
        if self.blocklist is not None and (self.blocklist(password) or (text != password and self.blocklist(text))):
            found.append(
                (KNOWN, "This password has been seen in a data breach, so attackers will try it. Use another.")
            )
        if made_of(text, [*self.words, *own]):
            found.append((CONTEXT, "This password is too close to your name, or to the name of this service."))
        return tuple(found)

    def demand(self, password: str | bytes, user: str = "") -> None:
        """Raise PasswordPolicyError with the first problem."""
        text = password if isinstance(password, str) else password.decode("utf-8", "replace")
        for reason, message in self.problems(text, (user,)):
            raise PasswordPolicyError(reason, message)


def made_of(password: str, words: Iterable[str]) -> bool:
    """Whether a word of three letters or more makes up more than half of the password."""
    folded = password.casefold()
    parts = {part for word in words for part in pieces(word.casefold())}
    return any(len(part) * folded.count(part) * 2 > len(folded) for part in parts if len(part) > 2)


def pieces(word: str) -> list[str]:
    """The word, and what an address consists of."""
    return [
        word,
        word.partition("@")[0],
        *word.replace("@", " ").replace(".", " ").replace("-", " ").replace("_", " ").split(),
    ]
