"""Positions in a log: numbers that grow, written as text."""

from __future__ import annotations


def number(position: str) -> int:
    """The number that a position stands for; 0, the beginning, for anything that is none."""
    if not (position.isascii() and position.isdecimal() and len(position) < 20):
        return 0
    value = int(position)
    return value if value < 1 << 63 else 0
