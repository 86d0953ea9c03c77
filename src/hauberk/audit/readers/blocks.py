"""The part of YAML that yarn and pnpm write, read line by line: some thirty times faster than a YAML parser.

Nested mappings and lists of scalars, plain or quoted keys, one line a value. A file with anything else in it goes to
the YAML parser as a whole, so that reading by lines never means reading something else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from hauberk.audit.readers.documents import check_size, load_yaml, mapping

# key, then `:` and the end or a space. A plain key holds no `: ` and no ` #`, and begins with no indicator.
_PAIR = re.compile(
    r"""( *)(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|"""
    r"""([^\s"'#&*!|>%@`\[\]{},?:-](?:[^\s:]|:(?=\S)|\ (?![\s#]))*)) *:(?:\ +(.*?))?\s*"""
)
_QUOTED = re.compile(r"""(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)')(?:\s+\#.*)?""", re.VERBOSE)
_FLOW_PAIR = re.compile(
    r"""\s*(?:"([^"\\]*)"|'([^']*)'|([^\s"'#&*!|>%@`\[\]{},?:][^,\[\]{}:#]*?))\s*:\s+(?:"([^"\\]*)"|'([^']*)'|([^\s"'&*!|>%@`\[\]{},#][^,\[\]{}#]*?))?\s*(?:,|$)"""
)
_ESCAPE = re.compile(r'\\(["\\/])')


_LONGEST = 100_000
"""Characters of a line; patterns take their time on longer ones."""


class _UnknownError(Exception):
    """Something that is for the YAML parser."""


@dataclass(slots=True)
class Blocks:
    """The documents of a file, and the lines of their first two levels of keys."""

    documents: list[dict[str, Any]] = field(default_factory=lambda: [{}])
    lines: dict[tuple[str, ...], int] = field(default_factory=dict)


def load_blocks(text: str, name: str) -> Blocks:
    """The documents of a YAML file; scalars are texts, flow collections texts too: see `flow`. Raises InputError."""
    check_size(text, name)
    try:
        return _Lines().read(text)
    except _UnknownError:
        return Blocks(load_yaml(text, name))


def flow(value: object) -> dict[str, Any]:
    """A mapping, written as a block or as `{integrity: x, type: git}`."""
    if not isinstance(value, str):
        return mapping(value)
    if not (value.startswith("{") and value.endswith("}")):
        return {}
    found: dict[str, Any] = {}
    inside, at = value[1:-1], 0
    while at < len(inside):
        match = _FLOW_PAIR.match(inside, at)
        if match is None:
            return mapping(load_yaml(f"flow: {value}", "a flow mapping")[0].get("flow"))
        key, shown = (next((g for g in match.groups()[n : n + 3] if g is not None), "") for n in (0, 3))
        found[key] = shown
        at = match.end()
    return found


class _Lines:
    """The walk over the lines: a stack of open mappings with their indentation."""

    __slots__ = ("blocks", "container", "key", "stack")

    def __init__(self) -> None:
        self.blocks = Blocks()
        self.stack: list[tuple[int, dict[str, Any], str]] = [(0, self.blocks.documents[0], "")]
        self.key: str | None = None
        """A key whose value follows on lines of its own, in the mapping on top."""

    def read(self, text: str) -> Blocks:
        for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
            content = line.strip()
            if not content or content[0] == "#":
                continue
            if len(line) > _LONGEST:
                raise _UnknownError
            if line.startswith("---"):
                self._next_document(content)
            elif content.startswith("- ") or content == "-":
                self._item(line, content)
            elif content == ":":
                if self.key is None:
                    raise _UnknownError
            else:
                self._pair(line, number)
        return self.blocks

    def _next_document(self, content: str) -> None:
        if content != "---":
            raise _UnknownError
        if self.blocks.documents[-1]:
            self.blocks.documents.append({})
        self.stack, self.key = [(0, self.blocks.documents[-1], "")], None

    def _item(self, line: str, content: str) -> None:
        """A scalar in a list. A mapping in a list is for the parser."""
        indent, container, _ = self.stack[-1]
        here = len(line) - len(line.lstrip(" "))
        if self.key is None or here < indent or ": " in content or content.endswith(":") or content[2:3] in ("-", "?"):
            raise _UnknownError
        items = container.setdefault(self.key, [])
        if not isinstance(items, list):
            raise _UnknownError
        items.append(_scalar(content[2:].strip()))

    def _pair(self, line: str, number: int) -> None:
        explicit = line.lstrip(" ").startswith("? ")  # how writers put a key of over 1,024 characters
        if explicit:
            line = line.replace("? ", "", 1).rstrip() + ":"
        match = _PAIR.fullmatch(line)
        if match is None:
            raise _UnknownError
        spaces, double, single, plain, value = match.groups()
        self._enter(len(spaces))
        key = _unescape(double) if double is not None else single.replace("''", "'") if single is not None else plain
        container = self.stack[-1][1]
        if value and value[0] != "#":
            container[key] = value if value[0] in "{[" and value[-1] in "}]" else _scalar(value)
            self.key = None
        else:
            self.key = key
            container.pop(key, None)
        if len(self.stack) == 1:
            self.blocks.lines[(key,)] = number
        elif len(self.stack) == 2:
            self.blocks.lines[(self.stack[-1][2], key)] = number

    def _enter(self, here: int) -> None:
        """Open or close mappings until the top one has this indentation."""
        indent, container, _ = self.stack[-1]
        if here > indent:
            if self.key is None or self.key in container:
                raise _UnknownError
            inner: dict[str, Any] = {}
            container[self.key] = inner
            self.stack.append((here, inner, self.key))
            return
        while here < self.stack[-1][0]:
            self.stack.pop()
        if here != self.stack[-1][0]:
            raise _UnknownError


def _scalar(value: str) -> str:
    """One line's scalar."""
    if value[:1] in ('"', "'"):
        match = _QUOTED.fullmatch(value)
        if match is None:
            raise _UnknownError
        return _unescape(match[1]) if match[1] is not None else match[2].replace("''", "'")
    if value[:1] in "&*!|>%@`[]{},?" or ": " in value or value.endswith(":"):
        raise _UnknownError
    return value.partition(" #")[0].rstrip()


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(r"\1", text)
    if "\\" in _ESCAPE.sub("", text):
        raise _UnknownError
    return plain
