"""Boolean answers: what is true goes one way, what is false another, and again with other numbers.

A page that changes by itself proves nothing, so both answers have to come twice, the second time in the other order.
"""

from __future__ import annotations

from collections.abc import Callable

from hauberk.scan.lab import Lab, normal, number
from hauberk.scan.trial import Shot

Claim = Callable[[int, int], str]
"""A value that says that two numbers are equal, in the grammar to be proved."""


def follows(lab: Lab, claim: Claim) -> tuple[Shot, Shot] | None:
    """The answers to a true claim and to a false one, if the application tells them apart every time."""
    a, b, c, d = (number() for _ in range(4))
    true = lab.fire(claim(a, a))
    false = lab.fire(claim(a, a + 1))
    if normal(true) == normal(false) or _refused(true):
        return None
    false_again, true_again = lab.fire(claim(b, b + 3)), lab.fire(claim(c, c))
    if normal(true) != normal(true_again) or normal(false) != normal(false_again):
        return None
    return (true, false) if normal(lab.fire(claim(d, d))) == normal(true) else None


def framed(frame: str, known: str) -> Claim:
    """A claim from a text with `{k}` for a known value and `{a}`, `{b}` for the numbers."""
    return lambda a, b: frame.replace("{k}", known).replace("{a}", str(a)).replace("{b}", str(b))


def _refused(shot: Shot) -> bool:
    """Whether even what is true does not get through: then it is no grammar that is answering."""
    return shot.response.status >= 500 or shot.response.status in {400, 403, 405, 406, 413, 414, 422, 429}
