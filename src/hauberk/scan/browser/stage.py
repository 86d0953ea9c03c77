"""Pages that are opened one after another, and what each was seen to do."""

from __future__ import annotations

import html
import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import urlsplit

from hauberk.scan.browser import certificate, chromium
from hauberk.scan.browser.gate import KEPT, Gate
from hauberk.scan.browser.proxy import Proxy, attacker_host
from hauberk.scan.client import AGENT, Client

T = TypeVar("T")
SETTLED = 0.1
"""Seconds of quiet after which a page counts as at rest."""
LONGEST = 2.5
"""Seconds that a page is waited for at most, beyond its loading."""
LOADING = 8_000
"""Milliseconds for a page to load."""


LURED = 5.0
"""Seconds that the windows of a foreign site may take to open."""


class StoppedError(Exception):
    """The scan sends no more, so that there is nothing more to look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """That a payload ran: the binding was called."""

    id: str
    origin: str
    """Whose script it was (HTML, section 7.1.1); of a `data:` frame it is `null`."""
    url: str
    stack: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sunk:
    """A marked value that reached a sink."""

    sink: str
    value: str
    stack: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Visit:
    """One page, once it was at rest."""

    url: str
    state: dict[str, Any] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    sunk: list[Sunk] = field(default_factory=list)
    went: list[str] = field(default_factory=list)
    """Addresses that pages navigated to, the attacker's included."""
    error: str = ""


class Stage:
    """One browser, driven from one thread. Everything that it opens goes through the gate."""

    def __init__(self, gate: Gate, browser: Any, attacker: str) -> None:
        self.gate, self.attacker = gate, attacker
        self.origin = gate.client.origin
        self.name = "hbk" + secrets.token_hex(3)
        """What payloads call."""
        self.pages: dict[str, str] = {}
        """What the attacker's host serves, by path."""
        self.visits = 0
        self._browser = browser
        self._contexts: dict[bool, Any] = {}
        self._visit = Visit(url="")

    def _context(self, *, probing: bool) -> Any:
        """Where a page is looked at, or where something is proved: there, nothing but the binding is added to it.

        The second begins with what the first stored, such as the token of a login.
        """
        if probing not in self._contexts:
            kept = next((context.storage_state() for context in self._contexts.values()), None)
            context = self._browser.new_context(
                ignore_https_errors=True,
                service_workers="block",
                user_agent=f"{_agent(self._browser)} {AGENT}",
                storage_state=kept,
            )
            context.set_default_timeout(LOADING)
            context.expose_binding(f"{self.name}_tell", self._told)
            context.add_init_script(script(self.name, probing=probing))
            context.on("request", self._requested)
            context.on("page", self._opened)
            self._contexts[probing] = context
        return self._contexts[probing]

    def own(self, host: str, target: str, fields: dict[str, str]) -> str:
        """What the attacker's host answers: a page that was laid there, or a script that calls the binding."""
        del host
        if fields.get("sec-fetch-dest") == "script":
            word = urlsplit(target).path.strip("/")
            return f"{self.name}({word})" if word.isdigit() else ""
        return self.pages.get(urlsplit(target).path, "<!DOCTYPE html><title>attacker</title>")

    @contextmanager
    def opened(self, url: str, *, probing: bool = False, referrer: str = "") -> Iterator[tuple[Any, Visit]]:
        """A page at that address, at rest; what it opened is closed afterwards. Raises StoppedError.

        The tab is the same each time: to make one costs more than to load a page.
        """
        self._go_on()
        self.visits += 1
        visit, self._visit = Visit(url=url), Visit(url="")
        context = self._context(probing=probing)
        page = next(iter(context.pages), None) or context.new_page()
        try:
            try:
                page.goto("about:blank")  # else an address that differs in its fragment alone is no new page
                self._visit = visit
                page.goto(url, wait_until="domcontentloaded", referer=referrer or None)
                self.settle(page)
                visit.state = self.look(page)
            except chromium.api().Error as error:
                visit.error = str(error).splitlines()[0][:200]
                self._go_on()
            yield page, visit
        finally:
            for one in context.pages[1:] if not visit.error else context.pages:
                with _quiet():
                    one.close()

    def visit(
        self, url: str, *, probing: bool = False, referrer: str = "", then: Callable[[Any], None] | None = None
    ) -> Visit:
        """As `opened`, done with; `then` may act on the page, and what it did is waited for."""
        with self.opened(url, probing=probing, referrer=referrer) as (page, visit):
            if then is not None and not visit.error:
                with _quiet():
                    then(page)
                    self.settle(page)
        return visit

    def lure(self, target: str, names: list[str], sent: list[Any], *, probing: bool = False) -> Visit:
        """A foreign site opens the page in windows of these names, and sends the first one these messages."""
        path = f"/{secrets.token_hex(4)}"
        self.pages[path] = lure_page(target, names, sent)
        with self.opened(f"http://{self.attacker}{path}", probing=probing) as (page, visit):
            context, until = page.context, monotonic() + LURED
            while len(context.pages) <= len(names) and monotonic() < until:
                page.wait_for_timeout(50)
            windows = context.pages[1:]
            for window in windows:
                with _quiet():
                    window.wait_for_load_state("domcontentloaded")
                self.settle(window)
            if sent:  # they are sent over and over: once more is enough
                page.wait_for_timeout(300)
            visit.state = {"html": "".join(str(self.look(window).get("html")) for window in windows)}
        del self.pages[path]
        return visit

    def sent(self, target: str, pairs: Sequence[tuple[str, str]]) -> Visit:
        """A foreign site's page that sends a form to the application, and what the answer does."""
        path = f"/{secrets.token_hex(4)}"
        self.pages[path] = form_page(self.origin + target, pairs)
        with self.opened(f"http://{self.attacker}{path}") as (page, visit):
            self.settle(page)
        del self.pages[path]
        return visit

    def look(self, page: Any) -> dict[str, Any]:
        """What the page holds now; nothing if it is gone."""
        found: list[dict[str, Any]] = []
        with _quiet():
            found.append(page.evaluate(file("state.js"), self.name))
        return found[0] if found else {}

    def remember(self, page: Any) -> None:
        """Take what the page holds now for what the visit shows."""
        self._visit.state = self.look(page)

    def settle(self, page: Any, *, longest: float = LONGEST) -> None:
        """Wait until nothing is asked for and nothing changes any more, or for long enough."""
        until = monotonic() + longest
        changed = f"() => Date.now() - ((window['{self.name}_seen'] || {{}}).changed || 0)"
        while monotonic() < until and not page.is_closed():
            page.wait_for_timeout(30)
            if self.gate.idle > SETTLED:
                quiet = SETTLED * 1000
                with _quiet():
                    quiet = page.evaluate(changed)
                if quiet >= SETTLED * 700:
                    return

    def is_own(self, url: str) -> bool:
        """Whether it is a page of the application."""
        split = urlsplit(url)
        return f"{split.scheme}://{split.netloc}".lower() == self.origin.lower()

    def _go_on(self) -> None:
        if self.gate.ended is not None:
            raise StoppedError(str(self.gate.ended))

    def _told(self, source: Any, said: Any) -> None:
        """The binding. What it says comes from a page, so that every part of it may be anything."""
        del source
        if not isinstance(said, dict):
            return
        if said.get("kind") == "call" and len(self._visit.calls) < 100:
            words = {name: str(said.get(name, ""))[:2_000] for name in ("id", "origin", "url", "stack")}
            self._visit.calls.append(Call(**words))
        elif said.get("kind") == "sink" and len(self._visit.sunk) < 500:
            stack = said.get("stack")
            lines = tuple(str(line)[:300] for line in stack[:4]) if isinstance(stack, list) else ()
            self._visit.sunk.append(
                Sunk(sink=str(said.get("sink"))[:60], value=str(said.get("value"))[:2_000], stack=lines)
            )

    def _requested(self, request: Any) -> None:
        url = urlsplit(request.url)
        foreign = self.gate.heard.foreign
        ours = self.is_own(request.url) or (url.hostname or "").endswith(self.attacker)
        if url.scheme in {"http", "https"} and not ours and len(foreign) < KEPT:
            foreign[url.netloc] = None
        with _quiet():
            if request.is_navigation_request() and request.frame.parent_frame is None:
                self._visit.went.append(request.url)

    def _opened(self, page: Any) -> None:
        page.on("dialog", lambda dialog: dialog.dismiss())


