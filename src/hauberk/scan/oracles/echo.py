"""Computed echo: the answer holds a product that was asked for, and that the request does not spell out."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hauberk.scan.lab import Lab, number
from hauberk.scan.trial import Shot

Ask = Callable[[int, int], str]
"""A value that makes its interpreter multiply."""


def computed(lab: Lab, asks: Iterable[Ask]) -> tuple[Shot, str] | None:
    """The first that is computed, twice with different numbers, and what it asked for."""
    for ask in asks:
        shot, product = _ask(lab, ask)
        if shot is None:
            continue
        again, _ = _ask(lab, ask)
        if again is not None:
            return again, product
    return None


def _ask(lab: Lab, ask: Ask) -> tuple[Shot | None, str]:
    a, b = number(), number()
    product, value = str(a * b), ask(a, b)
    shot = lab.fire(value)
    seen = product in shot.response.text.replace(",", "") and product not in lab.control.response.text
    return (shot if seen else None), f"{a} * {b} = {product}"
