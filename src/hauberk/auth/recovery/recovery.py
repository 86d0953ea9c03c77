"""`RecoveryCodes`: shown once, stored hashed, each good for one login."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from secrets import choice
from typing import Final, final

from hauberk.core.errors import ConfigurationError
from hauberk.core.log import decision
from hauberk.core.options import whole
from hauberk.core.plan import run_inline
from hauberk.core.store import Store
from hauberk.crypto.framing import framed
from hauberk.crypto.secrets import Secrets

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's Base32: no letters that are read for others."""
MISREAD: Final = str.maketrans("oil", "011")
GROUPS: Final = 3
GROUP: Final = 4
LENGTH: Final = GROUPS * GROUP
"""Characters: 60 bits, so that a keyed hash which takes no time is enough (OWASP ASVS 5.0, 6.5.2)."""
LONGEST_TYPED: Final = 64
CLAIM: Final = 7 * 86_400.0
"""Seconds for which a used code is remembered in the store; from then on it is gone from the table."""


@final
@dataclass(frozen=True, slots=True)
class NewCodes:
    """A new set. The one before it is void as soon as `stored` takes its place."""

    codes: tuple[str, ...] = field(repr=False)
    """To be shown once, and never again: `7k2m-9xq4-h0tz`."""
    stored: str = field(repr=False)
    """For the table: one keyed hash a code."""


@final
@dataclass(frozen=True, slots=True)
class Used:
    """A code was right."""

    stored: str = field(repr=False)
    """What is left, to be stored in place of what was."""
    left: int
    """How many codes that is. Tell the user, and ask him to make new ones when few are left."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodes:
    """One-time codes for whoever has lost his second factor.

    Protects from lock-out without a weaker way in. Ask `Throttle.check_code` before each try.
    """

    secrets: Secrets = field(repr=False)
    """Keys the hashes: a stolen table alone tells nothing."""
    store: Store = field(repr=False)
    """Sees to it that a code which comes twice at the same moment counts once."""
    count: int = 10
    """Codes in a set."""

    def __post_init__(self) -> None:
        if not isinstance(self.secrets, Secrets):
            raise ConfigurationError("RecoveryCodes.secrets", "(hidden)", "is no Secrets", "write Secrets.of(...)")
        if not isinstance(self.store, Store):
            raise ConfigurationError("RecoveryCodes.store", self.store, "is no Store", "write open_store('memory://')")
        if whole("RecoveryCodes.count", self.count, least=1, unit="codes") > 50:
            raise ConfigurationError("RecoveryCodes.count", self.count, "is more than anybody keeps", "write 10")

    def generate(self, user: str) -> NewCodes:
        """A new set for a user; `user` is the id that the hashes are bound to."""
        plain = ["".join(choice(ALPHABET) for _ in range(LENGTH)) for _ in range(self.count)]
        hashes = [next(self._hashes(code, user)) for code in plain]
        shown = ("-".join(code[at : at + GROUP] for at in range(0, LENGTH, GROUP)) for code in plain)
        return NewCodes(tuple(shown), " ".join(hashes))

    async def use(self, user: str, stored: str, code: str) -> Used | None:
        """What is left once this code is used up, or None if it is none of them.

        Store `.stored` before the user gets in. Raises StoreError where it cannot be known whether it was used.
        """
        typed = _plain(code)
        kept = stored.split()
        if typed is None:
            return None
        match = None
        for candidate in self._hashes(typed, user):
            for known in kept:
                # All are compared, whichever matches (CWE-208).
                if hmac.compare_digest(candidate.encode(), known.encode("utf-8", "surrogatepass")):
                    match = known
        if match is None:
            return None
        if not await self.store.add(f"recovery:{match}", b"", CLAIM):
            decision("recovery-code-replayed")
            return None
        left = [known for known in kept if known != match]
        decision("recovery-code-used", left=len(left))
        return Used(" ".join(left), len(left))

    def use_sync(self, user: str, stored: str, code: str) -> Used | None:
        """`use`, for code without an event loop."""
        blocking = replace(self, store=self.store.blocking()) if self.store.waits else self
        return run_inline(blocking.use(user, stored, code))

    @staticmethod
    def left(stored: str) -> int:
        """How many codes are left."""
        return len(stored.split())

    def _hashes(self, code: str, user: str) -> Iterator[str]:
        message = framed(b"recovery", user.encode("utf-8", "surrogatepass"), code.encode())
        for key in self.secrets.keys("recovery code"):
            yield hmac.digest(key, message, "sha256").hex()


def _plain(typed: str) -> str | None:
    """As it was drawn: case, hyphens, spaces and letters that look alike do not matter."""
    if len(typed) > LONGEST_TYPED or not typed.isascii():
        return None
    text = "".join(typed.split()).replace("-", "").lower().translate(MISREAD)
    return text if len(text) == LENGTH and set(text) <= set(ALPHABET) else None
