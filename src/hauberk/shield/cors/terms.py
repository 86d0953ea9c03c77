"""A CORS feature as requests need it: everything parsed, joined and encoded once."""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.shield.cors.allowed import Allowed
from hauberk.shield.cors.names import FORBIDDEN_METHODS, SAFE_HEADERS, SAFE_METHODS, WILDCARD, is_forbidden

AUTHORIZATION = "authorization"
Field = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is allowed, to whom."""

    any_origin: bool
    allowed: Allowed
    methods: tuple[str, ...]
    headers: frozenset[str]
    """In lower case."""
    expose: tuple[str, ...]
    credentials: bool
    max_age: int
    private_network: bool

    def refuses_method(self, method: str) -> bool:
        """Whether a browser keeps a page from sending that method."""
        if method.upper() in FORBIDDEN_METHODS:
            return True
        return method not in SAFE_METHODS and method not in self.methods and WILDCARD not in self.methods

    def refused_headers(self, names: tuple[str, ...]) -> list[str]:
        """Those of the lower-case names that a browser keeps a page from setting."""
        return [name for name in names if self._refuses(name)]

    def _refuses(self, name: str) -> bool:
        if name in self.headers or name in SAFE_HEADERS:
            return False
        if WILDCARD not in self.headers:
            return True
        # Fetch, "CORS non-wildcard request-header name": a token that a page holds goes along only if it is named.
        return is_forbidden(name) or (name == AUTHORIZATION and not self.credentials)

    def answer_fields(self) -> tuple[Field, ...]:
        """Fields of every answer to an allowed origin, after the one that names it."""
        fields: list[Field] = []
        if self.credentials:
            fields.append(("access-control-allow-credentials", "true"))
        if self.expose:
            fields.append(("access-control-expose-headers", ", ".join(self.expose)))
        return tuple(fields)
