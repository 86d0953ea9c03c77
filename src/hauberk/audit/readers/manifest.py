"""What a reader makes of a file: packages that can be judged, and entries that cannot.

Named tuples: a lock file has thousands of entries, and a dataclass takes five times as long to make.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from hauberk.audit.versions import Ecosystem

Why = Literal["project", "git", "url", "path", "unpinned", "conda", "other"]
"""Why an entry is not judged by its version.

`project`: it is the project itself or a part of it, so nothing is missing. `git`, `url`, `path`: it does not come
from a registry, so that its version, if it has one, says nothing about the registry's. `conda`, `other`: no advisory
index of ours speaks of it. `unpinned`: the file allows several versions.
"""


class Pinned(NamedTuple):
    """A package at one version, from a registry."""

    name: str
    version: str
    ecosystem: Ecosystem
    line: int | None = None
    """Where the entry begins, counted from 1."""
    dev: bool | None = None
    """Whether only development needs it; None where the file does not say."""
    keys: tuple[str, ...] = ()
    """Under which names the file refers to this entry."""
    needs: tuple[str, ...] = ()
    """Keys of the entries that this one depends on, as far as the file says."""
    licence: str = ""
    """As the package says it, where the file repeats it."""
    deprecated: str = ""
    """What its authors say instead of maintaining it, where the file repeats it."""


class NotJudged(NamedTuple):
    """An entry of the file that has no version to be judged by."""

    what: str
    why: Why
    keys: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    """As those of `Pinned`: dependencies run through it."""


class Include(NamedTuple):
    """Another file that this one refers to."""

    path: str
    """As written, relative to this file."""
    constraint: bool = False
    """Whether it only bounds versions (pip's `-c`)."""


class Manifest(NamedTuple):
    """What a file says."""

    packages: tuple[Pinned, ...] = ()
    not_judged: tuple[NotJudged, ...] = ()
    includes: tuple[Include, ...] = ()
    roots: tuple[str, ...] = ()
    """Keys of what the project itself asks for; empty where the file does not say."""
    dev_roots: tuple[str, ...] | None = None
    """Those of `roots` that only development asks for; None where the file does not tell them apart."""
    project: str = ""
    """The project's own name, where the file says it."""


Reader = Callable[[str, str], Manifest]
"""`read(text, name)`: raises `InputError` naming the file if the text is not of the reader's format."""

# PEP 427: {distribution}-{version}(-{build})?-{python}-{abi}-{platform}.whl
_WHEEL = r"([A-Za-z0-9](?:[A-Za-z0-9._]*[A-Za-z0-9])?)-([^-]+)(?:-\d[^-]*)?-[^-]+-[^-]+-[^-]+\.whl"


def wheel(location: str) -> tuple[str, str] | None:
    """Name and version of the wheel at a URL or path, or None if it is no wheel.

    Installers refuse a wheel whose metadata differ from its file name, so the name speaks for the content wherever it
    was fetched from.
    """
    match = re.fullmatch(_WHEEL, unquote(_path(location)).rpartition("/")[2], re.IGNORECASE)
    return (match[1], match[2]) if match else None


_GIT = r"(?:git|hg|svn|bzr)(?:\+[a-z]+)?:|git@|(?:github|gitlab|bitbucket|gist):"
_PATH = r"(?:file|link|portal|workspace|exec|root):|\.{0,2}[\\/]|~|[A-Za-z]:[\\/]|\.{1,2}$"


def origin(location: str) -> Why:
    """What kind of place this is: `git`, `url`, or else `path`."""
    if re.match(_PATH, location, re.IGNORECASE):
        return "path"
    if re.match(_GIT, location, re.IGNORECASE) or _path(location).endswith(".git") or "#commit=" in location:
        return "git"
    return "url" if "://" in location else "path"


def from_registry(location: str) -> bool:
    """Whether npm's `resolved` names a registry's tarball; nothing at all is what lock files write for the default.

    A registry's tarballs are `<name>/-/<file>.tgz`, for the few that differ `/download/<name>/<version>/...`. A host's
    archive of a repository (`/tarball/<ref>`, `/tar.gz/<ref>`) ends otherwise.
    """
    if not location:
        return True
    if not location.lower().startswith(("http://", "https://")):
        return False
    if "/-/" in location.partition("?")[0]:
        return True
    path = _path(location)
    return "/download/" in path or path.endswith(".tgz")


def _path(location: str) -> str:
    try:
        return urlsplit(location).path
    except ValueError:  # an unclosed bracket in the host
        return location


def split_descriptor(text: str) -> tuple[str, str]:
    """`@scope/name@rest` as name and rest."""
    at = text.find("@", 1)
    return (text[:at], text[at + 1 :]) if at > 0 else (text, "")
