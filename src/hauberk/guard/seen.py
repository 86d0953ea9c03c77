"""What is remembered from request to request: texts that no input made, and statements that an ORM wrote."""

from __future__ import annotations

from itertools import islice

from hauberk.core.events import SinkKind


class Seen:
    """Texts that no input made, by kind of sink. Bounded: the oldest are forgotten first.

    The texts themselves are kept, not hashes of them: nothing that merely looks like one is taken for it.
    """

    __slots__ = ("_known", "limit", "longest")

    def __init__(self, limit: int = 4_096, longest: int = 16_384) -> None:
        self.limit, self.longest = limit, longest
        self._known: dict[SinkKind, dict[str, None]] = {}

    def of(self, kind: SinkKind) -> dict[str, None]:
        """The texts of a kind, for sinks that look before they call `sense`; always the same dictionary."""
        return self._known.setdefault(kind, {})

    def knows(self, kind: SinkKind, text: str) -> bool:
        """Whether exactly this text was seen."""
        return text in self.of(kind)

    def add(self, kind: SinkKind, text: str) -> None:
        """Remember the text, and forget the oldest where there are too many."""
        if len(text) > self.longest:
            return
        known = self.of(kind)
        known[text] = None
        if len(known) > self.limit:
            # Many at a time: the first of a dictionary is found by passing all that were taken away before it.
            try:
                oldest = list(islice(known, self.limit // 8 + 1))
            except RuntimeError:  # Another thread was faster.
                return
            for text in oldest:
                known.pop(text, None)

    def clear(self) -> None:
        """Forget everything."""
        for known in self._known.values():
            known.clear()


SEEN = Seen()
COMPILED = Seen()
"""Statements that an ORM wrote, without a fragment of the application's own."""
