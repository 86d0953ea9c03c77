"""An event as a line for a terminal; what an attacker wrote cannot act on it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hauberk.events.kinds import kind

SHOWN = ("client", "method", "path", "input", "target", "file", "line", "reason", "why", "rate", "limit", "account")


def line(event: Mapping[str, Any]) -> str:
    """Time, severity, what it is, and its members; controls are escaped as in JSON."""
    what = kind(event)
    members = " ".join(f"{name}={_value(event[name])}" for name in SHOWN if event.get(name) not in (None, ""))
    at = event.get("at")
    when = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds") if isinstance(at, int | float) else "?"
    return f"{when} {what.severity:<8} {_value(event['event'])} {members}".rstrip()


def _value(value: object) -> str:
    text = str(value)
    plain = text.isascii() and text.isprintable() and " " not in text and '"' not in text
    return text if plain else json.dumps(text)
