"""The entries of a yarn.lock, classic or berry, as pieces of text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hauberk.audit.fix.choosing import Upgrade
from hauberk.audit.readers.manifest import split_descriptor

_STANZA = re.compile(r"^(\S[^\n]*):\n((?:[ \t]+[^\n]*\n?)+)\n?", re.MULTILINE)
_VERSION = re.compile(r'^\s+version:?\s+"?([^"\s]+)"?', re.MULTILINE)


def forget(text: str, upgrades: Sequence[Upgrade]) -> str:
    """The text without the entries of the versions that are to go."""
    gone = {(one.name, one.version) for one in upgrades}
    return _STANZA.sub(lambda m: "" if any(key in gone for key in _keys(m)) else m[0], text)


def descriptors(text: str, upgrade: Upgrade) -> list[str]:
    """What asks for the vulnerable version: `minimatch@npm:^3.0.4`."""
    gone = (upgrade.name, upgrade.version)
    found: list[str] = []
    for match in _STANZA.finditer(text):
        found += [one for one, key in zip(_names(match), _keys(match), strict=True) if key == gone]
    return found


def locked(text: str) -> dict[str, tuple[str, str]]:
    """By what asks for it: the package and its version."""
    return {one: key for match in _STANZA.finditer(text) for one, key in zip(_names(match), _keys(match), strict=True)}


def _names(stanza: re.Match[str]) -> list[str]:
    return [part.strip().strip('"') for part in stanza[1].strip('"').split(", ")]


def _keys(stanza: re.Match[str]) -> Iterator[tuple[str, str]]:
    version = _VERSION.search(stanza[2])
    for one in _names(stanza):
        name, asked = split_descriptor(one)
        if asked.startswith("npm:") and "@" in asked[5:]:  # an alias
            name = split_descriptor(asked.removeprefix("npm:"))[0]
        yield name, version[1] if version else ""