@contextmanager
def _quiet() -> Iterator[None]:
    """A page may be gone, or on its way elsewhere, at any moment: then there is nothing to see, which is no fault."""
    try:
        yield
    except chromium.api().Error:
        pass


@lru_cache(maxsize=4)
def script(name: str, *, probing: bool) -> str:
    """What runs before a page's own scripts."""
    return file("instrument.js").replace("%NAME%", name).replace("%PROBING%", "yes" if probing else "no")


@lru_cache(maxsize=16)
def file(name: str) -> str:
    """One of the files beside this one, read once."""
    return files("hauberk.scan.browser").joinpath(name).read_text(encoding="utf-8")


def staged(client: Client, work: Callable[[Stage], T], *, share: float = 0.5, destructive: bool = False) -> T:
    """Run the work with a browser whose requests are the client's. Called from the scan's own thread.

    Raises MissingExtraError and InputError if there is no browser; ExhaustedError and GoneError as the client does.
    """
    chromium.api()
    gate = Gate(client, share=share, destructive=destructive)
    attacker = attacker_host(client.transport.wire.name.lower())

    def act() -> T:
        held = _Held()
        proxied = Proxy(gate, certificate.context(), attacker, held.own)
        with chromium.api().sync_playwright() as playwright, proxied as proxy:
            browser = chromium.launch(playwright, proxy.url)
            try:
                held.stage = Stage(gate, browser, attacker)
                return work(held.stage)
            finally:
                browser.close()

    return gate.serve(act)


class _Held:
    """The stage, once there is one: the proxy is there before it."""

    stage: Stage | None = None

    def own(self, host: str, target: str, fields: dict[str, str]) -> str:
        """See `Stage.own`."""
        return self.stage.own(host, target, fields) if self.stage is not None else ""


def _agent(browser: Any) -> str:
    return f"Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{browser.version} Safari/537.36"


def lure_page(target: str, names: list[str], sent: list[Any]) -> str:
    """The attacker's page: opens the target under each name, and goes on sending."""
    data = json.dumps({"target": target, "names": names, "sent": sent}).replace("<", "\\u003c")
    return file("lure.html").replace("%DATA%", data)


def form_page(action: str, pairs: Sequence[tuple[str, str]]) -> str:
    """A page of another site that sends a form by itself."""
    fields = "".join(f'<input type="hidden" name="{html.escape(n)}" value="{html.escape(v)}">' for n, v in pairs)
    mark = secrets.token_hex(4)
    return (
        f'<!DOCTYPE html><title>{mark}</title><form id="{mark}" method="post" action="{html.escape(action)}">{fields}'
        f"</form><script>HTMLFormElement.prototype.submit.call(document.getElementById('{mark}'))</script>"
    )
