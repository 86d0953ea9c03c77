"""What the pages of one person lead to, and nobody else's: ids of records that are his, told by links alone."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from hauberk.scan.access import MAKES, SUCCESS, World
from hauberk.scan.care import destroys, ends_session
from hauberk.scan.html import offer
from hauberk.scan.identities import NOBODY
from hauberk.scan.messages import Request, own_target
from hauberk.scan.surface import DIGITS

FOLLOWED = 20
"""Links of these pages that are followed, to the links behind them."""


LOOKED = 60
"""Pages that are read, link by link, to see whether something is shown to somebody."""
ALIKE = 5
"""And of those whose paths differ in numbers alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Led:
    """Where links lead."""

    ids: dict[str, list[str]] = field(default_factory=dict)
    """Values of path parameters, by their names."""
    targets: list[str] = field(default_factory=list)
    """Addresses of which no route is known, so that what in them is an id is not either."""

    def without(self, other: Led) -> Led:
        """What the other does not lead to."""
        ids = {name: [v for v in values if v not in other.ids.get(name, ())] for name, values in self.ids.items()}
        return Led(ids=ids, targets=[target for target in self.targets if target not in other.targets])


def alone(world: World, name: str, other: str) -> Led:
    """What this person's pages lead to, and neither the other's nor nobody's; read anew."""
    return led(world, name).without(led(world, other)).without(led(world, NOBODY))


def led(world: World, name: str) -> Led:
    """Where the pages of a person lead, and the pages behind their links."""
    found = Led()
    seen = {request.target for request, _ in world.read[name].values()}
    ahead = [(o, request) for o, (request, answer) in world.read[name].items() if answer.is_html]
    pages = [request for o, request in ahead if not MAKES.search(o)]
    for target in [t for page in pages for t in _links(world, name, page, found)]:
        if target not in seen and len(seen) < len(world.read[name]) + FOLLOWED:
            seen.add(target)
            list(_links(world, name, Request(target=target), found))
    return found


def shown(world: World, name: str, words: Collection[str]) -> bool:
    """Whether a page that this person is led to by links holds one of these words: then he is meant to see it.

    A topic of a forum is in no list without an id in its address; it is in that of its board, which a link leads to.
    """
    if name not in world.linked:
        world.linked[name] = list(_read_by_links(world, name))
    return any(word in text for text in world.linked[name] for word in words)


def _read_by_links(world: World, name: str) -> Iterator[str]:
    """The pages that links lead this person to, nearest first, as they are by now."""
    begin = [request for request, answer in world.read[name].values() if answer.is_html]
    queue = deque(request for request in begin if not MAKES.search(request.path))
    queued, shapes = {request.target for request in queue}, Counter[str]()
    for _ in range(len(queue) + LOOKED):
        if not queue:
            return
        page = queue.popleft()
        answer = world.people[name].send(page)
        if not answer.is_html or answer.status >= SUCCESS:
            continue
        yield answer.text
        for link in offer(answer.text, world.origin + page.target).links:
            target, path = own_target(world.origin, page.target, link), unquote(urlsplit(link).path)
            spared = ends_session(path) or destroys("GET", path) or MAKES.search(path) is not None
            if not target or target in queued or spared or shapes[DIGITS.sub("0", target)] >= ALIKE:
                continue
            shapes[DIGITS.sub("0", target)] += 1
            queued.add(target)
            queue.append(Request(target=target))


def _links(world: World, name: str, page: Request, found: Led) -> Iterator[str]:
    """The addresses here that a page leads to; what they say is noted."""
    answer = world.people[name].send(page)
    if not answer.is_html or answer.status >= SUCCESS:
        return
    here = offer(answer.text, world.origin + page.target)
    for link in (*here.links, *(form.action for form in here.forms if form.method == "POST")):
        parts = urlsplit(link)
        path = unquote(parts.path) or "/"
        if f"{parts.scheme}://{parts.netloc}" != world.origin or ends_session(path):
            continue
        hits = [hit for method in ("GET", "POST") if (hit := world.surface.find(method, path)) is not None]
        for operation, values in hits:
            for parameter, value in values.items():
                if value not in found.ids.setdefault(parameter, []):
                    found.ids[parameter].append(value)
            if operation.names:
                break
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        followed = link in here.links and not destroys("GET", path) and not MAKES.search(path)
        if followed and not hits and target not in found.targets:
            found.targets.append(target)
        if followed:
            yield target
