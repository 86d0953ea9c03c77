"""Two values that are answered differently every time, in an order that nobody can guess.

What depends on the moment (a rate limit, a rotation, chance) does not keep to a shuffled order.
"""

from __future__ import annotations

import secrets

from hauberk.scan.lab import Lab, normal
from hauberk.scan.trial import Shot

OVERRUN = frozenset({429, 503, 504})
"""Answers that say nothing of the value."""
ROUNDS = 3


def differs(lab: Lab, one: str, other: str) -> tuple[Shot, Shot] | None:
    """The last answers to two templates, if either is answered alike each time, and not as the other is."""
    first, second = lab.fire(one), lab.fire(other)
    if normal(first) == normal(second) or {first.response.status, second.response.status} & OVERRUN:
        return None
    kept = {one: first, other: second}
    order = [one, other] * (ROUNDS - 1)
    secrets.SystemRandom().shuffle(order)
    for template in order:
        again = lab.fire(template)
        if normal(again) != normal(kept[template]):
            return None
        kept[template] = again
    return kept[one], kept[other]
