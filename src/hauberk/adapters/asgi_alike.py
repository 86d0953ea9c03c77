"""Which requests by ASGI are alike in all that the steps before the application looked at (`core.verdicts`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from hauberk.adapters.asgi_exchange import Scope, origin_form
from hauberk.core.verdicts import ASIDE, ORIGIN_FORM, SCHEME, brief

Way = TypeVar("Way")
Aside = Callable[[Scope], object]
Tree = dict[Any, Any]
Entry = tuple[set[bytes] | None, Aside | None, Any]
"""Names of fields that lead nowhere, what leads on before the fields do, if anything, and the tree.
Where steps asked for nothing: no names, and the way itself."""

END = None
"""Where the tree has the way."""
MOST_NAMES, LONGEST_NAME = 256, 64
"""How many names of fields are known not to matter, and how many letters each may have."""
USUAL = (
    "accept accept-encoding accept-language authorization cache-control connection content-length content-type cookie "
    "dnt forwarded host if-modified-since if-none-match origin pragma priority range referer sec-ch-ua "
    "sec-ch-ua-mobile sec-ch-ua-platform sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user sec-gpc te "
    "upgrade-insecure-requests user-agent x-csrf-token x-forwarded-for x-forwarded-host x-forwarded-proto x-real-ip "
    "x-requested-with"
)
"""Those that browsers and proxies send: names that somebody makes up cannot keep them out."""


class AlikeScopes(Generic[Way]):
    """Scopes of one method, by every field that could matter, in the order in which they came.

    Those are the fields that steps asked for, however often they came, and all whose name is not known to be in lower
    case, as servers are to send it: in capitals it may be that of a field that steps ask for. Names and values lead
    through a tree of dicts, one below the other: half the price of a key made of them.
    """

    __slots__ = ("_aside", "_names", "_others", "_tree")

    def __init__(self, asked: frozenset[str]) -> None:
        self._names = frozenset(name.encode("latin-1") for name in asked.difference(ASIDE.values()))
        self._others = {name.encode() for name in USUAL.split()} - self._names
        self._aside = _aside(asked)
        self._tree: Tree = {}

    @property
    def entry(self) -> Entry:
        """For the adapter to find the way by: `find` written out, as far as names are known."""
        if self._names or self._aside is not None:
            return self._others, self._aside, self._tree
        return None, None, self._tree.get(END)

    def find(self, scope: Scope) -> Way | None:
        """See `Alike.find`."""
        tree = self._tree
        for part in self._parts(scope):
            if part not in tree:
                return None
            tree = tree[part]
        return tree.get(END)

    def keep(self, scope: Scope, way: Way) -> None:
        """See `Alike.keep`."""
        parts, tree = self._parts(scope), self._tree
        if brief(parts):
            for part in parts:
                tree = tree.setdefault(part, {})
            tree[END] = way

    def _parts(self, scope: Scope) -> list[object]:
        """What a request is known by, with a look at each name that was not seen before."""
        names, others = self._names, self._others
        parts: list[object] = [] if self._aside is None else [self._aside(scope)]
        if not (names or parts):
            return parts
        for name, value in scope["headers"]:
            if name in names or not name.islower():
                parts += name, value
            elif len(others) < MOST_NAMES and len(name) <= LONGEST_NAME:
                others.add(name)
        return parts


def _aside(asked: frozenset[str]) -> Aside | None:
    if ORIGIN_FORM in asked:
        return _scheme_and_form if SCHEME in asked else origin_form
    return _scheme if SCHEME in asked else None


def _scheme(scope: Scope) -> object:
    return scope.get("scheme")


def _scheme_and_form(scope: Scope) -> object:
    return scope.get("scheme"), origin_form(scope)
