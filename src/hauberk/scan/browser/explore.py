"""Walking through a front end: its routes, linked or not, what its elements do when used, and what it then asks for."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from hauberk.core.progress import Progress
from hauberk.scan.browser.stage import Stage, Visit, file
from hauberk.scan.care import DESTROYS, ends_session
from hauberk.scan.messages import Response
from hauberk.scan.recorded import templated
from hauberk.scan.trial import canary

PAGES = 60
"""How many pages are opened."""
ALIKE = 3
"""How many of one shape."""
USES = 12
"""How many elements of a page are clicked."""
ROUTES = 40
"""How many routes that stand in a script are tried."""

PATH = re.compile(r"""(?<![\w$])["']?path["']?\s*:\s*(["'`])([\w\-./:*()]{1,80})\1""")
ROUTE = re.compile(
    r"""\.route\(\s*(["'])([\w\-./]{1,80})\1\s*(?:,\s*\{[^{}]{0,80}?path\s*:\s*(["'])([\w\-./:*]{1,80})\3)?"""
)
REMARK = re.compile(r"/\*.*?\*/", re.DOTALL)
PLACEHOLDER = re.compile(r":(\w+)(\([^)]*\))?[?*+]?|\*\w*")


@dataclass(slots=True)
class Front:
    """What a browser saw of an application."""

    pages: dict[str, Visit] = field(default_factory=dict)
    """By address, fragment included."""
    routes: dict[str, str] = field(default_factory=dict)
    """Templates of routes that lead to a page, as `/items/{id}` or `/#/items`, each with an address."""
    libraries: dict[str, str] = field(default_factory=dict)
    """Name and version, as the libraries say themselves."""
    names: dict[str, None] = field(default_factory=dict)
    """Query parameters that scripts look for."""
    spared: dict[str, None] = field(default_factory=dict)
    """Elements that were left alone because of what they say they do."""
    truncated: bool = False


def explore(stage: Stage, begin: Iterable[str], front: Front, progress: Progress) -> None:
    """Fill `front`, page by page, so that what was seen stays when the scan is stopped."""
    _Walk(stage, front, progress).run(begin)


class _Walk:
    def __init__(self, stage: Stage, front: Front, progress: Progress) -> None:
        self.stage, self.front, self.progress = stage, front, progress
        self.queue: deque[str] = deque()
        self.queued: set[str] = set()
        self.shapes: Counter[str] = Counter()
        self.nowhere: dict[str, str] = {}
        """What a route that does not exist looks like, for each way of routing."""
        self.candidates: dict[str, None] = {}
        self.tried: set[str] = set()

    def run(self, begin: Iterable[str]) -> None:
        for url in begin:
            self.enqueue(url)
        while self.queue:
            if len(self.front.pages) >= PAGES:
                self.front.truncated = True
                break
            self.progress("looking with a browser", len(self.front.pages), len(self.front.pages) + len(self.queue))
            self.open(self.queue.popleft())
            if not self.queue:
                self.guess()

    def enqueue(self, url: str) -> None:
        """Remember an address, if it is the application's and not one of many alike."""
        split = urlsplit(url)
        if not self.stage.is_own(url) or ends_session(split.path + " " + split.fragment):
            return
        route = template(url)
        shape = route + "?" + "&".join(sorted(name for name, _ in parse_qsl(split.query, keep_blank_values=True)))
        if url not in self.queued and self.shapes[shape] < ALIKE:
            self.queued.add(url)
            self.shapes[shape] += 1
            self.queue.append(url)

    def open(self, url: str) -> None:
        with self.stage.opened(url, probing=True) as (page, visit):
            if visit.error or not visit.state:
                return
            self.note(url, visit)
            self.use(page, url)

    def note(self, url: str, visit: Visit) -> None:
        """Keep what a page shows, and go where it leads."""
        state = visit.state
        self.front.pages[url] = visit
        # Where a guard sent the browser on, it is that page which was seen.
        self.front.routes.setdefault(template(str(state.get("url") or url)), str(state.get("url") or url))
        self.learn(state)

    def learn(self, state: dict[str, Any]) -> None:
        """Links, routes, names and versions of a page's state."""
        self.front.libraries.update({str(k): str(v) for k, v in dict(state.get("libraries") or {}).items()})
        self.front.names.update(dict.fromkeys(str(name) for name in (state.get("query") or ())[:100]))
        for link in [*(state.get("links") or ()), *(state.get("routes") or ()), str(state.get("url") or "")]:
            if str(link).startswith("route:"):
                self.candidates[str(link)[6:]] = None
            else:
                self.enqueue(str(link))

    def use(self, page: Any, url: str) -> None:
        """Fill in, click and send whatever is there, one after another, from the same page each time."""
        done: set[str] = set()
        for _ in range(USES):
            said = _evaluated(
                page,
                file("use.js").replace("%DESTROYS%", " ".join(sorted(DESTROYS))),
                {"name": self.stage.name, "done": sorted(done)},
            )
            if not isinstance(said, dict) or not said.get("key"):
                for skipped in (said or {}).get("spared", ()) if isinstance(said, dict) else ():
                    self.front.spared[str(skipped)[:80]] = None
                return
            done.add(str(said["key"]))
            self.stage.settle(page, longest=1.0)
            state = self.stage.look(page)
            if not state:
                return
            self.learn(state)
            if state.get("url") != url:
                if _gone(page, url):
                    return
                self.stage.settle(page)

    def guess(self) -> None:
        """Routes that a router knows or that stand in scripts, and that nothing leads to."""
        for response in sorted(scripts(self.stage), key=lambda r: len(r.body)):  # the application's own come first
            self.candidates.update(dict.fromkeys(routes_in(response.text)))
        for path in list(self.candidates)[:ROUTES]:
            self.try_route("/" + PLACEHOLDER.sub("1", path).strip("/"))

    def try_route(self, path: str) -> None:
        """See whether a route shows something else than one that does not exist."""
        base = address(self.stage.origin, self.front.routes)
        url = base + path
        if url in self.tried or ends_session(path) or template(url) in self.front.routes:
            return
        self.tried.add(url)
        if base not in self.nowhere:
            word = canary()
            self.nowhere[base] = bare(self.stage.visit(f"{base}/{word}", probing=True), word)
        with self.stage.opened(url, probing=True) as (page, visit):
            if visit.state and bare(visit, path.strip("/")) != self.nowhere[base]:
                self.queued.add(url)
                self.note(url, visit)
                self.use(page, url)


def template(url: str) -> str:
    """The route of an address: `/items/{items}`, `/#/items/{items}`; a fragment that is no route does not count."""
    split = urlsplit(url)
    path = templated(split.path or "/")[0]
    fragment = split.fragment.partition("?")[0]
    if not fragment.lstrip("!").startswith("/"):
        return path
    mark = "!" if fragment.startswith("!") else ""
    return f"{path}#{mark}{templated(fragment.lstrip('!'))[0]}"


def address(origin: str, routes: Iterable[str]) -> str:
    """What stands before a route: the origin, or the address of the one page whose fragment is the route."""
    hashed = next((route for route in routes if "#" in route), None)
    if hashed is None:
        return origin
    path, _, fragment = hashed.partition("#")
    return f"{origin}{path}#" + ("!" if fragment.startswith("!") else "")


def bare(visit: Visit, word: str) -> str:
    """A page without what it only repeats of its address, and without what differs each time."""
    html = str(visit.state.get("html") or "")
    for text in (word, quote(word, safe="")):
        html = html.replace(text, "") if text else html
    return re.sub(r"\d+|hbk[0-9a-f]{6,8}", "", re.sub(r"\s+", " ", html))


def scripts(stage: Stage) -> Iterator[Response]:
    """Every script that pages loaded."""
    for _, response in list(stage.gate.heard.exchanges):
        if "javascript" in response.media and response.status == 200:
            yield response


def routes_in(code: str) -> Iterator[str]:
    """Routes as the routers of Angular, React, Vue and Ember are told them."""
    code = REMARK.sub("", code)
    named = [found[2] for found in PATH.finditer(code)]
    named = [path for path in named if path not in {"/", ".", "*", "**"} and "." not in path.strip(".")]
    yield from dict.fromkeys([*named, *(found[4] or found[2] for found in ROUTE.finditer(code))])


def _evaluated(page: Any, code: str, argument: Any) -> Any:
    from hauberk.scan.browser import chromium

    try:
        return page.evaluate(code, argument)
    except chromium.api().Error:
        return None


def _gone(page: Any, url: str) -> bool:
    from hauberk.scan.browser import chromium

    try:
        page.goto("about:blank")
        page.goto(url, wait_until="domcontentloaded")
    except chromium.api().Error:
        return True
    return False
