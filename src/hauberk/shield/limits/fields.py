"""The size of a request's header, read from the form in which the server handed it over.

Going through `Exchange.headers` costs a decoded text for each field; this is on every request's way, so it reads what
the adapters keep as it is: `scope` (ASGI), `environ` (WSGI) and `request.META` (Django).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hauberk.core.exchange import Exchange

Sizes = list[int]
"""Octets of name and value of each field."""


def sizes(ex: Exchange) -> Sizes:
    """Of every field, in no certain order."""
    scope = getattr(ex, "scope", None)
    if scope is not None:
        return [len(name) + len(value) for name, value in scope["headers"]]
    environ = environ_of(ex)
    if environ is not None:
        # A value that is no text is none of the request's.
        return [len(key) - 5 + len(value) for key, value in environ.items() if key[:5] == "HTTP_"]
    return [len(name) + len(value) for name, value in ex.headers()]


def environ_of(ex: Exchange) -> Mapping[str, Any] | None:
    """The WSGI environment, or what Django makes of a request in its likeness."""
    environ: Mapping[str, Any] | None = getattr(ex, "environ", None)
    if environ is None:
        environ = getattr(getattr(ex, "request", None), "META", None)
    return environ


def each(ex: Exchange, name: str) -> Iterable[str]:
    """The values of all fields of that name, whether they came apart or joined by commas."""
    return [value for part in ex.header(name).split(",") if (value := part.strip(" \t"))]
