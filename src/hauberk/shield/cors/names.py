"""Names of methods and header fields that CORS may allow, and those that it must not (Fetch, section 2.2)."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.core.errors import ConfigurationError

WILDCARD = "*"
TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
"""RFC 9110, section 5.6.2: what methods and names of fields are made of."""
SAFE_METHODS = ("GET", "HEAD", "POST")
"""CORS-safelisted: browsers send them in any case, so they need no leave."""
NORMALISED = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"})
"""Browsers write these in upper case, however a page does; of all others (PATCH!) they keep the page's spelling."""
FORBIDDEN_METHODS = frozenset({"CONNECT", "TRACE", "TRACK"})
SAFE_HEADERS = frozenset({"accept", "accept-language", "content-language"})
"""CORS-safelisted for every short value; Content-Type and Range are so for a few values only."""
FORBIDDEN_HEADERS = frozenset(
    "accept-charset accept-encoding access-control-request-headers access-control-request-method "
    "access-control-request-private-network connection content-length cookie cookie2 date dnt expect host keep-alive "
    "origin referer set-cookie te trailer transfer-encoding upgrade via".split()
)
"""Browsers never let a page set them, so that allowing them is a misunderstanding."""
FORBIDDEN_PREFIXES = ("proxy-", "sec-")
ANSWERS = frozenset(
    {
        "access-control-allow-credentials",
        "access-control-allow-headers",
        "access-control-allow-methods",
        "access-control-allow-origin",
        "access-control-allow-private-network",
        "access-control-expose-headers",
        "access-control-max-age",
    }
)
"""Fields of the answers of this protocol."""
NEVER_EXPOSED = frozenset({"set-cookie", "set-cookie2"})
NO_ANSWERS = frozenset(
    {
        "access-control-allow-headers",
        "access-control-allow-methods",
        "access-control-allow-private-network",
        "access-control-max-age",
        "access-control-request-headers",
        "access-control-request-method",
        "access-control-request-private-network",
        "origin",
    }
)
"""Fields of requests and of preflight answers: no page ever sees one of them in a response."""


def is_forbidden(name: str) -> bool:
    """Whether browsers keep pages from setting that request field, given in lower case."""
    return name in FORBIDDEN_HEADERS or name.startswith(FORBIDDEN_PREFIXES)


def is_token(text: str) -> bool:
    """Whether a method or the name of a field can be written like that."""
    return bool(text) and TOKEN.issuperset(text)


def normal_method(method: str) -> str:
    """A method as a browser sends it (Fetch, "normalize")."""
    upper = method.upper()
    return upper if upper in NORMALISED else method


def method_problems(field: str, methods: tuple[str, ...]) -> Iterator[ConfigurationError]:
    """What is wrong with methods that are to be allowed."""
    for method in methods:
        if not is_token(method):
            yield ConfigurationError(field, method, "is not a method", "write it like 'PUT'")
        elif method.upper() in FORBIDDEN_METHODS:
            yield ConfigurationError(field, method, "is sent by no browser for a page (Fetch)", "leave it out")


def header_problems(field: str, names: tuple[str, ...]) -> Iterator[ConfigurationError]:
    """What is wrong with request fields that are to be allowed."""
    for name in names:
        lower = name.lower()
        if not is_token(name):
            yield ConfigurationError(field, name, "is not the name of a header field", "write it like 'X-Request-Id'")
        elif is_forbidden(lower):
            yield ConfigurationError(field, name, "is set by browsers and never by pages (Fetch)", "leave it out")
        elif lower in ANSWERS:
            yield ConfigurationError(field, name, "stands in answers and not in requests", "leave it out")


def expose_problems(field: str, names: tuple[str, ...], *, credentials: bool) -> Iterator[ConfigurationError]:
    """What is wrong with response fields that pages are to see."""
    for name in names:
        lower = name.lower()
        if not is_token(name):
            yield ConfigurationError(field, name, "is not the name of a header field", "write it like 'X-Total'")
        elif lower in NEVER_EXPOSED:
            yield ConfigurationError(field, name, "is shown to no page, whatever we say (Fetch)", "leave it out")
        elif lower in NO_ANSWERS:
            yield ConfigurationError(field, name, "stands in no answer that a page sees", "leave it out")
        elif name == WILDCARD and credentials:
            yield ConfigurationError(
                field, name, "means a field of the name * where credentials are sent (Fetch)", "list the names"
            )
