"""Where in the application a call came from."""

from __future__ import annotations

import os.path
import sys
import sysconfig
from collections.abc import Iterator
from functools import lru_cache
from types import FrameType
from typing import Literal, NamedTuple

_PATHS = sysconfig.get_paths()
_STANDARD = tuple(_PATHS[name] + os.sep for name in ("stdlib", "platstdlib"))
_PACKAGES = tuple(_PATHS[name] + os.sep for name in ("purelib", "platlib"))
_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_GUARD = os.path.dirname(os.path.abspath(__file__)) + os.sep
_DEMO = _OWN + "demo" + os.sep

Origin = Literal["app", "package", "standard", "own", "import"]


class Place(NamedTuple):
    """A line of source. All None where no application frame is on the stack (a worker thread of a library)."""

    file: str | None = None
    line: int | None = None
    function: str | None = None


@lru_cache(maxsize=4096)
def origin(filename: str) -> Origin:
    """Whose code a file holds."""
    if filename.startswith("<"):
        return "import" if filename.startswith("<frozen importlib") else "standard"
    path = os.path.abspath(filename)
    if path.startswith(_OWN):
        return "app" if path.startswith(_DEMO) else "own"
    if (
        path.startswith(_PACKAGES)
        or f"{os.sep}site-packages{os.sep}" in path
        or f"{os.sep}dist-packages{os.sep}" in path
    ):
        return "package"
    return "standard" if path.startswith(_STANDARD) else "app"


def stack(frame: FrameType | None = None) -> Iterator[FrameType]:
    """The frames from the caller outwards."""
    frame = frame or sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def application_place() -> Place:
    """The nearest frame of the application, else of an installed package (an app may be installed itself)."""
    packaged = Place()
    for frame in stack(sys._getframe(1)):
        whose = origin(frame.f_code.co_filename)
        if whose == "app":
            return _place(frame)
        if whose == "package" and packaged.file is None:
            packaged = _place(frame)
    return packaged


def _place(frame: FrameType) -> Place:
    return Place(os.path.abspath(frame.f_code.co_filename), frame.f_lineno, frame.f_code.co_qualname)


_BOOKKEEPING = frozenset({"linecache.py", "traceback.py", "tokenize.py", "warnings.py", "inspect.py"})
"""Modules that read source files to describe errors."""


def is_bookkeeping() -> bool:
    """Whether the interpreter, logging or hauberk itself opens this file, rather than the application."""
    for frame in stack(sys._getframe(1)):
        name = frame.f_code.co_filename
        whose = origin(name)
        if whose in {"app", "package"}:
            return False
        if whose == "import" or (whose == "own" and not name.startswith(_GUARD)):
            return True
        if whose == "standard" and (os.path.basename(name) in _BOOKKEEPING or f"{os.sep}logging{os.sep}" in name):
            return True
    return False


def is_constant(text: str) -> bool:
    """Whether the text stands in the code as it is: a constant of a calling function, or an upper-case global of one.

    Then no input made it, whatever it looks like. Only asked when a text would be called an attack.
    """
    for frame in stack(sys._getframe(1)):
        if origin(frame.f_code.co_filename) == "own":
            continue
        if any(type(constant) is str and constant == text for constant in frame.f_code.co_consts):
            return True
        if any(value is text for name, value in frame.f_globals.items() if name.isupper()):
            return True
    return False
