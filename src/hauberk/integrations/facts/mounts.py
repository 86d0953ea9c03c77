"""Folders that are served: what lies in them that nobody should fetch."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

REPOSITORIES = (".git", ".svn", ".hg")
PRIVATE = re.compile(
    r"\.env(\..+)?|\.netrc|\.pgpass|\.htpasswd|id_(rsa|dsa|ecdsa|ed25519)|.+\.(py|pyc|key|p12|pfx|kdbx|sqlite3?|db|sql|bak)"
    r"|pyproject\.toml|requirements.*\.txt|Dockerfile|docker-compose.*\.ya?ml|secrets?\.(json|ya?ml|toml|txt)",
    re.IGNORECASE,
)
HARMLESS = re.compile(r"\.env\.(example|sample|template)", re.IGNORECASE)
MOST_FILES = 5_000


def exposed(directories: Iterable[str | Path], sources: Iterable[Path]) -> tuple[str, ...]:
    """Names of private things at the top of the folders, and the application's own modules anywhere below."""
    found: list[str] = []
    for directory in directories:
        folder = Path(directory).resolve()
        if not folder.is_dir():
            continue
        for number, entry in enumerate(sorted(folder.iterdir())):
            if number >= MOST_FILES:
                break
            if (entry.is_dir() and entry.name in REPOSITORIES) or (entry.is_file() and _private(entry.name)):
                found.append(entry.name)
        found += [path.relative_to(folder).as_posix() for path in sources if path.is_relative_to(folder)]
    return tuple(dict.fromkeys(found))[:10]


def _private(name: str) -> bool:
    return bool(PRIVATE.fullmatch(name)) and not HARMLESS.fullmatch(name)
