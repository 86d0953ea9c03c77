"""Which origins are allowed, arranged for look-up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from hauberk.shield.cors.pattern import Pattern
from hauberk.wire.origin import MAX_LENGTH, Origin, OriginError

Decide = Callable[[Origin], bool]
REMEMBERED = 1024
"""How many origins that met no exact pattern are remembered with the verdict: reading one takes some microseconds."""
Ports = frozenset[int | None] | None
"""Ports of origins, None among them being the default one; None in place of the set: every port."""


class Allowed:
    """A set of origins. The work for one grows with the labels of its host, not with the number of patterns."""

    __slots__ = ("_decide", "_wild", "asks", "exact", "fits")

    def __init__(self, patterns: Iterable[Pattern], decide: Decide | None = None) -> None:
        patterns = tuple(patterns)
        self.exact: frozenset[str] = frozenset(str(pattern) for pattern in patterns if pattern.exact)
        """Origins that are allowed by name, as browsers write them."""
        self._wild: dict[tuple[str, str], Ports] = {}
        self._decide = decide
        self.asks = decide is not None
        """Whether the answer may be another one the next time."""
        for pattern in patterns:
            if not pattern.exact:
                self._add(pattern)
        self.fits = lru_cache(maxsize=REMEMBERED)(self._fits)
        """Whether a pattern with a wildcard covers it."""

    def _add(self, pattern: Pattern) -> None:
        """Subdomains stand under `.host`, so that the dot is part of what is compared."""
        key = pattern.base.scheme, "." * pattern.subdomains + pattern.base.host
        known = self._wild.get(key, frozenset())
        self._wild[key] = None if pattern.any_port or known is None else known | {pattern.base.port}

    def __contains__(self, text: str) -> bool:
        """Whether an Origin field of that text is allowed. Repeated, malformed and opaque ones never are."""
        if text in self.exact:
            return True
        if len(text) > MAX_LENGTH:
            return False
        return (bool(self._wild) and self.fits(text)) or (self._decide is not None and self._decides(text))

    def _decides(self, text: str) -> bool:
        """Never remembered: the answer may be another one by now."""
        origin = _read(text)
        # Only True is yes: a coroutine or a match object that somebody returns by mistake is true as well.
        return origin is not None and self._decide is not None and self._decide(origin) is True

    def _fits(self, text: str) -> bool:
        origin = _read(text)
        return origin is not None and self._covers(origin)

    def _covers(self, origin: Origin) -> bool:
        scheme, host, port = origin.scheme, origin.host, origin.port
        if self._has(scheme, host, port):
            return True
        dot = host.find(".")  # an address is never below a name: patterns of subdomains end in no number
        while dot >= 0:
            if self._has(scheme, host[dot:], port):
                return True
            dot = host.find(".", dot + 1)
        return False

    def _has(self, scheme: str, host: str, port: int | None) -> bool:
        ports = self._wild.get((scheme, host), frozenset())
        return ports is None or port in ports


def _read(text: str) -> Origin | None:
    """A tuple origin, or None."""
    try:
        origin = Origin.parse(text)
    except OriginError:
        return None
    return None if origin.opaque else origin
