"""The same work for every answer but yes, so that the time of an answer tells nothing (CWE-208, CWE-204)."""

from __future__ import annotations

import hashlib
from collections import deque
from statistics import median
from time import thread_time
from typing import Final, final

from hauberk.auth.passwords.reading import Check

SAMPLES: Final = 15
SPEED_TRIAL: Final = 5_000


@final
class Pace:
    """Measures what a check of ours costs, in processor time, and fills up whatever cost less.

    `own` is a decoy of the current scheme. `legacy` is one of the costliest kind still in the table, if that may
    cost more than a check of ours: then everybody pays for both.
    """

    def __init__(self, own: Check, legacy: Check | None) -> None:
        self.own, self.legacy = own, legacy
        self._own: deque[float] = deque(maxlen=SAMPLES)
        self._legacy: deque[float] = deque(maxlen=SAMPLES)
        self._speed = 0.0
        """Iterations of PBKDF2 in a second."""

    @property
    def seconds(self) -> float:
        """What one check of ours costs; 0 before the first."""
        return median(self._own) if self._own else 0.0

    def note(self, seconds: float) -> None:
        """One check of ours took so long."""
        self._own.append(seconds)

    def fill(self, password: bytes, spent: float, times: int, *, mine: bool) -> None:
        """Work until `times` checks are paid for, of which `spent` seconds have been; `mine` if by a check of ours.

        Paid for are one check of ours and one of the old kind, so what is missing can nearly always be done as just
        that computation: no clock is as exact.
        """
        each = spent / times
        if mine:
            missing = [(self.legacy, self._legacy)]
        elif self.legacy is not None and each > self.legacy_seconds() / 2:
            missing = [(self.own, self._own)]
        elif not self._own or each < self.seconds / 10:
            # Nothing to speak of was done: unknown user, malformed or fast hash. Real checks, with their real memory.
            missing = [(self.own, self._own), (self.legacy, self._legacy)]
        else:
            self.burn((self.seconds + self.legacy_seconds()) * times - spent)
            return
        for check, samples in missing * times:
            if check is not None:
                timed(check, password, samples)

    def legacy_seconds(self) -> float:
        """What one check of the old kind costs; measured when it is first asked for."""
        if self.legacy is None:
            return 0.0
        if not self._legacy:
            timed(self.legacy, b"", self._legacy)
        return median(self._legacy)

    def burn(self, seconds: float) -> None:
        """Use up so much processor time, without holding the interpreter."""
        if not self._speed:
            start = thread_time()
            hashlib.pbkdf2_hmac("sha256", b"", b"", SPEED_TRIAL)
            self._speed = SPEED_TRIAL / max(thread_time() - start, 1e-6)
        iterations = int(seconds * self._speed)
        if iterations > 0:
            hashlib.pbkdf2_hmac("sha256", b"", b"", iterations)


def timed(check: Check, password: bytes, samples: deque[float]) -> float:
    """Compute, and keep how many seconds of this thread it took."""
    start = thread_time()
    check.compute(password)
    seconds = thread_time() - start
    samples.append(seconds)
    return seconds
