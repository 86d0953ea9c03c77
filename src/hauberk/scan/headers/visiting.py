"""Making a visit: the page over https and over http, its redirects, /robots.txt and a preflight, as few as that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urljoin, urlsplit

from hauberk.scan.headers.visit import PREFLIGHT_ORIGIN, Hop, Visit
from hauberk.scan.messages import CookieJar, Request, Response
from hauberk.scan.transport import Transport, Wire

Scheme = Literal["http", "https"]
Send = Callable[[Scheme, Request], Response | None]
"""One request by that scheme; None where nothing answers."""

SCHEMES: tuple[Scheme, ...] = ("http", "https")
MAX_REDIRECTS = 10
REDIRECTS = frozenset({301, 302, 303, 307, 308})
BROWSER = (
    ("user-agent", "hauberk-headers"),
    ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an application answers."""

    host: str
    """Without a port."""
    http_port: int | None = None
    """None: the scheme's own."""
    https_port: int | None = None
    certificate_verified: bool = True

    def origin(self, scheme: Scheme) -> str:
        """As a browser writes it."""
        port = self.http_port if scheme == "http" else self.https_port
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}" + (f":{port}" if port is not None else "")

    def has(self, url: str) -> bool:
        """Whether an address is one of this place's own."""
        return url.startswith(tuple(self.origin(scheme) + end for scheme in SCHEMES for end in ("/", "?")))


@dataclass(frozen=True, slots=True)
class Journey:
    """Where an address led."""

    hops: tuple[Hop, ...]
    answer: Response
    """Of the last hop that was asked."""
    set_cookies: tuple[str, ...]
    last: str
    """The address that gave the answer."""
    left: str = ""
    """The address that was not followed, as it is not ours; empty if there was none."""


def in_process(transport: Transport) -> Send:
    """Ask an application by calling it, as behind TLS and as not."""
    wires: dict[Scheme, Wire] = {s: replace(transport.wire, scheme=s) for s in SCHEMES}

    def send(scheme: Scheme, request: Request) -> Response | None:
        transport.wire = wires[scheme]
        return transport.send(request)

    return send


def visit(send: Send, place: Place, path: str = "/") -> tuple[Visit, tuple[str, ...]]:
    """Visit one path; what could not be followed comes in sentences beside it."""
    by_http = _follow(send, place, "http", path)
    by_https = _follow(send, place, "https", path)
    main = by_https or by_http
    left = {journey.left for journey in (by_https, by_http) if journey is not None and journey.left}
    gaps = tuple(f"{path} leads to {url}, which was not asked: it is another host." for url in sorted(left))
    robots = _follow(send, place, "https" if by_https else "http", "/robots.txt") if main is not None else None
    made = Visit(
        host=place.host,
        https=by_https.answer if by_https else None,
        http=by_http.hops if by_http else None,
        http_answer=by_http.answer if by_http else None,
        set_cookies=(main.set_cookies if main else ()) + (robots.set_cookies if robots else ()),
        preflight=_preflight(send, place, main.last) if main is not None else None,
        certificate_verified=place.certificate_verified,
    )
    return made, gaps


def _follow(send: Send, place: Place, scheme: Scheme, path: str) -> Journey | None:
    """Go where the redirects lead, as long as they stay with us."""
    url, jar = place.origin(scheme) + path, CookieJar()
    hops: list[Hop] = []
    set_cookies: list[str] = []
    answer: Response | None = None
    last = url
    for _ in range(MAX_REDIRECTS + 1):
        if not place.has(url):
            hops.append(Hop(url=url))
            return Journey(tuple(hops), answer, tuple(set_cookies), last, url) if answer is not None else None
        reply = _ask(send, url, jar)
        if reply is None:
            # An address of ours where nothing listens ends the way, as it would a browser's.
            if answer is None:
                return None
            hops.append(Hop(url=url))
            break
        answer, last = reply, url
        hops.append(Hop(url=url, status=answer.status))
        set_cookies += answer.all("set-cookie")
        where = answer.header("location")
        if answer.status not in REDIRECTS or not where:
            break
        url = _joined(url, where)
    return Journey(tuple(hops), answer, tuple(set_cookies), last) if answer is not None else None


def _joined(url: str, where: str) -> str:
    try:
        joined = urljoin(url, where.strip()).partition("#")[0]
        parts = urlsplit(joined)
        return joined if parts.path else parts._replace(path="/").geturl()
    except ValueError:  # such as an unclosed bracket in the host
        return where


def _ask(send: Send, url: str, jar: CookieJar) -> Response | None:
    parts = urlsplit(url)
    scheme: Scheme = "https" if parts.scheme == "https" else "http"
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    cookies = jar.header(parts.path)
    fields = (*BROWSER, ("cookie", cookies)) if cookies else BROWSER
    request = Request(target=target, headers=fields)
    answer = send(scheme, request)
    if answer is not None:
        jar.keep(request, answer, secure=scheme == "https")
    return answer


def _preflight(send: Send, place: Place, url: str) -> Response | None:
    parts = urlsplit(url)
    scheme: Scheme = "https" if parts.scheme == "https" else "http"
    asked = (*BROWSER, ("origin", PREFLIGHT_ORIGIN), ("access-control-request-method", "GET"))
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    answer = send(scheme, Request(method="OPTIONS", target=target, headers=asked))
    # Only a success allows anything (Fetch, section 4.8).
    return answer if answer is not None and 200 <= answer.status < 300 else None
