"""What answers to an attack tell of places that are worth a look afterwards: new pages, and templates made of texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hauberk.scan import build
from hauberk.scan.client import SAFE_METHODS
from hauberk.scan.messages import Request, Response, own_target
from hauberk.scan.recorded import templated
from hauberk.scan.surface import Operation
from hauberk.scan.trial import CANARY

Page = tuple[Operation, Request]
MOST = 20
"""How many operations are remembered that make templates of texts."""


@dataclass(slots=True)
class Noted:
    """Each by the name of its operation."""

    made: dict[str, Page] = field(default_factory=dict)
    """The page that each operation which writes led to last."""
    templating: dict[str, Page] = field(default_factory=dict)
    """Operations that make a template of a text in which nothing of the request is."""

    left: dict[str, frozenset[build.Key]] = field(default_factory=dict)
    """The inputs in which the last request to each operation that writes left markup."""

    def hear(
        self, origin: str, operation: Operation, request: Request, response: Response, words: Sequence[str]
    ) -> None:
        """Take an answer into account; `words` are the canaries that went into the request."""
        if 300 <= response.status < 400 and operation.method not in SAFE_METHODS:
            self._page(origin, operation, request, response)
        if response.events:
            self.template(operation, None, response, words)

    def _page(self, origin: str, operation: Operation, request: Request, response: Response) -> None:
        """A page with a number of its own that what writes leads to: it is new, and shows what was written."""
        target = own_target(origin, request.target, response.header("location") or "")
        path, numbers = templated(target.partition("?")[0])
        if numbers and CANARY.search(target) is None:
            self.made[str(operation)] = Operation(method="GET", path=path, source="crawl"), Request(target=target)

    def template(
        self, operation: Operation, request: Request | None, response: Response, words: Sequence[str] = ()
    ) -> None:
        """Remember the operation if it made a template of a text without these words: of what was stored, maybe."""
        if response.status < 400 and len(self.templating) < MOST:
            texts = [event.text.lower() for event in response.events if event.kind == "template"]
            if any(not any(word in text for word in words) for text in texts):
                self.templating.setdefault(str(operation), (operation, request or build.request(operation)))
