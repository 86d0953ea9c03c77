"""Editing a requirements file in place: pins and hashes change; comments, order, markers and layout stay."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hauberk.audit.readers.manifest import NotJudged
from hauberk.audit.readers.requirements import read_requirement
from hauberk.audit.versions import normal_name

_COMMENT = re.compile(r"(?:^|\s)#.*$")
_OPTION = re.compile(r"\s-{1,2}[A-Za-z]")
_HASH = re.compile(r"--hash(?:=|\s+)([A-Za-z0-9]+:[0-9A-Fa-f]+)")
_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")
_INLINE_COMMENT = re.compile(r"(\s{2,})#")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A logical line: one requirement, or one option."""

    first: int
    last: int
    """Physical lines, from 0, both included."""
    text: str
    """Joined, without comments."""
    name: str = ""
    """Normalised; empty where it is no requirement of a registry."""
    version: str = ""
    """Where exactly one is pinned."""
    hashed: bool = False

    @property
    def requirement(self) -> str:
        """Name, extras, specifiers and markers, without hashes and other options."""
        option = _OPTION.search(self.text)
        return (self.text[: option.start()] if option else self.text).strip()

    def bounded(self, sign: str, version: str) -> str:
        """The requirement with another bound in place of its pin: `name[extra]>=1.2 ; marker`."""
        return _pin_of(self.version).sub(lambda _: f"{sign}{version}", self.requirement, count=1)


def parse(text: str) -> tuple[Entry, ...]:
    """The logical lines of a requirements file, as pip joins them; empty lines and comments are none."""
    found: list[Entry] = []
    parts: list[str] = []
    first = 0
    lines = text.split("\n")
    for number, raw in enumerate(lines):
        line = raw.rstrip("\r")
        first = first if parts else number
        comment = line.lstrip().startswith("#")
        parts.append(" " + line if comment else line)
        if line.endswith("\\") and not comment and number + 1 < len(lines):
            parts[-1] = line[:-1]
            continue
        joined = _COMMENT.sub("", "".join(parts).removeprefix("\ufeff")).strip()
        if joined:
            found.append(_entry(first, number, joined))
        parts = []
    return tuple(found)


def _entry(first: int, last: int, text: str) -> Entry:
    hashed = bool(_HASH.search(text))
    if text.startswith("-"):
        return Entry(first=first, last=last, text=text)
    read = read_requirement(text)
    if isinstance(read, NotJudged):
        named = _NAME.match(text)
        name = normal_name("PyPI", named[1]) if named and read.why == "unpinned" else ""
        return Entry(first=first, last=last, text=text, name=name, hashed=hashed)
    name, version = normal_name("PyPI", read[0]), read[1]
    if not _pin_of(version).search(text):  # a wheel at a URL
        name = version = ""
    return Entry(first=first, last=last, text=text, name=name, version=version, hashed=hashed)


def rewrite(text: str, versions: Mapping[str, str], hashes: Mapping[str, Sequence[str]]) -> str:
    """The text with each pin of `versions` (by normalised name) at its new version.

    Entries that had hashes get those of `hashes`, one a line where they stood so.
    """
    lines = text.split("\n")
    for entry in reversed(parse(text)):
        new = versions.get(entry.name)
        if not entry.version or new is None or new == entry.version:
            continue
        block = lines[entry.first : entry.last + 1]
        block = _repin(block, entry.version, new)
        if entry.hashed:
            block = _rehash(block, hashes[entry.name])
        lines[entry.first : entry.last + 1] = block
    return "\n".join(lines)


def _pin_of(version: str) -> re.Pattern[str]:
    return re.compile(rf"===?\s*{re.escape(version)}(?![\w.*+!-])" if version else r"(?!)")


def _repin(block: Sequence[str], old: str, new: str) -> list[str]:
    """The first pin replaced. A comment behind it stays in its column where there is room."""
    pin = re.compile(rf"(===?\s*){re.escape(old)}(?![\w.*+!-])")
    done: list[str] = []
    replaced = False
    for line in block:
        if replaced or not (match := pin.search(line)):
            done.append(line)
            continue
        replaced = True
        tail = line[match.end() :]
        room = _INLINE_COMMENT.search(tail)
        if room:
            spaces = max(len(room[1]) + len(old) - len(new), 2)
            tail = tail[: room.start()] + " " * spaces + tail[room.end() - 1 :]
        done.append(line[: match.start()] + match[1] + new + tail)
    return done


def _rehash(block: Sequence[str], hashes: Sequence[str]) -> list[str]:
    """Other hashes in the place of those that were there."""
    places = [number for number, line in enumerate(block) if _HASH.search(line)]
    first, last = places[0], places[-1]
    return_ = "\r" if block[first].endswith("\r") else ""
    head = block[first][: block[first].find("--hash")]
    end = max(m.end() for m in _HASH.finditer(block[last]))
    tail = block[last][end:]
    if head.strip():  # on the line of the requirement itself
        own = head + " ".join(f"--hash={one}" for one in hashes) + tail
        return [*block[:first], own, *block[last + 1 :]]
    rows = [f"{head}--hash={one} \\{return_}" for one in hashes[:-1]]
    return [*block[:first], *rows, f"{head}--hash={hashes[-1]}{tail}", *block[last + 1 :]]


def append(text: str, added: Mapping[str, str], hashes: Mapping[str, Sequence[str]]) -> str:
    """The text with pins that upgraded packages need anew, at its end."""
    if not added:
        return text
    rows = [text.rstrip("\n")]
    for name, version in sorted(added.items()):
        marks = "".join(f" \\\n    --hash={one}" for one in hashes[name])
        rows.append(f"{name}=={version}{marks}")
    return "\n".join(rows) + "\n"
