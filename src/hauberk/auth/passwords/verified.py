"""What came of checking a password."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verified:
    """True if it was the password, so that `if await passwords.verify(...)` means what it says.

    `new_hash` is what to store instead of the old hash, or None to leave it. `reason` is a code for your log when it
    was not the password: `wrong-password`, `unknown-user`, `unusable`, `malformed`, `unsupported`, `absurd-cost`,
    `unknown-pepper`, `not-this-user`, `too-long`, `not-unicode`. Never show it: the user is told the same in each case.
    """

    ok: bool
    new_hash: str | None = None
    reason: str = ""

    def __bool__(self) -> bool:
        return self.ok
