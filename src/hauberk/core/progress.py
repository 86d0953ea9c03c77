"""How long work says how far it is, without knowing who looks."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called as `progress("scanning", 12, 80)`: what, how many are done, of how many (0: unknown)."""

    def __call__(self, label: str, done: int, total: int, /) -> None:
        """Say how far it is."""


def silent(label: str, done: int, total: int, /) -> None:
    """For callers that show nothing."""
