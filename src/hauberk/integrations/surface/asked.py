"""Which inputs a handler asks its request for, seen while it runs: what no source that we can read tells.

The mappings in which frameworks hand out inputs are given a class of their own for the time of a recorded request; it
notes each name that is looked up by code that is not the framework's. Outside of a recording nothing is changed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial, wraps
from types import FrameType
from typing import Any

from hauberk.core.events import RECORDING
from hauberk.integrations.surface.reads import FOREIGN
from hauberk.scan.client import MARK

LOOKUPS = ("__getitem__", "__contains__", "get", "getlist", "get_all", "pop", "setdefault")
WALKS = ("__iter__", "items", "keys")
"""Who goes through all fields of a header may read their names as input: the scan's own among them."""
LISTS = frozenset({"getlist", "get_all"})
NOTED = "__hauberk_asked__"
MAPPINGS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "werkzeug.wrappers.request": (
        ("Request", "args", "query"),
        ("Request", "form", "form"),
        ("Request", "files", "upload"),
        ("Request", "cookies", "cookie"),
        ("Request", "headers", "header"),
    ),
    "werkzeug.sansio.request": (
        ("Request", "args", "query"),
        ("Request", "cookies", "cookie"),
    ),
    "starlette.requests": (
        ("HTTPConnection", "query_params", "query"),
        ("HTTPConnection", "headers", "header"),
    ),
    "django.http.request": (("HttpRequest", "headers", "header"),),
    "django.core.handlers.wsgi": (("WSGIRequest", "GET", "query"), ("WSGIRequest", "POST", "form")),
    "django.core.handlers.asgi": (("ASGIRequest", "GET", "query"), ("ASGIRequest", "POST", "form")),
}
"""Module, class and attribute that hold inputs, and their place."""
DOCUMENTS: dict[str, tuple[tuple[str, str], ...]] = {
    "werkzeug.wrappers.request": (("Request", "get_json"),),
}
"""Methods that return the JSON document of the body."""
INSIDE = FOREIGN | {"hauberk", "quart", "multipart", "python_multipart", "collections", "_collections_abc", "asgiref"}

JOINED = ("werkzeug.datastructures",)
"""Mappings that look into several others, such as `request.values`: who asks them is who asks."""
MOST = 500
"""Names that are noted of one request."""


def watch() -> list[str]:
    """Watch every framework that is imported; the attributes that are watched, by public name. May be called again."""
    watched = []
    for module, attributes in MAPPINGS.items():
        for owner, name, place in attributes:
            kind = getattr(sys.modules.get(module), owner, None)
            if kind is not None:
                watched.append(_attribute(kind, name, partial(_noted, place=place)))
    for module, methods in DOCUMENTS.items():
        for owner, name in methods:
            kind = getattr(sys.modules.get(module), owner, None)
            if kind is not None:
                watched.append(_method(kind, name))
    return watched


def _attribute(kind: type, name: str, note: Callable[[Any], Any]) -> str:
    """Replace a property, or a cached one, by one whose value takes notes."""
    original = next((vars(base)[name] for base in kind.__mro__ if name in vars(base)), None)
    public = f"{kind.__module__}.{kind.__name__}.{name}"
    if original is None:  # an attribute of the instance, as Werkzeug's headers
        _instance(kind, name, note)
    elif not hasattr(original, NOTED):
        setattr(kind, name, _Noting(original, note))
    return public


class _Noting:
    """A descriptor in the place of the framework's own."""

    def __init__(self, original: Any, note: Callable[[Any], Any]) -> None:
        self.original, self.note = original, note
        setattr(self, NOTED, True)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        value = self.original.__get__(instance, owner)
        return value if instance is None or RECORDING.get() is None else self.note(value)

    def __set__(self, instance: Any, value: Any) -> None:
        setter = getattr(self.original, "__set__", None)
        name = getattr(self.original, "__name__", None) or getattr(self.original, "attrname", None) or ""
        setter(instance, value) if setter is not None else instance.__dict__.__setitem__(name, value)


