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
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return _message(value) if _IS_MESSAGE & value.keys() else _members(value)
    if isinstance(value, list | tuple):
        if all(isinstance(item, str | int | float) for item in value):
            return ", ".join(map(str, value))
        return "\n".join(" · ".join(filter(None, map(value_text, _values(item)))) for item in value)
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


_IS_MESSAGE = frozenset({"headers", "method", "status"})
_NOTHING: tuple[Any, ...] = (None, "", [], {}, ())


def _values(item: Any) -> list[Any]:
    return [v for v in item.values() if v not in _NOTHING] if isinstance(item, Mapping) else [item]


def _members(value: Mapping[str, Any]) -> str:
    """One member a line; a call at a sink begins with what was called and what it was given."""
    rest = dict(value)
    first = [str(rest.pop(name)) for name in ("target", "text") if isinstance(rest.get(name), str) and rest[name]]
    return "\n".join([*first, *_named(rest)])


def _named(rest: Mapping[str, Any]) -> list[str]:
    said = []
    for name, value in rest.items():
        if value not in _NOTHING:
            shown = value_text(value)
            said.append(f"{spoken(name)}:\n{shown}" if "\n" in shown else f"{spoken(name)}: {shown}")
    return said


def _message(value: Mapping[str, Any]) -> str:
    """An HTTP request or answer, then whatever else was recorded with it."""
    rest = dict(value)
    method = rest.pop("method", None)
    address = [rest.pop(name, None) for name in ("url", "path", "target") if method]
    target = next((str(one) for one in address if one), "/")
    status = rest.pop("status", None)
    lines = [f"{method} {target}"] if method else []
    lines += [f"HTTP {status}"] if status is not None else []
    lines += [f"{name}: {text}" for name, text in header_pairs(rest.pop("headers", None))]
    body = rest.pop("body", None)
    lines += ["", value_text(body)] if body else []
    more = _named(rest)
    return "\n".join([*lines, *([""] if more else []), *more])


def header_pairs(headers: Any) -> list[tuple[str, str]]:
    """Header fields from any form in which a finding may carry them: a mapping, or a list of pairs."""
    if isinstance(headers, Mapping):
        return [(str(name), str(value)) for name, value in headers.items()]
    if isinstance(headers, list | tuple):
        return [(str(p[0]), str(p[1])) for p in headers if isinstance(p, list | tuple) and len(p) == 2]
    return []
