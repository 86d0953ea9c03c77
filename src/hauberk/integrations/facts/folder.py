"""A folder of source code as facts: nothing is imported, so nothing is known of its configuration."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from hauberk.check.facts import Facts
from hauberk.check.module import Module
from hauberk.core.errors import InputError, NothingToTestError
from hauberk.core.finding import Location
from hauberk.integrations.facts.linting import linted
from hauberk.integrations.facts.source import FOREIGN, Sources

TESTS = frozenset({"tests", "test", "testing", "migrations", "node_modules"})
"""Folders that never answer a request."""


def folder_facts(folder: Path) -> Facts:
    """What can be read of a folder without importing anything of it.

    Raises InputError if it cannot be listed, NothingToTestError if no Python lies in it. A file that cannot be parsed
    is in `broken`: the result is not complete then.
    """
    try:
        paths = sorted(_python(folder))
    except OSError as error:
        raise InputError(
            str(folder), f"cannot be read: {error}", "give a folder with the application's code"
        ) from error
    if not paths:
        raise NothingToTestError(f"{folder}: there is no Python file in it")
    sources = Sources(folder, paths)
    return Facts(
        name=str(folder),
        framework="unknown",
        where=sources.files[0].location if sources.files else Location(),
        modules=tuple(Module(source.tree, source.location) for source in sources.files),
        lint=linted(sources),
        gaps=(
            "The configuration in force is only known of an application that is imported: hauberk check module:app.",
        ),
        broken=tuple(sources.gaps),
    )


def _python(folder: Path) -> Iterator[Path]:
    def stop(error: OSError) -> None:
        raise error

    for top, folders, files in os.walk(folder, onerror=stop):
        folders[:] = [f for f in folders if f not in FOREIGN | TESTS and not f.startswith(".")]
        yield from (Path(top) / name for name in files if name.endswith(".py"))
