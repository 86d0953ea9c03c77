"""Text from strangers, made safe to look at: what cannot be seen is written out, what is endless is cut."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# Control characters drive terminals (ESC, CSI) and hide lines (CR); bidirectional and zero-width ones make text lie
# about its order or sameness (Unicode TR 36); a lone surrogate cannot be encoded at all.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb]"
)
_UNSEEN_BUT_LINES = re.compile(_UNSEEN.pattern.replace("\x00-\x1f", "\x00-\x08\x0b-\x1f"))


def _shown(match: re.Match[str]) -> str:
    code = ord(match[0])
    return {9: "\\t", 10: "\\n", 13: "\\r"}.get(code, f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")


def line(text: str) -> str:
    """One visible line: each character that cannot be seen stands as its escape."""
    return _UNSEEN.sub(_shown, text)


def block(text: str) -> str:
    """Several visible lines: like `line`, but tab and line feed stay."""
    return _UNSEEN_BUT_LINES.sub(_shown, text.replace("\r\n", "\n"))


def words(text: str) -> str:
    """Prose as one line: its own line breaks become spaces."""
    return line(" ".join(text.split()))


def clip(text: str, limit: int) -> str:
    """At most `limit` characters, and it says so when some were cut."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def clip_block(text: str, limit: int) -> str:
    """At most about `limit` characters of a block, and how many were cut."""
    return text if len(text) <= limit else f"{text[:limit]}\n… {len(text) - limit} more characters"


def spoken(name: str) -> str:
    """The name of a JSON member as a label: `fixed_in` is `Fixed in`."""
    return words(name.replace("_", " ").replace("-", " ")).capitalize()


def value_text(value: Any) -> str:
    """An evidence value as a person would write it; a request or an answer as it looks on the wire."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and ("headers" in value or "body" in value or "method" in value or "status" in value):
        return _message(value)
    if isinstance(value, list | tuple) and all(isinstance(item, str | int | float) for item in value):
        return ", ".join(map(str, value))
    return value_text_json(value)


def value_text_json(value: Any) -> str:
    """Any JSON value, indented; what is none is written as its text."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def _message(value: Mapping[str, Any]) -> str:
    """An HTTP request or answer, and whatever else was recorded with it."""
    rest = dict(value)
    method, target = (
        rest.pop("method", None),
        rest.pop("url", None) or rest.pop("path", None) or rest.pop("target", None),
    )
    status = rest.pop("status", None)
    first = f"{method or 'GET'} {target or '/'}" if method or target else ""
    lines = [first] if first else []
    if status is not None:
        lines.append(f"HTTP {status}")
    lines += [f"{name}: {text}" for name, text in header_pairs(rest.pop("headers", None))]
    body = rest.pop("body", None)
    lines += [f"{spoken(name)}: {value_text(text)}" for name, text in rest.items() if text not in (None, "", [], {})]
    if body:
        lines += ["", value_text(body)]
    return "\n".join(lines)


def header_pairs(headers: Any) -> list[tuple[str, str]]:
    """Header fields from any form in which a finding may carry them: a mapping, or a list of pairs."""
    if isinstance(headers, Mapping):
        return [(str(name), str(value)) for name, value in headers.items()]
    if isinstance(headers, list | tuple):
        return [(str(p[0]), str(p[1])) for p in headers if isinstance(p, list | tuple) and len(p) == 2]
    return []
