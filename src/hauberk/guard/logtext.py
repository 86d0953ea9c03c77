"""Does an input end a line of a log, or steer the terminal that shows it? And how it is written instead (CWE-117)."""

from __future__ import annotations

import re
from collections.abc import Iterable

CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Line breaks, terminal controls (ECMA-48), and what reverses the direction of a text; a tab may stay."""


def carriers(message: str, values: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The inputs that brought control characters into the message: value to name, the longest first."""
    found = {value: name for name, value in values if CONTROL.search(value) and value in message}
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def written(message: str, values: Iterable[str]) -> str:
    """The message with the controls of these values written out, as `\\n` or `\\x1b`; those of its own stay."""
    for value in values:
        message = message.replace(value, CONTROL.sub(_escape, value))
    return message


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")
