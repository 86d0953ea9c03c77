"""Clear-Site-Data (W3C Clear Site Data): what a browser forgets when its user logs out."""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.core.errors import ConfigurationError
from hauberk.core.exchange import Exchange, Head, Reply
from hauberk.core.options import one_of, words
from hauberk.core.plan import Steps

TYPES = ("cache", "clientHints", "cookies", "executionContexts", "prefetchCache", "prerenderCache", "storage", "*")
LOGOUT = ("cache", "cookies", "storage")
NAME = "clear-site-data"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearSiteData:
    """On logout the browser forgets pages, cookies and storage: the next one at the same desk finds none (CWE-613).

    Sent where a request to one of `paths` succeeds, and wherever `clear(ex)` is called; never anywhere else, as it
    logs out. Browsers mind it over https only.
    """

    types: tuple[str, ...] = LOGOUT
    """What is forgotten. `"cookies"` are those of all sister hosts as well."""
    paths: frozenset[str] = frozenset()
    """The addresses that log out, such as `/logout`; exact, with the root path."""

    def __post_init__(self) -> None:
        _check("ClearSiteData.types", self.types)
        for path in words("ClearSiteData.paths", self.paths):
            if not path.startswith("/"):
                raise ConfigurationError("ClearSiteData.paths", path, "is not a path", f"write {'/' + path!r}")

    @property
    def value(self) -> str:
        """The field's value."""
        return _value(self.types)

    def steps(self) -> Steps:
        """A look at the path before, and at the status after."""
        if not self.paths:
            return Steps()
        paths, types = frozenset(self.paths), self.types

        def at_logout(ex: Exchange) -> Reply | None:
            if ex.path in paths:
                clear(ex, types)
            return None

        return Steps(on_request=at_logout)

    def clear(self, ex: Exchange) -> None:
        """Send it with this response: for logouts that happen elsewhere than at `paths`."""
        clear(ex, self.types)


def clear(ex: Exchange, types: tuple[str, ...] = LOGOUT) -> None:
    """Let the browser forget this site's data with this response, if that is no error.

    A logout that is refused (a forged request, say) must not log out by its header. Raises ConfigurationError for
    types that are none.
    """
    _check("types", types)
    value = _value(types)

    async def finish(head: Head) -> None:
        if head.status < 400:
            head.set(NAME, value)

    ex.defer(finish)


def _check(field: str, types: tuple[str, ...]) -> None:
    given = words(field, types)
    if not given:
        raise ConfigurationError(field, types, "is empty", "turn it off with None")
    for kind in given:
        one_of(field, kind, TYPES)
    if len(set(given)) < len(given):
        raise ConfigurationError(field, types, "names a type twice")


def _value(types: tuple[str, ...]) -> str:
    return ",".join(f'"{kind}"' for kind in types)
