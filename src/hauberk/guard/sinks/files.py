"""Files and folders, by audit event: `open` in all its forms (builtins, io, os, pathlib, shutil), and `os`.

`os.stat` and the like raise none; they are wrapped, for whether a file exists is an answer too. `os.lstat` and
`os.readlink` are not: sound applications resolve a path by them before they compare it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from functools import lru_cache, partial, wraps
from itertools import islice
from typing import Any

from hauberk.core.events import RUNNING
from hauberk.guard.carry import MARK, listened
from hauberk.guard.frames import is_bookkeeping, origin, stack
from hauberk.guard.hook import Handler, handle
from hauberk.guard.listeners import exchange
from hauberk.guard.path import judge, names_ancestor, within
from hauberk.guard.sensor import sense
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
    "os.chown": (0,),
    "os.chflags": (0,),
    "os.truncate": (0,),
    "os.utime": (0,),
    "os.chdir": (0,),
    "os.walk": (0,),
    "os.fwalk": (0,),
    "os.getxattr": (0,),
    "os.listxattr": (0,),
    "os.setxattr": (0,),
    "os.removexattr": (0,),
    "os.startfile": (0,),
    "shutil.chown": (0,),
    "shutil.copyfile": (0, 1),
    "shutil.copymode": (0, 1),
    "shutil.copystat": (0, 1),
    "shutil.copytree": (0, 1),
    "shutil.make_archive": (0, 2),
    "shutil.move": (0, 1),
    "shutil.rmtree": (0,),
    "shutil.unpack_archive": (0, 1),
    "glob.glob": (0,),
    "ctypes.dlopen": (0,),
    "tempfile.mkdtemp": (0,),
    "tempfile.mkstemp": (0,),
}
"""Which arguments of an event are paths (Python documentation, "Audit events table")."""

ASKING = ("stat", "access", "statvfs", "mkfifo", "mknod")
"""Functions of `os` without an event."""
_RESOLVING = frozenset({"resolve", "realpath", "_joinrealpath"})
"""Functions of the standard library that ask about every part of a path, and about what it comes to."""
_SUPPORTS = ("supports_dir_fd", "supports_effective_ids", "supports_fd", "supports_follow_symlinks")

_OWN_ROOT = Judgement("inert", "the input names a folder above the application's own")


def install() -> list[str]:
    """Handle the events; their names."""
    handlers: dict[str, Handler] = {event: partial(_on_event, event, places) for event, places in EVENTS.items()}
    handle(handlers | {"sqlite3.connect": _on_database})
    return [
        *(f"audit:{event}" for event in (*EVENTS, "sqlite3.connect")),
        *(_wrap(name) for name in ASKING if hasattr(os, name)),
    ]


def _wrap(name: str) -> str:
    original: Callable[..., Any] = getattr(os, name)
    if not getattr(original, MARK, False):
        replacement = _asking(original, name)
        setattr(os, name, replacement)
        # Others look there whether a function of `os` takes a descriptor.
        for supported in (getattr(os, known) for known in _SUPPORTS):
            if original in supported:
                supported.discard(original)
                supported.add(replacement)
    return f"os.{name}"


def _asking(original: Callable[..., Any], name: str) -> Callable[..., Any]:
    target = f"os.{name}"

    @wraps(original)
    def asked(path: Any, *args: Any, **options: Any) -> Any:
        if listened() and not _HELD.has(path) and (text := _text(path)) and not _resolving():
            if _notable(text):
                look_at_path(target, text)
            else:
                _HELD.add(path)
        return original(path, *args, **options)

    setattr(asked, MARK, True)
    return asked


def _resolving() -> bool:
    for frame in islice(stack(sys._getframe(2)), 4):
        code = frame.f_code
        if code.co_name in _RESOLVING:
            return origin(code.co_filename) == "standard"
    return False


class _Held:
    """Paths that a request used which could have led none astray, as the very objects that they are.

    What is equal to one of them may come out of another request. What is one of them cannot: it was there before. They
    are held, so that no other object takes their place in memory. Bounded: all are let go together.
    """

    def __init__(self, limit: int = 1_024) -> None:
        self._limit = limit
        self._held: dict[int, str] = {}

    def has(self, path: object) -> bool:
        """Whether this object was used before."""
        return self._held.get(id(path)) is path and not RUNNING

    def add(self, path: object) -> None:
        """Hold it, if it is a text; of one character there is one object only, whoever says it."""
        if type(path) is str and len(path) > 1:
            if len(self._held) >= self._limit:
                self._held.clear()
            self._held[id(path)] = path


_HELD = _Held()


def _notable(path: str) -> bool:
    """Whether an input can have led the path astray: most are below the application's own folders, and few requests
    have anything in them that could lead out of a folder."""
    if ".." in path or not path.startswith(own_folders()):
        return True
    ex = exchange()
    return ex is not None and bool(ex.guard.inputs(ex).roaming)


def _on_event(target: str, positions: tuple[int, ...], args: tuple[Any, ...]) -> None:
    for position in positions:
        path = _text(args[position]) if position < len(args) else None
        if path:
            look_at_path(target, path)


def _on_database(args: tuple[Any, ...]) -> None:
    # Many applications connect in every request, to the same file.
    path = args[0]
    if not _HELD.has(path) and (text := _text(path)):
        if _notable(text):
            look_at_path("sqlite3.connect", text)
        else:
            _HELD.add(path)


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
