"""From the operations that are known to those that their pages lead to."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, quote, unquote, urljoin, urlsplit

from hauberk.core.progress import Progress, silent
from hauberk.scan import build
from hauberk.scan.care import ends_session
from hauberk.scan.client import Client
from hauberk.scan.forgery import tokens
from hauberk.scan.html import Form, Offer, offer
from hauberk.scan.ids import Ids
from hauberk.scan.messages import Request, Response
from hauberk.scan.surface import DIGITS, Operation, Parameter, Surface

PAGES = 3_000
"""How many pages are read."""
NUMBERED = 400
"""How many pages are read whose paths differ in numbers alone."""
BELOW = 40
"""How many pages of one route with path parameters are read, however many names their links have."""
HOPS = 20
"""How many redirects in a row may still lead to a page."""
ALIKE = 4
"""How many pages of one shape are read: `/items/1`, `/items/2`, ..."""


@dataclass(slots=True)
class Crawled:
    """What a crawl found."""

    surface: Surface
    pages: list[tuple[Operation, Request, Response]] = field(default_factory=list)
    """Every page that was read."""
    logins: dict[str, str] = field(default_factory=dict)
    """Operations whose form has a password field, as `POST /login`, and the target of the page that holds the form."""
    forms: dict[str, str] = field(default_factory=dict)
    """The same of operations whose form has an anti-forgery token."""
    truncated: bool = False
    """Whether more pages were there than are read."""


def crawl(
    client: Client,
    surface: Surface,
    *,
    begin: Sequence[Offer] = (),
    only: Collection[Operation] | None = None,
    seen: Collection[str] = (),
    most: int | None = None,
    progress: Progress = silent,
) -> Crawled:
    """Read every page that can be reached by GET, at most `PAGES` or so many; never another origin, never a logout.

    `begin` is what leads on as the links and forms of a page do; `only` are the operations to begin with, if not all;
    `seen` are targets that need not be read.
    """
    walk = _Crawl(client, surface, progress, PAGES if most is None else most, seen)
    return walk.run(begin, surface.operations if only is None else only)


class _Crawl:
    def __init__(self, client: Client, surface: Surface, progress: Progress, most: int, seen: Collection[str]) -> None:
        self.client, self.progress, self.most = client, progress, most
        self.found = Crawled(surface)
        self.queue: deque[Request] = deque()
        self.queued = set(seen)
        self.shapes: Counter[tuple[str, ...]] = Counter()
        self.made: set[str] = set()
        """Targets that no page showed: what stands for an id in them is a guess."""
        self.ids = Ids()

    def run(self, begin: Sequence[Offer], only: Collection[Operation]) -> Crawled:
        for operation in only:
            if operation.method == "GET" and not ends_session(operation.path):
                self.enqueue(build.request(operation))
        self.made = set(self.queued)
        for offered in begin:
            self.follow(offered, "/")
        while self.queue:
            if len(self.found.pages) >= self.most:
                self.found.truncated = True
                break
            self.progress("crawling", len(self.found.pages), len(self.found.pages) + len(self.queue))
            self.read(self.queue.popleft())
        self.found.surface = self.ids.put_into(self.found.surface)
        return self.found

    def enqueue(self, request: Request) -> None:
        if request.target not in self.queued:
            self.queued.add(request.target)
            self.queue.append(request)

    def read(self, request: Request) -> None:
        response = self.client.send(request)
        operation = self.operation("GET", unquote(request.path))
        self.found.pages.append((operation, request, response))
        if response.status < 300 and request.target not in self.made and operation.names:
            self.ids.shown(operation, operation.match(unquote(request.path)) or {})
        location = response.header("location")
        if 300 <= response.status < 400 and location:
            self.follow(
                Offer(links=(_absolute(self.client.origin + request.target, location),), forms=()), request.target
            )
        elif response.is_html:
            self.follow(offer(response.text, self.client.origin + request.target), request.target)

    def follow(self, offered: Offer, page: str) -> None:
        for link in offered.links:
            path = self.own_path(link)
            if path is None:
                continue
            operation = self.learn("GET", path, _query(link))
            if ends_session(path):
                continue
            split = urlsplit(link)
            shape = (operation.path, *sorted({name for name, _ in parse_qsl(split.query, keep_blank_values=True)}))
            target = (split.path or "/") + ("?" + split.query if split.query else "")
            if _strange(split.query):
                continue  # learnt, but not followed: what it asks for is no page
            route, most = (operation.path, "*"), BELOW
            if not operation.names:
                route, most = (DIGITS.sub("0", operation.path), "#"), NUMBERED
            if target not in self.queued and self.shapes[shape] < ALIKE and self.shapes[route] < most:
                self.shapes[shape] += 1
                self.shapes[route] += 1
                self.enqueue(Request(target=_ascii(target)))
        for form in offered.forms:
            self.fill(form, page)

    def fill(self, form: Form, page: str) -> None:
        path = self.own_path(form.action)
        if path is None:
            return
        extra = _query(form.action) if form.method == "POST" else []
        operation = self.learn(form.method, path, [*form.fields, *extra], form=form)
        if form.has_password:
            self.found.logins.setdefault(str(operation), page)
        if tokens(operation):
            self.found.forms[str(operation)] = page
        if form.method == "GET" and not ends_session(path):
            # Hidden fields may be new with each page: a token that is masked, a number that is counted.
            shape = ("form", operation.path, *sorted(field.name for field in form.fields))
            request = build.request(operation)
            if request.target not in self.queued and self.shapes[shape] < ALIKE:
                self.shapes[shape] += 1
                self.enqueue(request)

    def own_path(self, link: str) -> str | None:
        """The decoded path, if the link stays at this origin."""
        split = urlsplit(link)
        if f"{split.scheme}://{split.netloc}".lower() != self.client.origin.lower():
            return None
        path = unquote(split.path) or "/"
        return path if path.startswith(self.client.scope) else None

    def operation(self, method: str, path: str) -> Operation:
        known = self.found.surface.find(method, path)
        return known[0] if known else self.learn(method, path, ())

    def learn(self, method: str, path: str, given: Iterable[Parameter], form: Form | None = None) -> Operation:
        """Add what a link or a form shows to the operation that it leads to."""
        parameters = tuple(given)
        known = self.found.surface.find(method, path)
        template, values = (known[0].path, known[1]) if known else (_literal(path), {})
        examples = [Parameter(name=name, place="path", example=value, required=True) for name, value in values.items()]
        shown = Operation(
            method=method,
            path=template,
            parameters=(*examples, *parameters),
            body=form.media if form else "",
            source="form" if form else "crawl",
            together=_together(parameters if form is None or method == "GET" else ()),
        )
        # What a page shows is fresher than what was known: its values come from the application itself.
        merged = replace(shown.union(known[0]), source=known[0].source) if known else shown
        if known is None or merged != known[0]:
            self.found.surface = _put(self.found.surface, merged, known[0] if known else None)
        return merged


def endless(pages: Sequence[tuple[Operation, Request, Response]]) -> str:
    """The redirects that the first page leads into without ever arriving, in words; empty if it arrives."""
    led = {}
    for _, request, response in pages:
        location = response.header("location")
        if 300 <= response.status < 400 and location:
            split = urlsplit(_absolute("//here" + request.target, location))
            led[request.target] = (split.path or "/") + ("?" + split.query if split.query else "")
        else:
            led[request.target] = ""
    at, seen = (pages[0][1].target if pages else ""), dict[str, None]()
    while led.get(at):
        seen[at] = None
        at = led[at]
        if at in seen or len(seen) > HOPS:
            return " -> ".join([*list(seen)[:4], at])
    # One that changes with each step is not followed for ever: there are only so many of one shape.
    return " -> ".join([*list(seen)[:4], "..."]) if at and at not in led and len(seen) >= ALIKE else ""


def _together(parameters: Iterable[Parameter]) -> tuple[frozenset[str], ...]:
    names = frozenset(p.name for p in parameters if p.place == "query")
    return (names,) if names else ()


def _put(surface: Surface, merged: Operation, known: Operation | None) -> Surface:
    if known is None:
        return surface.add([merged])
    places = [merged if operation is known else operation for operation in surface.operations]
    return replace(surface, operations=tuple(places))


STRANGE = re.compile(r"[<>\"'`;|{}\\$]|\.\./|\d{6,}|\w\(|^\w+://|%[0-9a-fA-F]{2}", re.DOTALL)
"""What is in the query of a link that shows how to attack the page, and hardly in one that leads on."""


def _strange(query: str) -> bool:
    """Whether a link asks for what may hurt the application: it would be somebody else's attack that is sent."""
    return any(STRANGE.search(value) for _, value in parse_qsl(query, keep_blank_values=True))


def _query(link: str) -> list[Parameter]:
    given = parse_qsl(urlsplit(link).query, keep_blank_values=True)
    return [Parameter(name=n, place="query", example="" if STRANGE.search(v) else v) for n, v in given]


def _absolute(base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError:  # such as an unclosed bracket in the host
        return ""


def _literal(path: str) -> str:
    """A concrete path as a template: braces cannot stand in one."""
    return path.replace("{", "%7B").replace("}", "%7D")


def _ascii(target: str) -> str:
    return quote(target, safe="%/?&=:@!$'()*+,;~-._[]|")
