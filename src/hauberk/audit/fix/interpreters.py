"""An interpreter that a project admits, for tools that stop at the first one on the search path that does not run.

Version managers put programs there that only say that their version is not chosen.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_NEWEST = 20
_TIMEOUT = 20
_ASK = "import sys; print('.'.join(map(str, sys.version_info[:3])))"


def interpreter(requires: str) -> str | None:
    """The path of a Python that runs and that `requires` (a specifier of PEP 440) admits; None if there is none."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        wanted = SpecifierSet(requires)
    except InvalidSpecifier:
        return None
    return next((path for path in _candidates() if (version := _version(path)) and wanted.contains(version)), None)


def _candidates() -> Iterator[str]:
    """This one, those on the search path, and those that pyenv and uv keep, each once."""
    seen = {sys.executable}
    yield sys.executable
    names = [f"python3.{minor}" for minor in range(_NEWEST, 7, -1)]
    kept = [
        *Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv").glob("versions/*/bin/python3"),
        *Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share").glob("uv/python/*/bin/python3"),
    ]
    for path in (*map(shutil.which, names), *map(str, sorted(kept))):
        if path and path not in seen:
            seen.add(path)
            yield path


def _version(path: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - an interpreter of this machine, and a constant
            [path, "-I", "-c", _ASK], capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
