"""What leaves: header fields, redirects and pages, each judged before it does. See `AnswerWatch`."""

from __future__ import annotations

from collections.abc import Sequence

from hauberk.core.exchange import Exchange, HeldPage
from hauberk.guard.request import RequestGuard
from hauberk.guard.sinks import header, pages, redirect

_READ = frozenset({"content-type", "content-encoding", *redirect.TARGETS})


class Answers:
    """Looks at the header of each answer once, and hands on what it finds."""

    __slots__ = ()

    def begin(self, ex: Exchange, status: int, fields: Sequence[tuple[str, str]]) -> HeldPage | None:
        """See `AnswerWatch.begin`."""
        guard: RequestGuard | None = ex.guard
        if guard is None:
            return None
        modes, kind, coding = guard.modes, "", ""
        for name, value in fields:
            if not (value.isprintable() and name.isprintable()) and modes["header"] != "off":
                header.check(ex, name, value)
            low = name.lower()
            if low not in _READ:
                continue
            if low == "content-type":
                kind = value
            elif low == "content-encoding":
                coding = value
            elif modes["redirect"] != "off":
                redirect.check(ex, low, value)
        return None if modes["html"] == "off" else pages.held(ex, status, kind, coding)
