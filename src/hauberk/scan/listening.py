"""What is made of the answer to an ordinary request, whichever phase sent it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from hauberk.core.finding import Finding
from hauberk.scan import cross_origin
from hauberk.scan.client import Client
from hauberk.scan.coverage import Coverage
from hauberk.scan.messages import Request, Response
from hauberk.scan.proxied import Proxied
from hauberk.scan.surface import DIGITS, Operation
from hauberk.scan.watch import Watch

SETTINGS = 40
"""Operations at which CORS is asked."""


@dataclass(slots=True)
class Listener:
    """Hears every ordinary answer: what was reached, what the page shows, and how it answers to a few fields more."""

    client: Client
    watch: Watch
    proxied: Proxied
    coverage: Coverage = field(default_factory=Coverage)
    cors: Finding | None = None
    cors_asked: int = 0
    shapes: Counter[str] = field(default_factory=Counter)
    """At how many operations CORS was asked, by their paths without numbers."""

    def hear(self, operation: Operation, request: Request, response: Response, *, plain: bool = True) -> None:
        """Take an answer into account. `plain`: nothing was put into the request, so that it can be sent again."""
        self.coverage.heard(operation, request, response)
        self.watch.page(operation, self.client.complete(request), response)
        if plain:
            self._ask_origin(operation, request, response)
        self.proxied.ask(operation, request, response)

    def _ask_origin(self, operation: Operation, request: Request, response: Response) -> None:
        """CORS, where there is something to read; one finding is enough, as it is one setting."""
        if operation.method != "GET" or response.status >= 400 or self.cors is not None:
            return
        if len(self.shapes) >= SETTINGS or (shape := DIGITS.sub("0", operation.path)) in self.shapes:
            return
        self.shapes[shape] += 1
        self.cors_asked += 1
        self.cors = cross_origin.ask(self.client, operation, request, response)
