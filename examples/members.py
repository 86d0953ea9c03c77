"""JSON that a program sends, for frameworks that read it and do not judge it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from examples.refused import Refused


@dataclass(frozen=True, slots=True)
class Members:
    """The members of an object, each a text."""

    all: dict[str, Any]

    @classmethod
    def of(cls, body: bytes) -> Members:
        """What was sent. Raises Refused for anything but an object."""
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            raise Refused(400, "This is no JSON.") from None
        if not isinstance(found, dict):
            raise Refused(422, "This is no object.")
        return cls(found)

    def text(self, name: str, default: str | None = None) -> str:
        """One of them. Raises Refused where it is missing, and for what is no text."""
        value = self.all.get(name, default)
        if not isinstance(value, str):
            raise Refused(422, f"{name} is missing, or no text.")
        return value
