"""Files and folders, by audit event: `open` in all its forms (builtins, io, os, pathlib, shutil), and `os`."""

from __future__ import annotations

import os
import sys
import tempfile
from functools import lru_cache, partial
from typing import Any

from hauberk.guard.frames import is_bookkeeping
from hauberk.guard.hook import Handler, handle
from hauberk.guard.path import judge, names_ancestor, within
from hauberk.guard.sensor import exchange, sense
from hauberk.guard.verdict import Judgement

EVENTS: dict[str, tuple[int, ...]] = {
    "open": (0,),
    "os.listdir": (0,),
    "os.scandir": (0,),
    "os.remove": (0,),
    "os.rename": (0, 1),
    "os.mkdir": (0,),
    "os.rmdir": (0,),
    "os.link": (0, 1),
    "os.symlink": (0, 1),
    "os.chmod": (0,),
    "os.truncate": (0,),
    "shutil.rmtree": (0,),
    "shutil.unpack_archive": (0, 1),
}
"""Which arguments of an event are paths (Python documentation, "Audit events table")."""

_OWN_ROOT = Judgement("inert", "the input names a folder above the application's own")


def install() -> list[str]:
    """Handle the events; their names."""
    handlers: dict[str, Handler] = {
        event: partial(_on_event, "open" if event == "open" else event, positions)
        for event, positions in EVENTS.items()
    }
    handle(handlers)
    return [f"audit:{event}" for event in EVENTS]


def _on_event(target: str, positions: tuple[int, ...], args: tuple[Any, ...]) -> None:
    for position in positions:
        path = _text(args[position]) if position < len(args) else None
        if path:
            look_at_path(target, path)


def look_at_path(target: str, path: str) -> None:
    """Say which path is about to be used. Raises BlockedError."""
    sense("path", target, path, partial(_judge, path), skip=is_bookkeeping)


def _judge(path: str, value: str) -> Judgement:
    ex = exchange()
    roots = () if ex is None else ex.guard.roots
    verdict = judge(path, value, roots)
    if verdict.attack and names_ancestor(value, own_folders()) and within(path, own_folders()):
        return _OWN_ROOT
    return verdict


@lru_cache(maxsize=1)
def own_folders() -> tuple[str, ...]:
    """Where the process reads and writes on its own account, whatever a client sends."""
    folders = {os.getcwd(), sys.prefix, sys.base_prefix, tempfile.gettempdir()}
    return tuple(sorted(folders | {os.path.abspath(entry) for entry in sys.path if entry}))


def _text(path: object) -> str | None:
    """A path as text; None for a descriptor."""
    if isinstance(path, os.PathLike):
        path = os.fspath(path)
    if isinstance(path, bytes):
        return os.fsdecode(path)
    return path if isinstance(path, str) else None
