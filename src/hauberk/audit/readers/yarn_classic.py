"""yarn.lock of Yarn 1: blocks of lines, each headed by the patterns that it answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hauberk.audit.readers.documents import broken, check_size
from hauberk.audit.readers.manifest import Manifest, NotJudged, Pinned, from_registry, origin, split_descriptor

_PATTERN = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",][^,"]*?))\s*(?:,|$)')
_MEMBER = re.compile(r'(?:"((?:[^"\\]|\\.)*)"|([^\s":]+))\s+(?:"((?:[^"\\]|\\.)*)"|(\S.*))')
_REFERENCE = re.compile(r"(?:git|hg|https?|file|link|github|gitlab|bitbucket|gist|ssh)[:+]|git@|\.{0,2}/|~/")
"""A range that asks for something outside the registry."""
_SHORTHAND = re.compile(r"\w[\w.-]*/[\w.-]+(?:#.*)?")
"""`owner/repository`, as npm takes it."""


@dataclass(slots=True)
class _Block:
    line: int
    patterns: list[str]
    members: dict[str, str] = field(default_factory=dict)
    needs: list[str] = field(default_factory=list)


def read(text: str, name: str) -> Manifest:
    """Read a yarn.lock of Yarn 1. Raises InputError if it is none."""
    packages, not_judged = [], []
    for block in _blocks(text, name):
        keys, needs = tuple(block.patterns), tuple(block.needs)
        own, reference = _name(block.patterns)
        version, resolved = block.members.get("version", ""), block.members.get("resolved", "")
        place = reference or ("" if from_registry(resolved) else resolved)
        if place or not version:
            not_judged.append(NotJudged(f"{own}@{place}", origin(place) if place else "other", keys, needs))
        else:
            packages.append(Pinned(name=own, version=version, ecosystem="npm", line=block.line, keys=keys, needs=needs))
    return Manifest(packages=tuple(packages), not_judged=tuple(not_judged))


def _name(patterns: list[str]) -> tuple[str, str]:
    """The package's own name, behind an alias if need be; and where it comes from, if that is no registry."""
    own, reference = split_descriptor(patterns[0])[0], ""
    for pattern in patterns:
        _, wanted = split_descriptor(pattern)
        if wanted.startswith("npm:"):
            real, wanted = split_descriptor(wanted.removeprefix("npm:"))
            if wanted or not real[:1].isdigit():
                own = real or own
        elif _SHORTHAND.fullmatch(wanted):
            reference = f"github:{wanted}"
        elif _REFERENCE.match(wanted):
            reference = wanted
    return own, reference


def _blocks(text: str, name: str) -> list[_Block]:
    check_size(text, name)
    blocks: list[_Block] = []
    section = ""
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        content = line.strip()
        if not content or content[0] == "#":
            continue
        indent = len(line) - len(line.lstrip(" "))
        if indent == 0 and content.endswith(":"):
            blocks.append(_Block(number, _patterns(content[:-1], name, number)))
            section = ""
        elif not blocks or indent == 0:
            raise broken(name, "yarn.lock", f"line {number} belongs to no entry")
        elif content.endswith(":") and " " not in content:
            section = content[:-1]
        elif match := _MEMBER.fullmatch(content):
            key, value = match[1] or match[2] or "", match[3] if match[3] is not None else match[4]
            if indent <= 2:
                blocks[-1].members[key] = value
                section = ""
            elif section in ("dependencies", "optionalDependencies"):
                blocks[-1].needs.append(f"{key}@{value}")
        else:
            raise broken(name, "yarn.lock", f"line {number} is neither an entry nor a member of one")
    return blocks


def _patterns(heading: str, name: str, number: int) -> list[str]:
    """`"a@^1", b@2` as a list."""
    found, at = [], 0
    while at < len(heading):
        match = _PATTERN.match(heading, at)
        if match is None:
            raise broken(name, "yarn.lock", f"line {number} has no list of patterns")
        found.append(match[1] or match[2] or "")
        at = match.end()
    if not found:
        raise broken(name, "yarn.lock", f"line {number} is an entry for nothing")
    return found
