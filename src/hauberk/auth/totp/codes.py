"""HOTP (RFC 4226) and TOTP (RFC 6238): codes and their matching, as functions of their arguments."""

from __future__ import annotations

import hmac
from base64 import b32decode
from binascii import Error as Base32Error
from typing import Final, Literal

from hauberk.core.errors import HauberkError

Algorithm = Literal["SHA1", "SHA256", "SHA512"]
ALGORITHMS: Final = ("SHA1", "SHA256", "SHA512")
SHORTEST: Final = 10
"""Octets of the shortest secret that is taken over: 80 bits, as some services gave out. Ours have 160 (RFC 4226, 4)."""
LONGEST: Final = 1_024


class SecretTextError(HauberkError, ValueError):
    """A text is no secret in Base32, or too short a one. Never shows it."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"this is no secret of an authenticator app: it {problem}")


def read_secret(text: str) -> bytes:
    """A secret as apps show it: Base32 (RFC 4648, section 6) in any case, with spaces or hyphens, padded or not.

    Raises SecretTextError, and nothing else.
    """
    if len(text) > LONGEST:
        raise SecretTextError(f"has more than {LONGEST:,} characters")
    plain = "".join(text.split()).replace("-", "").rstrip("=").upper()
    if not plain.isascii():
        raise SecretTextError("is not Base32")
    try:
        secret = b32decode(plain + "=" * (-len(plain) % 8))
    except Base32Error:
        raise SecretTextError("is not Base32") from None
    if len(secret) < SHORTEST:
        raise SecretTextError(f"has fewer than {8 * SHORTEST} bits")
    return secret


def hotp(secret: bytes, counter: int, *, digits: int = 6, algorithm: Algorithm = "SHA1") -> str:
    """The code for a counter (RFC 4226, section 5.3)."""
    digest = hmac.digest(secret, counter.to_bytes(8, "big"), algorithm)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def match_counter(
    secret: bytes, code: str, counter: int, *, look_ahead: int = 0, digits: int = 6, algorithm: Algorithm = "SHA1"
) -> int | None:
    """The counter from `counter` on whose code this is, or None; store what follows it (RFC 4226, section 7.4)."""
    return _match(secret, code, range(counter, counter + look_ahead + 1), digits, algorithm)


def match_step(
    secret: bytes,
    code: str,
    now: float,
    *,
    window: int = 1,
    last_used_step: int | None = None,
    period: int = 30,
    digits: int = 6,
    algorithm: Algorithm = "SHA1",
) -> int | None:
    """The time step whose code this is, or None; `now` in seconds since 1970 (RFC 6238, section 4).

    `window` steps before and after count too, for clocks that differ. A step that is not after `last_used_step` does
    not: a code serves once (section 5.2). Store what is returned in its place, atomically.
    """
    step = int(now // period)
    first = max(0, step - window) if last_used_step is None else max(0, step - window, last_used_step + 1)
    return _match(secret, code, range(first, step + window + 1), digits, algorithm)


def _match(secret: bytes, code: str, counters: range, digits: int, algorithm: Algorithm) -> int | None:
    # ASCII alone: other digits of Unicode would make several texts of one code, and slip through a limit by text.
    if len(code) != digits or not code.isascii() or not code.isdigit():
        return None
    found = None
    for counter in counters:
        # All are compared, whichever matches, so that the time does not tell how a clock differs (CWE-208).
        right = hmac.compare_digest(hotp(secret, counter, digits=digits, algorithm=algorithm), code)
        if right and found is None:
            found = counter
    return found
