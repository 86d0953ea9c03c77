"""A policy of its own for documentation pages of FastAPI and Litestar: they load from a CDN what no other page may.

The policy is made from the page itself: its inline scripts by their hashes, its files by their addresses, and nothing
else. So `/docs` and `/redoc` go on working, and an injected script would not run there either.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from hauberk.adapters.asgi import App, Message, Receive, Scope, Send
from hauberk.core.errors import ConfigurationError
from hauberk.policy import Policy
from hauberk.shield.headers import CSP

FONTS = {"https://fonts.googleapis.com": "https://fonts.gstatic.com"}
"""Style sheets that load fonts from another host."""


class Contents(HTMLParser):
    """What a page loads and runs."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.images: list[str] = []
        self._within_script = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the element loads."""
        given = {name: value or "" for name, value in attrs}
        if tag == "script" and "src" in given:
            self.scripts.append(given["src"])
        elif tag == "script":
            self._within_script = True
            self.inline.append("")
        elif tag == "link" and "stylesheet" in given.get("rel", ""):
            self.styles.append(given.get("href", ""))
        elif tag == "link" and "icon" in given.get("rel", ""):
            self.images.append(given.get("href", ""))

    def handle_endtag(self, tag: str) -> None:
        """The end of a script."""
        self._within_script = self._within_script and tag != "script"

    def handle_data(self, data: str) -> None:
        """A part of a script, maybe."""
        if self._within_script:
            self.inline[-1] += data


def policy_for(html: str) -> CSP:
    """The least policy under which the page works."""
    page = Contents(html)
    # Before hashing, browsers turn every line end into a line feed (HTML, section 13.2.3.5).
    texts = [text.replace("\r\n", "\n").replace("\r", "\n") for text in page.inline]
    hashes = [f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in texts]
    styles = [origin(url) for url in page.styles]
    return CSP.of(
        default_src=("'none'",),
        script_src=unique(["'self'", *hashes, *map(address, page.scripts)]),
        # Swagger UI and ReDoc style their elements from script, ReDoc with style elements.
        style_src=unique(["'self'", "'unsafe-inline'", *styles]),
        img_src=unique(["'self'", "data:", *(origin(url) for url in page.images), *map(origin, page.scripts)]),
        font_src=unique(["'self'", "data:", *(FONTS[style] for style in styles if style in FONTS)]),
        connect_src=("'self'",),
        worker_src=("'self'", "blob:"),
        base_uri=("'none'",),
        form_action=("'self'",),
        frame_ancestors=("'self'",),
    )


def unique(sources: Iterable[str]) -> tuple[str, ...]:
    """Each once, in order, without empty ones."""
    return tuple(dict.fromkeys(filter(None, sources)))


def origin(url: str) -> str:
    """Scheme and host of an absolute address; empty for one of this site."""
    parts = urlsplit(url)
    return f"{parts.scheme or 'https'}://{parts.netloc}" if parts.netloc else ""


def address(url: str) -> str:
    """An absolute address as a source of its own, if it can be written as one; else its origin."""
    parts = urlsplit(url)
    return origin(url) + parts.path if parts.netloc and not set(parts.path) & set(";, ") else origin(url)


class DocsPage:
    """The handler of one such page, which then has a policy of its own: it wins over the application's."""

    def __init__(self, app: App, policies: tuple[bytes, ...]) -> None:
        self.app, self.policies = app, policies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for the page, which is small and whole, and send it with its policy."""
        start: Message = {}
        parts: list[bytes] = []

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                parts.append(message.get("body", b""))

        await self.app(scope, receive, collect)
        headers = list(start.get("headers", ()))
        names = {name.lower() for name, _ in headers}
        html = any(name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in headers)
        if html and b"content-security-policy" not in names:
            headers += self._fields(b"".join(parts), names)
        await send({**start, "headers": headers})
        await send({"type": "http.response.body", "body": b"".join(parts)})

    def _fields(self, body: bytes, names: set[bytes]) -> list[tuple[bytes, bytes]]:
        try:
            policy = policy_for(body.decode("utf-8", "replace")).value(nonced=False)
        except ConfigurationError:  # a page that somebody made his own, with an address that no policy can name
            return []
        # Logging in from the documentation opens a window and waits for it to come back.
        return [
            *((name, policy.encode("latin-1")) for name in self.policies if name not in names),
            (b"cross-origin-opener-policy", b"same-origin-allow-popups"),
        ]


def replaced(policy: Policy) -> tuple[bytes, ...]:
    """The fields that such a page sends in place of the policy's."""
    sent = {b"content-security-policy": policy.csp, b"content-security-policy-report-only": policy.csp_report_only}
    return tuple(name for name, csp in sent.items() if csp is not None)


def give_policies(app: Any, policy: Policy) -> None:
    """Wrap the documentation pages that FastAPI made, each once: in place of each policy that is sent."""
    names = replaced(policy)
    if not names:
        return
    paths = {getattr(app, name, None) for name in ("docs_url", "redoc_url", "swagger_ui_oauth2_redirect_url")} - {None}
    for route in app.routes:
        if getattr(route, "path", None) in paths and not isinstance(route.app, DocsPage):
            route.app = DocsPage(route.app, names)
