"""What the steps before the application said of a request, for the next ones that are alike in all that they looked at.

Host, Origin and Sec-Fetch-Site are the same in nearly every request of a site's visitors, and what is made of them is a
function of them. So it is worked out once for each that comes, by a run of the steps which is watched: if one looks at
more than the plan's `reads`, or does more than name fields for the answer, nothing is remembered. Nor is a refusal:
each of those is judged, and logged, by itself.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Generic, TypeVar

from hauberk.core.exchange import Exchange

Way = TypeVar("Way")

ALIKE = frozenset({"method", "scheme", "websocket", "origin_form", "sent", "lasting", "fields", "csrf"})
"""What a step may look at beside the fields of `reads`: what is in each key, or the same for every new exchange."""
SOLE = ALIKE - {"scheme", "origin_form"}
"""Those that are the same for every new exchange of its method, as far as HTTP goes."""
SET = frozenset({"fields", "csrf", "lasting"})
"""What a step may set: values that belong to the policy, and not to the request."""
MOST = 512
"""How many are remembered; then all are forgotten. Some sites have more hosts, and anybody can make some up."""
LONGEST = 512
"""Letters of one key: what is longer is no Host or Origin that comes twice."""


class Witness:
    """An exchange as the steps see it while they are watched."""

    __slots__ = ("_ex", "_reads", "blind", "lasting")

    def __init__(self, ex: Exchange, reads: frozenset[str]) -> None:
        object.__setattr__(self, "_ex", ex)
        object.__setattr__(self, "_reads", reads)
        object.__setattr__(self, "lasting", True)
        object.__setattr__(self, "blind", True)  # whether the steps asked for nothing but the method so far

    def header(self, name: str) -> str:
        """See `Exchange.header`."""
        object.__setattr__(self, "blind", False)
        if name not in self._reads:
            object.__setattr__(self, "lasting", False)
        value: str = self._ex.header(name)
        return value

    def __getattr__(self, name: str) -> Any:
        if name not in SOLE:
            object.__setattr__(self, "blind", False)
        if name not in ALIKE:
            object.__setattr__(self, "lasting", False)
        return getattr(self._ex, name)

    def __setattr__(self, name: str, value: object) -> None:
        if name not in SET or name in {"lasting", "blind"}:
            object.__setattr__(self, "lasting", False)
        setattr(self._ex, name, value)


class Verdicts(Generic[Way]):
    """Which way requests go that the steps let pass, by all that the steps looked at."""

    __slots__ = ("blind", "known")

    def __init__(self) -> None:
        self.known: dict[Hashable, Way] = {}
        """To be looked up by the adapters; they write by `remember` alone."""
        self.blind: dict[str, Way] = {}
        """The same by the method, where the steps asked for nothing else: as a check of unsafe methods does for GET."""

    def remember(self, key: tuple[Any, ...], way: Way) -> None:
        """Take this way from here on."""
        if sum(len(part) for part in key if part is not None) > LONGEST:
            return
        if len(self.known) >= MOST:
            self.known.clear()
        self.known[key] = way

    def remember_method(self, method: str, way: Way) -> None:
        """Take this way from here on with every request of this method."""
        if len(method) <= LONGEST and len(self.blind) < MOST:
            self.blind[method] = way
