"""Finding and reading the files of an audit."""

from __future__ import annotations

import os
from pathlib import Path
from stat import S_ISREG

from hauberk.audit.readers import LOCKS, MANIFESTS, format_of
from hauberk.audit.readers.documents import SIZE_LIMIT
from hauberk.audit.text import clean
from hauberk.core.errors import InputError

SKIPPED = frozenset(
    {".git", ".hg", ".svn", "node_modules", ".venv", "venv", "site-packages", "__pycache__", ".tox", ".nox"}
)
"""Folders that hold installed or generated things, whose lock files are not the project's."""


def discover(path: Path) -> list[Path]:
    """The lock files and manifests below a folder, by their names, in a stable order. Links are not followed.

    A manifest counts only where no lock file of its ecosystem lies in its folder or in one above.
    """
    found: list[Path] = []
    locked: dict[str, frozenset[str]] = {}
    """By folder: the ecosystems that a lock file there or above speaks for."""
    for folder, names, files in os.walk(path):
        names[:] = sorted(name for name in names if name not in SKIPPED)
        here = Path(folder)
        formats = {name: kind for name in sorted(files) if (kind := format_of(f"{here.name}/{name}"))}
        mine = {eco for eco, locks in LOCKS.items() if not locks.isdisjoint(formats.values())}
        above = locked.get(os.path.dirname(folder), frozenset())
        locked[folder] = above | mine
        for name, kind in formats.items():
            if MANIFESTS.get(kind) in locked[folder] or (name == "bun.lockb" and "bun.lock" in formats):
                continue
            found.append(here / name)
    return found


def read_text(path: Path) -> str:
    """The text of a file: UTF-8, or what its byte order mark says. Raises InputError."""
    shown = clean(path)
    try:
        status = path.stat()
        if not S_ISREG(status.st_mode):  # a pipe would be waited for, a device may never end
            raise InputError(shown, "is no regular file", "name a lock file or a folder")
        size = status.st_size
        if size > SIZE_LIMIT:
            raise InputError(shown, f"has {size >> 20} MiB, over the limit of {SIZE_LIMIT >> 20}", "is it a lock file?")
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            shown, f"cannot be read: {clean(error.strerror or error)}", "check its name and rights"
        ) from error
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(shown, f"is no text: {clean(error)}", "is it a lock file?") from None


def relative(path: Path, root: Path) -> str:
    """The path as a report shows it: relative to the project where it lies inside it, with forward slashes."""
    try:
        return clean(path.resolve().relative_to(root.resolve()).as_posix(), 400)
    except (ValueError, OSError):
        return clean(path.as_posix(), 400)


def inside(path: Path, root: Path) -> bool:
    """Whether the path, links followed, lies in the project: a manifest must not name files elsewhere."""
    try:
        return path.resolve().is_relative_to(root.resolve())
    except OSError:
        return False
