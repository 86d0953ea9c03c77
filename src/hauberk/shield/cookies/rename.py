"""Cookies that have the prefix `__Host-` in browsers and none in the application: the way in (RFC 6265bis, 4.1.3.2)."""

from __future__ import annotations

from typing import Any

from hauberk.core.exchange import Exchange
from hauberk.wire.cookie import without_cookies

PREFIX = "__Host-"


class Renamer:
    """Gives the application the cookies that browsers keep with the prefix, and none that came without it."""

    __slots__ = ("_always", "_names", "_renamed")

    def __init__(self, names: frozenset[str], *, always: bool) -> None:
        self._names, self._always = names, always
        self._renamed = {PREFIX + name: name for name in names}

    def rename(self, ex: Exchange) -> None:
        """Change the Cookie field that the application sees. Over http there are no prefixed cookies: it stays."""
        if not self._always and ex.scheme != "https":
            return
        field = ex.header("cookie")
        if field and any(name in field for name in self._names):
            # Where HTTP/2 brought several fields, they were joined by commas: they are pairs of one field (RFC 9113).
            change_field(ex, without_cookies(_joined(ex, field), self._names, self._renamed))


def _joined(ex: Exchange, field: str) -> str:
    scope = getattr(ex, "scope", None)
    if scope is None:
        return field
    return "; ".join(value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"cookie")


def change_field(ex: Exchange, field: str) -> None:
    """Let the application see this Cookie field, in whichever form the adapter hands it the request."""
    scope = getattr(ex, "scope", None)
    if scope is not None:
        others = [(name, value) for name, value in scope["headers"] if name.lower() != b"cookie"]
        scope["headers"] = [*others, (b"cookie", field.encode("latin-1"))] if field else others
        vars(ex).pop("fields_by_name", None)  # what it has read of them so far
        return
    environ: dict[str, Any] = getattr(ex, "environ", None) or getattr(ex, "request").META  # noqa: B009
    if field:
        environ["HTTP_COOKIE"] = field
    else:
        environ.pop("HTTP_COOKIE", None)
    # Django reads the fields once and remembers them.
    vars(getattr(ex, "request", ex)).pop("headers", None)