def _instance(kind: type, name: str, note: Callable[[Any], Any]) -> None:
    """What `__init__` puts into the instance is noted after it."""
    begin = kind.__init__  # type: ignore[misc]
    if hasattr(begin, NOTED):
        return

    @wraps(begin)
    def init(self: Any, *args: Any, **options: Any) -> None:
        begin(self, *args, **options)
        if RECORDING.get() is not None and name in vars(self):
            note(vars(self)[name])

    setattr(init, NOTED, True)
    kind.__init__ = init  # type: ignore[misc]


def _method(kind: type, name: str) -> str:
    original = vars(kind).get(name)
    if original is not None and not hasattr(original, NOTED):

        @wraps(original)
        def called(self: Any, *args: Any, **options: Any) -> Any:
            value = original(self, *args, **options)
            return value if RECORDING.get() is None else _document(value, "")

        setattr(called, NOTED, True)
        setattr(kind, name, called)
    return f"{kind.__module__}.{kind.__name__}.{name}"


def _noted(value: Any, place: str) -> Any:
    """The same object with a class that takes notes; itself where its class can't be changed."""
    if getattr(type(value), NOTED, False):
        return value
    try:
        value.__class__ = _noting(type(value), place)
    except TypeError:  # a class written in C, such as dict
        return _Mapping(value, place) if type(value) is dict else value
    return value


_MADE: dict[tuple[type, str], type] = {}


def _noting(kind: type, place: str) -> type:
    """A subclass that takes notes, made once for a class and a place."""
    made = _MADE.get((kind, place))
    if made is None:
        made = _MADE[kind, place] = _subclass(kind, place)
    return made


def _subclass(kind: type, place: str) -> type:
    def lookup(name: str) -> Callable[..., Any]:
        original = getattr(kind, name)

        @wraps(original)
        def look(self: Any, key: Any, *args: Any, **options: Any) -> Any:
            _note(place, key)
            value = original(self, key, *args, **options)
            return _Values(value, place) if name in LISTS and type(value) is list else value

        return look

    def walk(name: str) -> Callable[..., Any]:
        original = getattr(kind, name)

        @wraps(original)
        def look(self: Any, *args: Any, **options: Any) -> Any:
            _note(place, MARK)
            return original(self, *args, **options)

        return look

    methods: dict[str, Any] = {name: lookup(name) for name in LOOKUPS if hasattr(kind, name)}
    if place == "header":
        methods |= {name: walk(name) for name in WALKS if hasattr(kind, name)}
    return type(kind.__name__, (kind,), methods | {NOTED: True, "__module__": kind.__module__})


class _Values(list[Any]):
    """The values of one name. Code that looks for a known one among those of any name reads names as its input."""

    def __init__(self, values: list[Any], place: str) -> None:
        super().__init__(values)
        self._place = place

    def __contains__(self, value: object) -> bool:
        _note(self._place, value)
        return super().__contains__(value)


class _Mapping(dict[Any, Any]):
    """A plain dictionary that takes notes: a part of a JSON document, or cookies."""

    def __init__(self, value: dict[Any, Any], place: str, path: str = "") -> None:
        super().__init__(value)
        self._place, self._path = place, path

    def __getitem__(self, key: Any) -> Any:
        _note(self._place, f"{self._path}{key}")
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        _note(self._place, f"{self._path}{key}")
        return super().__contains__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        """See `dict.get`."""
        _note(self._place, f"{self._path}{key}")
        return super().get(key, default)


def _document(value: Any, path: str) -> Any:
    if type(value) is dict:
        return _Mapping({key: _document(inner, f"{path}{key}.") for key, inner in value.items()}, "json", path)
    return value


def _note(place: str, key: object) -> None:
    """Note what code of the application looks up; 0 is here, 1 the lookup, 2 who asks."""
    record = RECORDING.get()
    if record is None or not isinstance(key, str) or len(record.reads) > MOST:
        return
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__", "").startswith(JOINED):
        frame = frame.f_back
    if frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] not in INSIDE:
        record.reads.setdefault((place, key), f"{frame.f_code.co_filename}:{frame.f_lineno}")
