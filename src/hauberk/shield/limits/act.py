"""What is looked at before the application runs: a request's header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hauberk.core.exchange import BodyWatch, Exchange, Reply
from hauberk.core.plan import Steps
from hauberk.shield.exempt import Exempt, Exemptions
from hauberk.shield.limits.body import Rules, Watch
from hauberk.shield.limits.fields import each, sizes
from hauberk.shield.limits.refusals import Refusal

if TYPE_CHECKING:
    from hauberk.shield.limits.feature import Limits

NO_LIMIT = 1 << 62
BODILESS = frozenset({"GET", "HEAD"})
"""Methods whose requests hardly ever bring a body: if one does, it is counted as it is read."""
_DIGITS = 18
"""A Content-Length of more digits is too large for anybody."""


def _most(limit: int | None) -> int:
    return NO_LIMIT if limit is None else limit


class Limiter:
    """A `Limits` with everything worked out that can be."""

    __slots__ = (
        "_bodies",
        "_body",
        "_encodings",
        "_header",
        "_header_refused",
        "_header_total",
        "_headers",
        "_headers_refused",
        "_parameters",
        "_parameters_refused",
        "_query",
        "_query_refused",
        "_rate",
        "_short",
        "_timeout",
        "_total_refused",
        "_url",
        "_url_refused",
        "rules",
    )

    def __init__(self, limits: Limits) -> None:
        self._body = _most(limits.body)
        self._bodies = tuple((Exemptions((Exempt(path=at.path, reason="bodies"),)), at.body) for at in limits.bodies)
        self._headers, self._header = _most(limits.headers), _most(limits.header)
        self._header_total = _most(limits.header_total)
        self._url, self._query, self._parameters = map(_most, (limits.url, limits.query, limits.parameters))
        self._encodings = limits.encodings | {"x-gzip"} if "gzip" in limits.encodings else limits.encodings
        self._short = min(self._url, self._query, self._parameters)
        self._headers_refused = Refusal("headers", limits.headers, 431, f"More than {limits.headers} header fields.")
        self._header_refused = Refusal("header", limits.header, 431, f"A header field of over {limits.header} octets.")
        self._total_refused = Refusal(
            "header_total", limits.header_total, 431, f"Header fields of over {limits.header_total} octets."
        )
        self._url_refused = Refusal("url", limits.url, 414, f"A URL of over {limits.url} octets.")
        self._query_refused = Refusal("query", limits.query, 414, f"A query of over {limits.query} octets.")
        self._parameters_refused = Refusal(
            "parameters", limits.parameters, 414, f"A query with more than {limits.parameters} parameters."
        )
        self.rules = Rules(limits)
        self._timeout, self._rate = limits.body_timeout, limits.body_rate

    def steps(self) -> Steps:
        """Look at every request, and at the body of those that have one."""
        return Steps(on_request=self.check, on_body=self.watch, body_timeout=self._timeout, body_rate=self._rate)

    def check(self, ex: Exchange) -> Reply | None:
        """A reply where the header alone shows that it is too much."""
        scope = getattr(ex, "scope", None)
        if scope is None:
            return self._check(ex)
        # What the server handed over, as it is: this is on every request's way, and decoding costs more than looking.
        fields, size, framed = scope["headers"], 0, False
        for name, value in fields:
            size += len(name) + len(value)
            if name == b"transfer-encoding":
                framed = True
        if (size > self._header or len(fields) > self._headers) and (reply := self._check_sizes(ex)) is not None:
            return reply
        # Encoded, a character takes twelve octets at most: only what may be too long is measured.
        longest = len(scope["path"]) * 12 + len(scope.get("query_string", b""))
        if longest >= self._short and (reply := self._check_url(ex)) is not None:
            return reply
        return self._check_body(ex) if framed or scope.get("method", "GET") not in BODILESS else None

    def _check(self, ex: Exchange) -> Reply | None:
        """The same for requests that come in any other form."""
        if (reply := self._check_sizes(ex) or self._check_url(ex)) is not None:
            return reply
        return self._check_body(ex) if ex.method not in BODILESS or ex.header("transfer-encoding") else None

    def _check_sizes(self, ex: Exchange) -> Reply | None:
        found = sizes(ex)
        if len(found) > self._headers:
            return self._headers_refused(ex, len(found))
        total = sum(found)
        if total > self._header and max(found) > self._header:
            return self._header_refused(ex, max(found))
        return self._total_refused(ex, total) if total > self._header_total else None

    def _check_url(self, ex: Exchange) -> Reply | None:
        query = ex.query
        length = len(ex.raw_path) + len(query) + bool(query)
        if length > self._url:
            return self._url_refused(ex, length)
        if len(query) > self._query:
            return self._query_refused(ex, len(query))
        parameters = query.count(b"&") + 1
        return self._parameters_refused(ex, parameters) if query and parameters > self._parameters else None

    def _check_body(self, ex: Exchange) -> Reply | None:
        """How long the body will be, where the request says so, and whether it says it in one way (RFC 9112, 6.3)."""
        lengths = set(each(ex, "content-length"))
        if len(lengths) > 1 or (lengths and ex.header("transfer-encoding")):
            return FRAMED_TWICE(ex)
        codings = [c for c in map(str.lower, each(ex, "content-encoding")) if c != "identity"]
        if codings and (len(codings) > 1 or codings[0] not in self._encodings):
            return self.rules.encoding_refused(ex, codings[0][:40])
        if not lengths:
            return None
        (length,) = lengths
        if not (length.isascii() and length.isdigit()):
            return FRAMED_BADLY(ex)
        if len(length) > _DIGITS or int(length) > self.most(ex):
            return self.rules.body_refused(self.most(ex))(ex, length[:40])
        return None

    def most(self, ex: Exchange) -> int:
        """How many octets this request's body may have."""
        for paths, body in self._bodies:
            if ex.path in paths:
                return body
        return self._body

    def watch(self, ex: Exchange) -> BodyWatch | None:
        """What counts the body as it streams by."""
        return Watch(ex, self).feed


FRAMED_TWICE = Refusal("framing", 1, 400, "The length of the body is given in two ways.")
FRAMED_BADLY = Refusal("framing", 1, 400, "The Content-Length is no number.")
