"""DOM-based cross-site scripting: a value that a link, another site or a store controls is run by the page's scripts.

Marked values go in everywhere first. Where one reaches a sink, or the page, payloads follow, one source at a time; that
the binding is called, in the application's own origin, is the proof. Each is made twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

from hauberk.core.finding import Place
from hauberk.core.progress import Progress
from hauberk.scan.browser.explore import Front, scripts, template
from hauberk.scan.browser.payloads import Kind, fitting, fresh, messages, value
from hauberk.scan.browser.stage import Call, Stage, Sunk, Visit, file
from hauberk.scan.trial import canary

USUAL = (
    "q query search term s keyword name user id page view tab lang msg message error text title content html body "
    "data value input param default next url uri redirect redirect_uri return returnUrl return_to to goto continue "
    "dest target path link src callback cb template theme file ref"
).split()
"""Names that are tried where nothing says which a page reads."""
NAMES = 120
READ = re.compile(
    r"""\.get(?:All)?\(\s*["'`]([\w-]{1,30})["'`]\s*\)|quer(?:y|yParams|yParamMap)\??\.(\w{1,30})\b|[?&]([\w-]{1,30})=["'`]"""
)
LISTED = re.compile(r"queryParams\s*[:=]\s*\[([^\]]{1,300})\]")
SAFE = "():/;,-_.!*'$~"
"""What stays as it is in a query: a page that decodes nothing must see the payload all the same."""
ALIKE = 10
"""Names that may be of account on one page."""
PAGES = 60
"""Pages that are attacked, one of each route."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a value goes in."""

    page: str
    """The address without it."""
    kind: str
    """query, fragment, path, name, message, referrer, storage."""
    name: str = ""

    @property
    def place(self) -> Place | None:
        """As a location names it; None for what is no part of a request."""
        places: dict[str, Place] = {"query": "query", "fragment": "fragment", "path": "path", "referrer": "header"}
        return places.get(self.kind)

    @property
    def parameter(self) -> str:
        """As a location names it."""
        names = {"name": "window.name", "message": "postMessage", "referrer": "referer"}
        return names.get(self.kind, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """A payload that ran, or that led away."""

    source: Source
    kind: Kind
    url: str
    payload: str
    control: str
    call: Call | None = None
    led_to: str = ""
    sunk: tuple[Sunk, ...] = ()
    body: str = ""
    """What the server answered to the page's own request: what is in there was not made by a script."""


@dataclass(slots=True)
class Found:
    """Filled while the attack goes on, so that what was proved stays when the scan is stopped."""

    proved: list[Proved] = field(default_factory=list)
    tried: int = 0
    """Sources that a payload was sent to."""
    probed: int = 0
    """Sources that a marked value was sent to."""


def attack(stage: Stage, front: Front, found: Found, progress: Progress) -> None:
    """Every page that was seen, one of each route."""
    todo: dict[str, tuple[str, dict[str, Any]]] = {}
    for url, visit in front.pages.items():
        there = str(visit.state.get("url") or url)
        todo.setdefault(template(there), (there, visit.state))
    for done, (url, state) in enumerate(list(todo.values())[:PAGES]):
        progress("attacking with a browser", done, min(len(todo), PAGES))
        _Page(stage, front, found, url, state).run()


class _Page:
    """The sources of one page."""

    def __init__(self, stage: Stage, front: Front, found: Found, url: str, state: dict[str, Any]) -> None:
        self.stage, self.front, self.found = stage, front, found
        self.url = url.partition("#")[0] if not is_route(urlsplit(url).fragment) else url
        self.state = dict(state)

    def run(self) -> None:
        for source, sinks in self.probe():
            self.prove(source, fitting(sinks, templates=bool(self.state.get("templates"))))
        if self.state.get("messages") or "name" in self.reads:
            self.lure(named="name" in self.reads)

    @property
    def reads(self) -> list[str]:
        """What the page's scripts looked at beside its address."""
        return [str(name) for name in self.state.get("reads") or ()]

    # --- marked values ---------------------------------------------------------------------------------------------

    def probe(self) -> Iterator[tuple[Source, list[str]]]:
        """The sources whose marked value reached something, each with the sinks."""
        names = list(dict.fromkeys([*self.asked(), *self.front.names, *read_in(self.stage), *USUAL]))[:NAMES]
        whole = Source(page=self.url, kind="fragment")
        routed = is_route(urlsplit(self.url).fragment)
        first = [Source(page=self.url, kind="query", name=name) for name in names]
        reached = dict(self.mark(first if routed else [*first, whole]))
        yield from few(reached)
        asked = {str(name) for name in self.state.get("query") or ()}
        picky = [source for source in first if source.name in asked and source not in reached]
        if picky:  # what is read and got nowhere may be wanted to look like an address
            yield from self.mark(picky, shape=f"https://{{}}.{self.stage.attacker}/")
        if not routed and whole not in reached and not any("#" in route for route in self.front.routes):
            yield from few(dict(self.mark([Source(page=self.url, kind="fragment", name=name) for name in names])))
        for source in self.parts():
            yield from self.mark([source])
        if "referrer" in self.reads:
            yield from self.mark([Source(page=self.url, kind="referrer")])
        stored = [Source(page=self.url, kind="storage", name=str(key)) for key in self.state.get("storage") or ()]
        if stored:
            yield from self.mark(stored[:20])

    def mark(self, group: list[Source], shape: str = "{}") -> Iterator[tuple[Source, list[str]]]:
        """Send one marked value for each; where one leads away, the rest is asked once more without it."""
        self.found.probed += len(group)
        for _ in range(4):
            words = {source: canary() for source in group}
            visit = self.send({source: shape.format(word) for source, word in words.items()}, probing=True)
            self.note(visit.state)
            left = []
            for source, word in words.items():
                sinks = [sunk.sink for sunk in visit.sunk if word in sunk.value]
                if any(word in address for address in visit.went[1:] if not is_same(address, visit.url)):
                    yield source, ["navigation", *sinks]
                elif sinks or word in str(visit.state.get("html")):
                    yield source, sinks
                else:
                    left.append(source)
            if not left or len(visit.went) <= 1 or len(left) == len(group):
                return
            group = left

    def asked(self) -> list[str]:
        """The names that the address has already."""
        split = urlsplit(self.url)
        query = split.query + "&" + (split.fragment.partition("?")[2] if is_route(split.fragment) else "")
        return [name for name, _ in parse_qsl(query, keep_blank_values=True)]

    def parts(self) -> Iterator[Source]:
        """The parts of the path, or of the route, that look like values; and the last one."""
        split = urlsplit(self.url)
        route = split.fragment.partition("?")[0].lstrip("!") if is_route(split.fragment) else split.path
        parts = route.strip("/").split("/") if route.strip("/") else []
        for at, part in enumerate(parts):
            if re.search(r"\d", part) or (at == len(parts) - 1 and at > 0):
                yield Source(page=self.url, kind="path", name=str(at))

    # --- payloads --------------------------------------------------------------------------------------------------

    def prove(self, source: Source, kinds: Iterable[Kind]) -> None:
        """Try payloads until one is proved."""
        self.found.tried += 1
        for kind in kinds:
            proved = self.try_once(source, kind)
            if proved is not None and (again := self.try_once(source, kind)) is not None:
                self.found.proved.append(again)
                return

    def try_once(self, source: Source, kind: Kind) -> Proved | None:
        """One payload at one source, and what it did."""
        number = fresh()
        text = value(kind, self.stage.name, number, self.stage.attacker)
        heard = len(self.stage.gate.heard.exchanges)
        visit = self.send({source: text}, probing=False)
        call = next((c for c in visit.calls if c.id == number and self.stage.is_own(c.origin)), None)
        away = "" if call else next((a for a in visit.went if number in (urlsplit(a).hostname or "")), "")
        if call is None and not away:
            return None
        documents = [r.text for q, r in self.stage.gate.heard.exchanges[heard:] if r.is_html]
        return Proved(
            source=source,
            kind=kind,
            url=visit.url,
            payload=text,
            control=with_values({source: canary()}) if source.place in {"query", "fragment", "path"} else source.page,
            call=call,
            led_to=away,
            sunk=tuple(s for s in visit.sunk if number in s.value),
            body="\n".join(documents),
        )

    def send(self, values: dict[Source, str], *, probing: bool) -> Visit:
        """Open the page with these values, all of one kind of source, and use what holds one of them."""
        source, text = next(iter(values.items()))
        if source.kind == "storage":
            return self.stored({source.name: text for source, text in values.items()}, probing=probing)
        if source.kind == "referrer":
            referrer = f"http://{self.stage.attacker}/?{quote(text, safe=SAFE)}"
            return self.stage.visit(
                source.page, referrer=referrer, probing=probing, then=None if probing else self.poke
            )
        return self.stage.visit(with_values(values), probing=probing, then=self.poke)

    def note(self, state: dict[str, Any]) -> None:
        """What a page reads may show at another visit only: it comes late, or where a value leads."""
        for name in ("reads", "messages", "storage", "query"):
            known = list(self.state.get(name) or ())
            self.state[name] = list(dict.fromkeys([*known, *(state.get(name) or ())]))

    def poke(self, page: Any) -> None:
        """Use what holds a payload: a link that is a script runs when it is clicked."""
        page.evaluate(file("poke.js"), self.stage.name)

    def stored(self, values: dict[str, str], *, probing: bool) -> Visit:
        """With values in the stores; what was there comes back afterwards."""

        def put(page: Any) -> None:
            was = page.evaluate(file("store.js"), values)
            page.reload(wait_until="domcontentloaded")
            self.stage.settle(page)
            if probing:
                self.stage.remember(page)
            else:
                self.poke(page)
                self.stage.settle(page)
            page.evaluate(file("store.js"), was)

        return self.stage.visit(self.url, probing=probing, then=put)

    def lure(self, *, named: bool) -> None:
        """A foreign site opens the page, gives its window a name, and sends it messages."""
        listeners = [str(code) for code in self.state.get("messages") or ()]
        name, message = canary(), canary()
        marked = [one for listener in listeners for one in messages(listener, message)]
        visit = self.stage.lure(self.url, [name if named else "w"], marked, probing=True)
        self.found.probed += named + bool(listeners)
        seen = str(visit.state.get("html")) + "".join((*visit.went[1:], *(sunk.value for sunk in visit.sunk)))
        named, listeners = named and name in seen, listeners if message in seen else []
        if not named and not listeners:
            return
        asked = {kind for kind, is_there in (("name", named), ("message", bool(listeners))) if is_there}
        sinks = [sunk.sink for sunk in visit.sunk if name in sunk.value or message in sunk.value]
        away = any(name in address or message in address for address in visit.went[1:])
        kinds = fitting([*sinks, *(["navigation"] if away else [])], templates=bool(self.state.get("templates")))
        for kind in kinds:
            first = self._lured((kind,), listeners, named=named)
            if not first:
                continue
            again = {proved.source for proved in self._lured((kind,), listeners, named=named)}
            self.found.proved += [proved for proved in first if proved.source in again]
            if {proved.source.kind for proved in first} >= asked:
                return

    def _lured(self, kinds: tuple[Kind, ...], listeners: list[str], *, named: bool) -> list[Proved]:
        numbers: dict[str, tuple[str, Kind, str]] = {}
        windows: list[str] = []
        sent: list[Any] = []
        for kind in kinds:
            if named:
                number = fresh()
                windows.append(value(kind, self.stage.name, number, self.stage.attacker))
                numbers[number] = "name", kind, windows[-1]
            for listener in listeners:
                number = fresh()
                text = value(kind, self.stage.name, number, self.stage.attacker)
                numbers[number] = "message", kind, text
                sent += messages(listener, text)
        self.found.tried += bool(windows) + bool(sent)
        visit = self.stage.lure(self.url, windows or ["w"], sent)
        found: dict[str, Proved] = {}
        for number, (kind_of_source, kind, text) in numbers.items():
            call = next((c for c in visit.calls if c.id == number and self.stage.is_own(c.origin)), None)
            away = "" if call else next((a for a in visit.went if number in (urlsplit(a).hostname or "")), "")
            if (call or away) and (kind_of_source not in found or (call and not found[kind_of_source].call)):
                found[kind_of_source] = Proved(
                    source=Source(page=self.url, kind=kind_of_source),
                    kind=kind,
                    url=self.url,
                    payload=text,
                    control=self.url,
                    call=call,
                    led_to=away,
                    sunk=tuple(s for s in visit.sunk if number in s.value),
                )
        return list(found.values())


def is_route(fragment: str) -> bool:
    """Whether a fragment is the address of a view, as hash routers write it."""
    return fragment.lstrip("!").startswith("/")


def few(reached: dict[Source, list[str]]) -> list[tuple[Source, list[str]]]:
    """Where nearly every name reaches a sink, it is the whole that is written: one of them stands for all."""
    return list(reached.items())[: 1 if len(reached) > ALIKE else None]


def is_same(address: str, other: str) -> bool:
    """Whether two addresses are of one page: a router may rewrite what comes after its path."""
    one, two = urlsplit(address), urlsplit(other)
    return (one.netloc, one.path) == (two.netloc, two.path)


def with_values(values: dict[Source, str]) -> str:
    """The page's address with these values in it."""
    page = next(iter(values)).page
    split = urlsplit(page)
    routed = is_route(split.fragment)
    path, query, fragment = split.path, split.query, split.fragment
    asked = {s.name: text for s, text in values.items() if s.kind == "query"}
    named = {s.name: text for s, text in values.items() if s.kind == "fragment" and s.name}
    whole = next((text for s, text in values.items() if s.kind == "fragment" and not s.name), None)
    part = next(((int(s.name), text) for s, text in values.items() if s.kind == "path"), None)
    if routed:
        route, _, inner = fragment.partition("?")
        fragment = (_replaced(route, part) if part else route) + _asked(inner, asked)
    else:
        path = _replaced(path, part) if part else path
        query = _asked(query, asked)[1:]
        if named:
            fragment = _asked("", named)[1:]
        if whole is not None:
            fragment = whole
    return urlunsplit((split.scheme, split.netloc, path, query, fragment))


def _asked(query: str, values: dict[str, str]) -> str:
    pairs = {**dict(parse_qsl(query, keep_blank_values=True)), **values}
    return "?" + "&".join(f"{quote(n, safe='')}={quote(v, safe=SAFE)}" for n, v in pairs.items()) if pairs else ""


def _replaced(route: str, part: tuple[int, str] | None) -> str:
    lead = route[: len(route) - len(route.lstrip("!/"))]
    parts = route[len(lead) :].split("/")
    if part is not None and part[0] < len(parts):
        parts[part[0]] = quote(part[1], safe="")
    return lead + "/".join(parts)


def read_in(stage: Stage) -> list[str]:
    """Names of query parameters that stand in scripts, those of the smaller ones first: they are the application's."""
    found: dict[str, None] = {}
    for response in sorted(scripts(stage), key=lambda r: len(r.body)):
        text = response.text
        for groups in READ.findall(text):
            found.update(dict.fromkeys(name for name in groups if name))
        for listed in LISTED.findall(text):
            found.update(dict.fromkeys(re.findall(r"""["'`](\w{1,30})["'`]""", listed)))
        if len(found) >= NAMES // 2:
            break
    return list(found)[: NAMES // 2]
