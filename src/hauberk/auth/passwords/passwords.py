"""`Passwords`: hash, verify, and leave old hashes behind."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from time import thread_time
from typing import Final, final

from hauberk.auth.passwords.ceilings import Ceilings
from hauberk.auth.passwords.numbers import whole
from hauberk.auth.passwords.pacing import Pace
from hauberk.auth.passwords.policy import PasswordPolicy
from hauberk.auth.passwords.pool import Pool
from hauberk.auth.passwords.reading import Check, Reading, StoredHashError
from hauberk.auth.passwords.schemes import BY_NAME, Scheme, layered
from hauberk.auth.passwords.stored import read
from hauberk.auth.passwords.text import Normalization, TooLongError, forms
from hauberk.auth.passwords.vault import Vault
from hauberk.auth.passwords.verified import Verified
from hauberk.auth.passwords.wrapping import inner_of, wrapped
from hauberk.core.errors import ConfigurationError, PasswordPolicyError
from hauberk.core.log import decision
from hauberk.core.options import did_you_mean, flag, one_of
from hauberk.crypto.secrets import Secrets

WAITING_PER_WORKER: Final = 8
WORTH_A_LOOK: Final = frozenset({"malformed", "absurd-cost", "unknown-pepper", "not-this-user"})
"""Reasons that tell of a fault in the table, or of somebody who writes to it."""

UNBOUNDED: Final = Ceilings(memory=2**32, filled=2**40, iterations=2**40, bcrypt_cost=31)
"""For our own hashes: the cost that the operator chose is no attack, even where imports may not ask for as much."""


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Passwords:
    """Password storage: `await hash(password)`, `await verify(password, stored)`, and the same with `_sync` behind.

    New hashes are of one scheme; `verify` takes those of every other too, and gives a new hash when it is time for one.
    Protects from guessing in a stolen table (CWE-916, CWE-759), from telling by the time who has an account (CWE-208),
    and from floods of logins (CWE-770). Does not limit how often a password may be tried: throttle before it.
    """

    scheme: str | Scheme = "argon2id"
    """`argon2id`, `scrypt`, `bcrypt`, `layered`, or one with costs of your own: `Argon2id.rfc9106_second()`."""
    pepper: Secrets | None = field(default=None, repr=False)
    """Secrets kept apart from the table: the first is used, all are known. `layered` needs one."""
    policy: PasswordPolicy | None = None
    """What `hash` demands of a new password; None to demand nothing. `verify` never asks."""
    workers: int | None = None
    """Threads that hash; None for one less than there are processors. Memory is `workers` times that of the scheme."""
    waiting: int | None = None
    """How many may wait for a thread; the next gets BusyError. None for eight times `workers`."""
    normalization: Normalization = "NFKC"
    """Of Unicode, before hashing. What was hashed as it came is still found."""
    legacy: str | None = field(default=None, repr=False)
    """A stored hash of the costliest kind still in the table, anybody's, unless it is a fast one: until they are gone
    everybody pays for one of each, so that the time does not tell which kind a user has, or whether there is one."""
    legacy_truncate: bool = True
    """Whether bare bcrypt hashes were made by software that dropped what is beyond 72 octets, as most did."""
    ceilings: Ceilings = field(default_factory=Ceilings)
    _scheme: Scheme = field(init=False, repr=False, compare=False)
    _vault: Vault = field(init=False, repr=False, compare=False)
    _pool: Pool = field(init=False, repr=False, compare=False)
    _pace: Pace = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.scheme not in BY_NAME if isinstance(self.scheme, str) else not hasattr(self.scheme, "decoy"):
            raise ConfigurationError(
                "Passwords.scheme", self.scheme, "is not a scheme", did_you_mean(self.scheme, BY_NAME)
            )
        flag("Passwords.legacy_truncate", self.legacy_truncate)
        if self.normalization is not None:
            one_of("Passwords.normalization", self.normalization, ("NFKC", "NFC"))
        workers = max(1, processors() - 1) if self.workers is None else self.workers
        waiting = WAITING_PER_WORKER * workers if self.waiting is None else self.waiting
        whole("Passwords.workers", workers, 1)
        whole("Passwords.waiting", waiting, 0)
        made = object.__setattr__
        made(self, "_scheme", BY_NAME[self.scheme]() if isinstance(self.scheme, str) else self.scheme)
        made(self, "_vault", Vault(self.pepper))
        made(self, "_pool", Pool(workers, waiting, "password checks"))
        made(self, "_pace", Pace(self._decoy(), self._legacy_check()))

    def _decoy(self) -> Check:
        return read(self._scheme.decoy(self._vault), Reading(ceilings=UNBOUNDED, vault=self._vault))[0]

    def _legacy_check(self) -> Check | None:
        if self.legacy is None:
            return None
        try:
            return read(self.legacy, self._reading(""))[0]
        except StoredHashError as error:
            raise ConfigurationError("Passwords.legacy", "(hidden)", f"is {error.reason}") from None

    def _reading(self, user: str) -> Reading:
        return Reading(ceilings=self.ceilings, vault=self._vault, user=user, legacy_truncate=self.legacy_truncate)

    async def hash(self, password: str | bytes, user: str = "") -> str:
        """What to store for a new password; `user` is the id that `layered` binds it to.

        Raises PasswordPolicyError for a password that may not be chosen, BusyError when too much is under way.
        """
        return await self._pool.run(self._hashing(password, user))

    def hash_sync(self, password: str | bytes, user: str = "") -> str:
        """The same, for code that cannot await; it waits in line with all others."""
        return self._pool.submit(self._hashing(password, user)).result()

    def _hashing(self, password: str | bytes, user: str) -> Callable[[], str]:
        try:
            first = forms(password, self.normalization)[0]
        except TooLongError:
            raise PasswordPolicyError("too-long", "This password is too long.") from None
        except ValueError:
            raise PasswordPolicyError("not-unicode", "This password holds characters that do not exist.") from None
        return partial(self._hash, password, first, user)

    def _hash(self, password: str | bytes, first: bytes, user: str) -> str:
        if self.policy is not None:
            self.policy.demand(password, user)
        return self._scheme.hash(first, self._vault, user)

    async def verify(self, password: str | bytes, stored: str | None, user: str = "") -> Verified:
        """Whether it is the password. With `stored=None`, for a user who does not exist, it takes as long and says no.

        Never raises for what a user typed or a table holds. Raises BusyError when too much is under way: answer 503.
        """
        found = self._verifying(password, stored, user)
        return found if isinstance(found, Verified) else await self._pool.run(found)

    def verify_sync(self, password: str | bytes, stored: str | None, user: str = "") -> Verified:
        """The same, for code that cannot await; it waits in line with all others."""
        found = self._verifying(password, stored, user)
        return found if isinstance(found, Verified) else self._pool.submit(found).result()

    def _verifying(self, password: str | bytes, stored: str | None, user: str) -> Verified | Callable[[], Verified]:
        try:
            return partial(self._verify, forms(password, self.normalization), stored, user)
        except TooLongError:
            return Verified(False, reason="too-long")  # at once, whoever the user: what is typed decides it, not he
        except ValueError:
            return Verified(False, reason="not-unicode")

    def _verify(self, candidates: tuple[bytes, ...], stored: str | None, user: str) -> Verified:
        start = thread_time()
        reason, mine = "wrong-password", False
        try:
            checks = self._checks(stored, user)
            mine = stored is not None and self._scheme.current(stored, self._vault)
            for place, candidate in enumerate(candidates):
                if any(matches(check, candidate) for check in checks):
                    return self._found(candidates[0], user, renew=not mine or place > 0)
            if mine:
                self._pace.note((thread_time() - start) / len(candidates))
                self._pool.seconds = self._pace.seconds
        except StoredHashError as error:
            reason = error.reason
            if reason in WORTH_A_LOOK:
                decision("stored-hash-refused", level=logging.WARNING, reason=reason)
        self._pace.fill(candidates[0], thread_time() - start, len(candidates), mine=mine)
        return Verified(False, reason=reason)

    def _checks(self, stored: str | None, user: str) -> tuple[Check, ...]:
        if stored is None:
            raise StoredHashError("unknown-user")
        if self._scheme.current(stored, self._vault):
            return read(stored, Reading(ceilings=UNBOUNDED, vault=self._vault, user=user))
        return read(stored, self._reading(user))

    def _found(self, first: bytes, user: str, *, renew: bool) -> Verified:
        return Verified(True, self._scheme.hash(first, self._vault, user) if renew else None)

    def needs_rehash(self, stored: str) -> bool:
        """Whether a login should replace it: another scheme, another cost, an old pepper."""
        return not self._scheme.current(stored, self._vault)

    def rotate_pepper(self, stored: str, user: str = "") -> str:
        """A `layered` record sealed anew with the first pepper, which takes no password and a few microseconds.

        Unchanged if it already is. Raises StoredHashError for any other kind, and for a record that is not this user's.
        """
        if not stored.startswith(layered.NAME):
            raise StoredHashError("not-sealed")
        return layered.rotate(stored, self._vault, user)

    async def wrap(self, stored: str, user: str = "") -> str:
        """Our slow hash over a fast one (MD5, SHA-1, ...), without the password; a login replaces it with a plain one.

        Raises StoredHashError for a hash that is not one of the fast ones, BusyError when too much is under way.
        """
        return await self._pool.run(partial(self._wrap, stored, user))

    def wrap_sync(self, stored: str, user: str = "") -> str:
        """The same, for a migration that goes through the table."""
        return self._pool.submit(partial(self._wrap, stored, user)).result()

    def _wrap(self, stored: str, user: str) -> str:
        inner = inner_of(stored, self._reading(user))
        return wrapped(inner.recipe, self._scheme.hash(inner.expected, self._vault, user))


def matches(check: Check, password: bytes) -> bool:
    """Whether it is the password; what the primitive refuses to compute is not."""
    try:
        return check.matches(password)
    except ValueError:
        return False
