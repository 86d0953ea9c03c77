"""Whether the target bears the scan: one that has begun to fail or to crawl is left alone."""

from __future__ import annotations

from collections import deque
from statistics import median
from time import monotonic, sleep

from hauberk.scan.messages import Request, Response
from hauberk.scan.transport import GoneError, Transport

WINDOW = 12
"""Answers in a row that have to be bad before the target is asked how it is."""
PAUSES = (0.2, 1.0, 3.0)
"""Seconds that it is given before each time it is asked."""
SLOWER, LEAST = 20.0, 1.0
"""How many times slower than at the beginning counts as bad, and the seconds below which nothing does."""
OVERLOADED = frozenset({502, 503, 504})
"""Gateway and overload (RFC 9110, section 15.6). A 500 is what a probe may well cause."""


class Health:
    """Watches the answers of a server."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._well: Request | None = None
        self._usual: deque[float] = deque(maxlen=50)
        self._bad = 0
        self._silent = False
        self.asked = 0
        """Requests of its own."""

    def heard(self, sent: Request, response: Response) -> None:
        """Take an answer into account. Raises GoneError if the target suffers."""
        self._silent = bool(response.error)
        if self._is_bad(response):
            self._bad += 1
            if self._bad >= WINDOW:
                self._ask()
            return
        self._bad = 0
        self._usual.append(response.seconds)
        if self._well is None and response.status == 200 and sent.method == "GET":
            self._well = sent

    def take_leave(self) -> None:
        """At the end: raises GoneError if the last request got no answer, and one more does not either."""
        if self._silent and self._well is not None:
            self.asked += 1
            if self._transport.send(self._well).error:
                raise GoneError(f"{self._transport.wire.origin} did not answer the last requests any more")

    def _is_bad(self, response: Response) -> bool:
        return response.status in OVERLOADED or response.seconds > self._limit()

    def _limit(self) -> float:
        return max(SLOWER * median(self._usual), LEAST) if len(self._usual) >= 5 else float("inf")

    def _ask(self) -> None:
        """The page that was well at the beginning, after pauses that grow."""
        self._bad = 0
        if self._well is None:
            return
        began = monotonic()
        for pause in PAUSES:
            sleep(pause)
            self.asked += 1
            if not self._is_bad(self._transport.send(self._well)):
                return
        raise GoneError(
            f"{self._transport.wire.origin} suffers: {WINDOW} answers in a row failed or took {SLOWER:g} times as long "
            f"as at the beginning, and {self._well.path} did not recover in {monotonic() - began:.0f} s"
        )
