"""From `module:app` to an application that can be called, and which framework it is."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hauberk.core.errors import InputError

Framework = Literal["fastapi", "starlette", "litestar", "quart", "flask", "django", "asgi", "wsgi"]
Protocol = Literal["asgi", "wsgi"]

FRAMEWORKS: tuple[tuple[str, str, Framework, Protocol], ...] = (
    ("fastapi.applications", "FastAPI", "fastapi", "asgi"),
    ("starlette.applications", "Starlette", "starlette", "asgi"),
    ("litestar.app", "Litestar", "litestar", "asgi"),
    ("quart.app", "Quart", "quart", "asgi"),
    ("flask.app", "Flask", "flask", "wsgi"),
    ("django.core.handlers.asgi", "ASGIHandler", "django", "asgi"),
    ("django.core.handlers.wsgi", "WSGIHandler", "django", "wsgi"),
)
"""Module and name of each framework's application class. Compared by name, so that no framework is imported for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An application, ready to be judged."""

    name: str
    app: Any
    framework: Framework
    protocol: Protocol
    root: Path
    """The project's folder: findings name files relative to it."""
    module: str = ""

    @property
    def file(self) -> str | None:
        """The file of the application's module, relative to the project where it lies inside it."""
        file = getattr(sys.modules.get(self.module), "__file__", None)
        if file is None:
            return None
        path = Path(file)
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else file

    @property
    def call(self) -> Callable[..., Any]:
        """The ASGI or WSGI callable."""
        call: Callable[..., Any] = self.app
        return call


def detect(app: object) -> tuple[Framework, Protocol]:
    """Which framework made this object, or which protocol it speaks. Raises InputError if it is no application."""
    for cls in type(app).__mro__:
        for module, name, framework, protocol in FRAMEWORKS:
            if cls.__module__ == module and cls.__name__ == name:
                return framework, protocol
    if not callable(app):
        raise InputError(
            repr(app)[:80], "is not an ASGI or WSGI application", "give the object that a server would run"
        )
    name = f"{getattr(app, '__module__', type(app).__module__)}.{getattr(app, '__qualname__', type(app).__qualname__)}"
    takes, star = _arguments(app)
    waits = any(map(inspect.iscoroutinefunction, (app, getattr(type(app), "__call__", None))))  # noqa: B004
    if takes == 3 or (star and waits):
        return "asgi", "asgi"
    if takes == 2:
        return "wsgi", "wsgi"
    raise InputError(
        name,
        f"takes {takes} arguments; an ASGI application takes scope, receive and send, a WSGI one environ and "
        "start_response",
        "give the application itself, not the class or the factory that makes it",
    )


def _arguments(app: Callable[..., Any]) -> tuple[int, bool]:
    """How many arguments a callable must be given in order, and whether it takes any number (`*args`)."""
    try:
        parameters = inspect.signature(app).parameters.values()
    except (TypeError, ValueError):  # a type written in C says nothing
        return 0, False
    in_order = [p for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}]
    return len([p for p in in_order if p.default is p.empty]), any(p.kind is p.VAR_POSITIONAL for p in parameters)


def load(name: str) -> Target:
    """Import `module:app` (or `path/to/file.py:app`) as a server would, with the working folder on the path.

    Raises InputError with one clear message if the text, the import or the object is not right.
    """
    if "://" in name:
        raise InputError(name, "is a URL, and this version tests applications in process", "name it as module:app")
    module_name, colon, attribute = name.partition(":")
    if not colon or not module_name or not attribute:
        fix = f"write {name}:app" if name.endswith(".py") else "write for example main:app"
        raise InputError(name, "is not of the form module:app", fix)
    root = Path.cwd()
    if module_name.endswith(".py"):
        path = (root / module_name).resolve()
        if not path.is_relative_to(root.resolve()):
            fix = f"run it in {path.parent}, as {path.stem}:{attribute}"
            raise InputError(name, "lies outside of this folder, from which it would be imported", fix)
        module_name = ".".join(path.relative_to(root.resolve()).with_suffix("").parts)
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    app = _attribute(name, _import(name, module_name), attribute)
    framework, protocol = detect(app)
    return Target(name=name, app=app, framework=framework, protocol=protocol, root=root, module=module_name)


def _import(name: str, module_name: str) -> Any:
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and (error.name == module_name or module_name.startswith(error.name + ".")):
            raise InputError(
                name, f"there is no module {error.name!r} here", f"run it in the folder that holds {error.name}"
            ) from error
        raise InputError(name, f"importing it failed: {error}", f"install {error.name} where hauberk runs") from error
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        where = _last_line(error)
        raise InputError(
            name, f"importing it failed: {type(error).__name__}: {error}{where}", "make it importable first"
        ) from error


def _attribute(name: str, module: Any, attribute: str) -> Any:
    found = module
    for part in attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            near = [n for n in vars(module) if not n.startswith("_") and callable(getattr(module, n, None))]
            hint = f"it has {', '.join(sorted(near)[:6])}" if near else "it has no callable at all"
            raise InputError(name, f"module {module.__name__!r} has no {attribute!r}", hint) from None
    return found


def _last_line(error: BaseException) -> str:
    """File and line where user code raised."""
    trace = error.__traceback__
    if isinstance(error, SyntaxError) and error.filename:
        return f" ({error.filename}:{error.lineno})"
    last = ""
    while trace is not None:
        filename = trace.tb_frame.f_code.co_filename
        if "importlib" not in filename and "hauberk" not in Path(filename).parts:
            last = f" ({filename}:{trace.tb_lineno})"
        trace = trace.tb_next
    return last
