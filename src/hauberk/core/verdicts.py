"""What the steps before the application said of a request, for the next ones that are alike in all that they looked at.

Host, Origin and Sec-Fetch-Site are the same in nearly every request of a site's visitors, and what is made of them is a
function of them. So it is worked out once for each that comes, by a run of the steps which is watched: what it asked
for is what the next requests of that method are compared by, and nothing else. If a step looks at more than the plan's
`reads`, or does more than name fields for the answer, nothing is remembered. Nor is a refusal: each of those is judged,
and logged, by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, Protocol, TypeVar

from hauberk.core.encoded import UNREAD, Encoded, Fields, Text
from hauberk.core.exchange import Exchange, Reply
from hauberk.core.plan import Plan

Way = TypeVar("Way")

SCHEME, ORIGIN_FORM = ":scheme", ":origin-form"
"""Beside names of fields, which have no colon: what a step may have asked for."""
ASIDE = {"scheme": SCHEME, "origin_form": ORIGIN_FORM}
ALIKE = frozenset({"method", "websocket", "sent", "lasting", "fields", "csrf", *ASIDE})
"""What a step may look at beside the fields of `reads`: requests are compared by it, or it is the same for every new
exchange of a method."""
SET = frozenset({"fields", "csrf", "lasting"})
"""What a step may set: values that belong to the policy, and not to the request."""
MOST = 512
"""How many are remembered; then all are forgotten. Some sites have more hosts, and anybody can make some up."""
LONGEST = 512
"""Letters of what one is compared by: what is longer is no Host or Origin that comes twice."""


class Witness:
    """An exchange as the steps see it while they are watched."""

    __slots__ = ("_ex", "_reads", "asked", "lasting")

    def __init__(self, ex: Exchange, reads: frozenset[str]) -> None:
        object.__setattr__(self, "_ex", ex)
        object.__setattr__(self, "_reads", reads)
        object.__setattr__(self, "lasting", True)
        object.__setattr__(self, "asked", set())  # names of fields, and of `ASIDE`

    def header(self, name: str) -> str:
        """See `Exchange.header`."""
        if name in self._reads:
            self.asked.add(name)
        else:
            object.__setattr__(self, "lasting", False)
        value: str = self._ex.header(name)
        return value

    def __getattr__(self, name: str) -> Any:
        if name in ASIDE:
            self.asked.add(ASIDE[name])
        elif name not in ALIKE:
            object.__setattr__(self, "lasting", False)
        return getattr(self._ex, name)

    def __setattr__(self, name: str, value: object) -> None:
        if name not in SET or name in {"lasting", "asked"}:
            object.__setattr__(self, "lasting", False)
        setattr(self._ex, name, value)


class Alike(Protocol[Way]):
    """Requests of one method, told apart by all that could matter to steps that asked for certain fields."""

    @property
    def entry(self) -> Any:
        """What the adapter finds the way by, on every request."""

    def find(self, request: Any) -> Way | None:
        """The way that was kept for requests like this one (what the adapter has of it), if any."""

    def keep(self, request: Any, way: Way) -> None:
        """Let requests like this one take that way."""


class Verdicts(Generic[Way]):
    """Which way requests go that the steps let pass, by all that the steps looked at in requests of the same method.

    `alike` makes an `Alike` by what was asked for.
    """

    __slots__ = ("_alike", "_asked", "_made", "by_method", "count")

    def __init__(self, alike: Callable[[frozenset[str]], Alike[Way]]) -> None:
        self._alike = alike
        self._asked: dict[str, tuple[frozenset[str], Alike[Way]]] = {}
        self._made: dict[tuple[object, ...], Way | None] = {}
        self.by_method: dict[str, Any] = {}
        """The `Alike.entry` of each: for the adapters, which write by `remember` alone."""
        self.count = 0
        """How many were remembered since all were forgotten."""

    def way(self, ex: Exchange, make: Callable[[], Way | None]) -> Way | None:
        """The way of requests of which the steps said what they said of this one. `make` makes it, if there can be one:
        a few for all origins and hosts, which anybody can make up."""
        key = (*ex.fields, ex.csrf)
        found: Any = self._made.get(key, self)  # one look: another thread may forget all between two
        if found is self:
            if len(self._made) >= MOST:
                self._made.clear()
            found = self._made[key] = make()
        way: Way | None = found
        return way

    def judge(self, plan: Plan, ex: Exchange, request: Any, make: Callable[[], Way | None]) -> Reply | None:
        """Run the steps before the application, and remember what they said of a request that they let pass.

        `request` is what the adapter has of it; `make` as for `way`.
        """
        witness: Any = Witness(ex, plan.reads or frozenset())
        reply = plan.begin(witness)
        if reply is None and witness.lasting:
            way = self.way(ex, make)
            if way is not None:
                self.remember(ex.method, frozenset(witness.asked), request, way)
        return reply

    def find(self, method: str, request: Any) -> Way | None:
        """The way of a request, if one is known."""
        asked = self._asked.get(method)
        return None if asked is None else asked[1].find(request)

    def remember(self, method: str, asked: frozenset[str], request: Any, way: Way) -> None:
        """Take this way from here on, wherever the steps would find what they asked for to be the same."""
        if len(method) > LONGEST:
            return
        if self.count >= MOST:
            self.by_method.clear()
            self._asked.clear()
            self.count = 0
        self.count += 1
        before, alike = self._asked.get(method, (frozenset(), None))
        if alike is None or not asked <= before:
            # Further than at the requests before, which are to be compared by that as well: all begin again.
            asked |= before
            alike = self._alike(asked)
            self._asked[method] = asked, alike
        alike.keep(request, way)
        self.by_method[method] = alike.entry


def judged(kind: type[Exchange], ex: Exchange, encoded: Encoded[Text]) -> tuple[Any, Any, Fields[Text]] | None:
    """What makes exchanges of this kind of which the steps have said what they said of this one, before the header is
    out and after, and what is added to that header; None where that takes the long way."""
    tails = encoded.tails_after(ex.fields)
    if tails is None:
        return None
    said = {"fields": ex.fields, "foretold": ex.fields, "csrf": ex.csrf, "tails": tails}
    early = type("Judged", (kind,), said)
    return early, type("JudgedLate", (early,), {"sent": True}), tails[UNREAD]


def brief(key: Iterable[object]) -> bool:
    """Whether so much may be remembered."""
    return sum(len(part) for part in key if isinstance(part, bytes | str)) <= LONGEST
