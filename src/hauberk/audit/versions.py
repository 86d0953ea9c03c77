"""The order of versions: PEP 440 for PyPI, Semantic Versioning 2.0.0 for npm.

A key compares with keys of its own ecosystem only. A text that is no version has no key: None.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

Ecosystem = Literal["PyPI", "npm"]
ECOSYSTEMS: tuple[Ecosystem, ...] = ("PyPI", "npm")

LONGEST = 256
"""Node's limit for the length of a version; nothing longer is one in either ecosystem."""

# node-semver's loose grammar: `v` and `=` in front, a pre-release without its hyphen, build metadata; and, as
# advisories write it, versions of one or two numbers.
_SEMVER = re.compile(
    r"[v=\s]*([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+)(?:-?((?:[0-9A-Za-z-]+\.)*[0-9A-Za-z-]+))?"
    r"|-((?:[0-9A-Za-z-]+\.)*[0-9A-Za-z-]+))?(?:\+[0-9A-Za-z.+-]*)?\s*"
)
_SEPARATORS = re.compile(r"[-_.]+")

SemverKey = tuple[int, int, int, int, tuple[tuple[int, int, str], ...]]


@lru_cache(maxsize=1 << 14)
def semver_key(text: str) -> SemverKey | None:
    """Key of an npm version; build metadata does not count (SemVer 2.0.0, sections 10 and 11)."""
    match = _SEMVER.fullmatch(text) if len(text) <= LONGEST else None
    if match is None:
        return None
    major, minor, patch, pre, short = match.groups()
    pre = pre or short
    return int(major), int(minor or 0), int(patch or 0), 0 if pre else 1, _identifiers(pre) if pre else ()


def _identifiers(pre: str) -> tuple[tuple[int, int, str], ...]:
    """Numbers order below texts, and by value; texts by code point (11.4)."""
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in pre.split("."))


@lru_cache(maxsize=1 << 14)
def pep440_key(text: str) -> Any:
    """Key of a PyPI version: a `packaging.version.Version`."""
    from packaging.version import Version

    if len(text) > LONGEST:
        return None
    try:
        return Version(text)
    except ValueError:  # InvalidVersion is one
        return None


def key(ecosystem: Ecosystem, text: str) -> Any:
    """What orders this version among those of its ecosystem, or None if it is none."""
    return pep440_key(text) if ecosystem == "PyPI" else semver_key(text)


def is_prerelease(ecosystem: Ecosystem, text: str) -> bool:
    """Whether the version is a pre-release or a development release."""
    found = key(ecosystem, text)
    if found is None:
        return False
    return bool(found.is_prerelease) if ecosystem == "PyPI" else found[3] == 0


def normal_name(ecosystem: Ecosystem, name: str) -> str:
    """The name as it is compared: PEP 503 for PyPI; npm's names are what they are."""
    return _SEPARATORS.sub("-", name).lower() if ecosystem == "PyPI" else name


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version that is to be judged."""

    ecosystem: Ecosystem
    text: str
    full: Any
    """Its key, or None where the text is no version."""
    public: Any
    """The key without a local part: `1.13.0+cu118` is a build of `1.13.0` (PEP 440, local version identifiers)."""

    @classmethod
    def of(cls, ecosystem: Ecosystem, text: str) -> Candidate:
        """Parse once, compare often."""
        full = public = key(ecosystem, text)
        if ecosystem == "PyPI" and full is not None and full.local is not None:
            public = pep440_key(full.public)
        return cls(ecosystem, text, full, public)

    def against(self, other: Any) -> Any:
        """The key that compares with `other`: an advisory that names a local version means that very build."""
        if self.public is not self.full and other.local is not None:
            return self.full
        return self.public
