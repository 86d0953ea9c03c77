"""Where in the application a call came from."""

from __future__ import annotations

import os.path
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from types import FrameType, ModuleType
from typing import Literal, NamedTuple

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_STORES = _OWN + "stores" + os.sep
_GUARD = os.path.dirname(os.path.abspath(__file__)) + os.sep
_DEMO = _OWN + "demo" + os.sep

Origin = Literal["app", "package", "standard", "own", "import"]


class Place(NamedTuple):
    """A line of source. All None where no application frame is on the stack (a worker thread of a library)."""

    file: str | None = None
    line: int | None = None
    function: str | None = None


@lru_cache(maxsize=2)
def _folders(*names: str) -> tuple[str, ...]:
    import sysconfig  # not above: at its import it reads the environment

    paths = sysconfig.get_paths()
    return tuple(paths[name] + os.sep for name in names)


@lru_cache(maxsize=4096)
def origin(filename: str) -> Origin:
    """Whose code a file holds."""
    if filename.startswith("<"):
        return "import" if filename.startswith("<frozen importlib") else "standard"
    path = os.path.abspath(filename)
    if path.startswith(_OWN):
        return "app" if path.startswith(_DEMO) else "own"
    if (
        path.startswith(_folders("purelib", "platlib"))
        or f"{os.sep}site-packages{os.sep}" in path
        or f"{os.sep}dist-packages{os.sep}" in path
    ):
        return "package"
    return "standard" if path.startswith(_folders("stdlib", "platstdlib")) else "app"


def stack(frame: FrameType | None = None) -> Iterator[FrameType]:
    """The frames from the caller outwards."""
    frame = frame or sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def application_place(*, packages: bool = True) -> Place:
    """The nearest frame of the application, else of an installed package (an app may be installed itself)."""
    packaged = Place()
    for frame in stack(sys._getframe(1)):
        whose = origin(frame.f_code.co_filename)
        if whose == "app":
            return _place(frame)
        if packages and whose == "package" and packaged.file is None:
            packaged = _place(frame)
    return packaged


def of_a_store() -> bool:
    """Whether it is a store of hauberk's that runs a statement: it binds every value, and writes the rest itself."""
    for frame in stack(sys._getframe(1)):
        name = frame.f_code.co_filename
        whose = origin(name)
        if whose == "app" or (whose == "own" and not name.startswith(_GUARD)):
            return name.startswith(_STORES)
    return False


def application_stack(most: int = 12) -> list[str]:
    """The application's frames, the nearest first: `file:line function`."""
    frames = (frame for frame in stack(sys._getframe(1)) if origin(frame.f_code.co_filename) == "app")
    return [f"{place.file}:{place.line} {place.function}" for place in map(_place, islice(frames, most))]


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


def _among(text: str, constants: tuple[object, ...]) -> bool:
    return any(type(part) is str and part == text for part in constants)


def _constants() -> Callable[[str, tuple[object, ...]], bool]:
    # With `python -b`, comparing text with octets is a warning or an error.
    return _among if sys.flags.bytes_warning else (lambda text, constants: text in constants)


_HOLDS = _constants()


def in_code(text: str, frames: int = 1_000, skip: int = 1) -> bool:
    """Whether the text is a constant of a function that is running: then no input made it, whatever it looks like.

    Looked for in so many frames, after leaving out those nearest.
    """
    frame: FrameType | None = sys._getframe(skip)
    holds = _HOLDS
    while frame is not None and frames:
        frames -= 1
        code = frame.f_code
        if holds(text, code.co_consts) and origin(code.co_filename) != "own":
            return True
        frame = frame.f_back
    return False


def is_among_constants(word: str) -> bool:
    """Whether the word is a constant of a function that is running, or an item of a list that it writes out."""
    for frame in stack(sys._getframe(1)):
        code = frame.f_code
        if origin(code.co_filename) == "own":
            continue
        if _among(word, code.co_consts) or any(_among(word, item) for item in code.co_consts if type(item) is tuple):
            return True
    return False


def is_constant_nearby(word: str) -> bool:
    """As `is_among_constants`, in the application and what it called: not in the server that called it."""
    entered = False
    for frame in stack(sys._getframe(1)):
        code = frame.f_code
        whose = origin(code.co_filename)
        if entered and whose != "app":
            return False
        entered = whose == "app"
        if whose == "own":
            continue
        if _among(word, code.co_consts) or any(_among(word, item) for item in code.co_consts if type(item) is tuple):
            return True
    return False


def is_constant(text: str) -> bool:
    """Whether the text stands in the code as it is: in a calling function, or in an upper-case global that one can see.

    Globals are those of its own module, and those of modules and classes that its module has a name for. Only asked
    when a text would be called an attack.
    """
    if in_code(text):
        return True
    seen: set[int] = set()
    for frame in stack(sys._getframe(1)):
        if id(frame.f_globals) in seen or origin(frame.f_code.co_filename) != "app":
            continue
        seen.add(id(frame.f_globals))
        if _names(frame.f_globals, text):
            return True
        # Not `vars`: it would load a module that is to be loaded lazily.
        holders = [value for value in list(frame.f_globals.values()) if issubclass(type(value), type | ModuleType)]
        if any(_names(object.__getattribute__(holder, "__dict__"), text) for holder in holders):
            return True
    return False


def _names(names: Mapping[str, object], text: str) -> bool:
    return any(value is text and name.isupper() for name, value in list(names.items()))
