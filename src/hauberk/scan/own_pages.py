"""What the pages of one person lead to, and nobody else's: ids of records that are his, told by links alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from hauberk.scan.access import MAKES, SUCCESS, World
from hauberk.scan.care import destroys, ends_session
from hauberk.scan.html import offer
from hauberk.scan.identities import NOBODY
from hauberk.scan.messages import Request

FOLLOWED = 20
"""Links of these pages that are followed, to the links behind them."""


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
