"""A request and a response as values, and the cookies that go with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from urllib.parse import quote, urljoin, urlsplit

from hauberk.core.events import SinkEvent
from hauberk.wire.set_cookie import SetCookie

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent."""

    method: str = "GET"
    target: str = "/"
    """Path and query, percent-encoded, from the root: `/a%20b?q=1`."""
    headers: Pairs = ()
    """Names in lower case."""
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path as it is sent, percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query as it is sent, without `?`."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """The first field of that lower-case name."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def with_headers(self, fields: Iterable[tuple[str, str]]) -> Request:
        """The same request with more fields; those that it has already stay as they are."""
        mine = {key for key, _ in self.headers}
        return replace(self, headers=(*self.headers, *(pair for pair in fields if pair[0] not in mine)))

    def overridden(self, fields: Pairs) -> Request:
        """The same request with these fields in place of those of their names that it has."""
        names = {key for key, _ in fields}
        return replace(self, headers=(*(pair for pair in self.headers if pair[0] not in names), *fields))


@dataclass(frozen=True, kw_only=True)
class Response:
    """What came back, and what happened inside meanwhile. Without slots: what is asked often is worked out once."""

    status: int
    headers: Pairs = ()
    """Names in lower case."""
    body: bytes = b""
    events: tuple[SinkEvent, ...] = ()
    """What guard's sinks saw while the application answered."""
    reads: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Inputs that the application asked its request for meanwhile, by place and name, and where in its code."""
    error: str = ""
    """The exception that the application let through; empty if it let none."""
    truncated: bool = False
    """Whether the body was longer, or slower, than is read."""
    seconds: float = 0.0
    """How long it took, where a socket was between."""

    def header(self, name: str) -> str | None:
        """The first field of that lower-case name."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def all(self, name: str) -> tuple[str, ...]:
        """Every field of that lower-case name."""
        return tuple(value for key, value in self.headers if key == name)

    @cached_property
    def media(self) -> str:
        """The media type, in lower case, without parameters; empty if none is given."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @cached_property
    def is_html(self) -> bool:
        """Whether a browser would render it as HTML: it says so, or says nothing and may be sniffed."""
        if self.media:
            return self.media in {"text/html", "application/xhtml+xml"}
        return (self.header("x-content-type-options") or "").strip().lower() != "nosniff" and b"<" in self.body

    @cached_property
    def text(self) -> str:
        """The body as text; what is not in the charset is replaced."""
        _, _, rest = (self.header("content-type") or "").lower().partition("charset=")
        charset = rest.partition(";")[0].strip(" \"'") or "utf-8"
        try:
            return self.body.decode(charset, "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")

    @cached_property
    def low(self) -> str:
        """The same in lower case."""
        return self.text.lower()


def own_target(origin: str, base: str, location: str) -> str:
    """The target at this origin that a Location leads to (RFC 9110, section 10.2.2); empty if it leads elsewhere."""
    try:
        split = urlsplit(urljoin(origin + base, location))
    except ValueError:  # such as an unclosed bracket in the host
        return ""
    if not location or f"{split.scheme}://{split.netloc}" != origin:
        return ""
    return quote(split.path or "/", safe=_KEPT) + ("?" + quote(split.query, safe=_KEPT) if split.query else "")


_KEPT = "%/?&=:@!$'()*+,;~-._[]|"


class CookieJar:
    """The cookies of one identity at one origin (RFC 6265bis, section 5.7, for a single host)."""

    def __init__(self) -> None:
        self._cookies: dict[tuple[str, str], str] = {}

    def __len__(self) -> int:
        return len(self._cookies)

    def take(self, cookies: Mapping[str, str]) -> None:
        """Cookies that are known beforehand, for every path."""
        self._cookies.update({(name, "/"): value for name, value in cookies.items()})

    def copy(self) -> CookieJar:
        """The same cookies, for another browser."""
        other = CookieJar()
        other._cookies.update(self._cookies)
        return other

    def keep(self, request: Request, response: Response, *, secure: bool = True) -> None:
        """Take what the response sets. A Secure cookie is not taken over http."""
        for line in response.all("set-cookie"):
            cookie = SetCookie.parse(line)
            if cookie.attribute("secure") is not None and not secure:
                continue
            key = cookie.name, _path(cookie.attribute("path"), request.path)
            if is_deletion(cookie):
                self._cookies.pop(key, None)
            else:
                self._cookies[key] = cookie.value

    def values(self) -> dict[str, str]:
        """Every cookie by its name."""
        return {name: value for (name, _), value in self._cookies.items()}

    def header(self, path: str, also: Iterable[tuple[str, str]] = ()) -> str:
        """The Cookie field for that path, with other cookies in place of those of the same name."""
        chosen = {
            name: value
            for (name, where), value in sorted(self._cookies.items(), key=lambda item: len(item[0][1]))
            if path == where or path.startswith(where.rstrip("/") + "/")
        }
        return "; ".join(f"{name}={value}" for name, value in {**chosen, **dict(also)}.items())


def is_deletion(cookie: SetCookie) -> bool:
    """Whether it takes the cookie away: it lasts no second, or ran out long ago (RFC 6265bis, section 5.7)."""
    age = cookie.attribute("max-age")
    gone = age is not None and age.lstrip("-").isdigit() and int(age) <= 0
    return gone or "1970" in (cookie.attribute("expires") or "")


def _path(attribute: str | None, request_path: str) -> str:
    """RFC 6265bis, section 5.1.4: the default is the folder of the request's path."""
    if attribute and attribute.startswith("/"):
        return attribute
    folder = urlsplit(request_path).path.rpartition("/")[0]
    return folder or "/"
