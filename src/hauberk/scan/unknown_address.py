"""What is answered where nothing is: a page that repeats the address may be made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from hauberk.scan.attack import Attacker, points
from hauberk.scan.surface import Operation, Parameter, Surface
from hauberk.scan.sweep import UNKNOWN, template
from hauberk.scan.trial import PLAIN, Shot

MOST = 2
"""Folders beside the root that are asked: an application that is mounted there has a page of its own."""
BELOW = 3
"""Operations that make a folder one."""


def attack(attacker: Attacker, surface: Surface) -> Surface:
    """Ask for an address that is not there, and attack path and query where they come back; the surface with it, then.

    One request at the root and one in each of a few folders, as long as nothing comes back.
    """
    senses = attacker.client.transport.senses
    for operation in addresses(surface):
        found = list(points(operation))
        probes = [(point, template(point) if senses else PLAIN) for point in found]
        shots = attacker.volley(probes)
        hot = [(point, probe, shot) for (point, probe), shot in zip(probes, shots, strict=True) if _shows(shot)]
        for point, probe, shot in hot:
            if senses:
                attacker.pursue(point, probe, shot)
            else:
                attacker.attack(point)
        if hot:
            return surface.add([operation])
    return surface


def addresses(surface: Surface) -> Iterator[Operation]:
    """Operations at which nothing is known to be; their paths' parameter is the name of what is not there."""
    for folder in ("", *_folders(surface.operations)):
        if surface.find("GET", f"{folder}/{UNKNOWN}") is None:
            yield Operation(
                method="GET",
                path=folder + "/{unknown}",
                parameters=(
                    Parameter(name="unknown", place="path", required=True),
                    Parameter(name=UNKNOWN, place="query", required=True),
                ),
                source="crawl",
            )


def _folders(operations: Sequence[Operation]) -> list[str]:
    below = Counter(o.path.split("/")[1] for o in operations if o.path.count("/") > 1)
    return ["/" + name for name, count in below.most_common(MOST) if count >= BELOW and name and "{" not in name]


def _shows(shot: Shot) -> bool:
    """Whether it comes back, or something in the application read it, or failed of it."""
    response = shot.response
    read = any(shot.canary in text.lower() for event in response.events for text in (event.text, *event.argv))
    return shot.canary in response.low or read or any(shot.canary in value.lower() for _, value in response.headers)
