"""What Django's URL configuration tells: views without CSRF check, administration, documentation, served folders."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from hauberk.check.facts import MountFacts, Setting
from hauberk.integrations.facts.mounts import exposed
from hauberk.integrations.facts.reading import Reading

DOCUMENTATION = ("django.contrib.admindocs", "drf_spectacular", "drf_yasg", "ninja.openapi", "rest_framework.schemas")
"""Modules whose views show a schema or pages about it."""
OWN_CHECK = ("rest_framework", "django.contrib.admin")
"""Class-based views that are exempt and check by themselves: DRF's SessionAuthentication does."""
DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Urls:
    """The parts of the URL configuration that rules ask about."""

    routes: int
    exempt: tuple[Setting[str], ...]
    framing: tuple[Setting[str], ...]
    docs: tuple[Setting[str], ...]
    admin: tuple[Setting[str], ...]
    mounts: tuple[MountFacts, ...]

    @staticmethod
    def load() -> bool:
        """Import the modules that it is made of. Raises what they raise."""
        resolver = get_resolver(getattr(settings, "ROOT_URLCONF", None))
        for _ in _views(resolver.url_patterns, "/"):
            pass
        return True

    @classmethod
    def read(cls, reading: Reading) -> Urls:
        """Walk it once, after `load`."""
        views = list(_views(get_resolver(getattr(settings, "ROOT_URLCONF", None)).url_patterns, "/"))
        patterns = [(path, pattern) for path, pattern in views if isinstance(pattern, URLPattern)]
        return cls(
            routes=len(patterns),
            exempt=tuple(one for path, pattern in patterns for one in _exempt(reading, path, pattern.callback)),
            framing=tuple(one for path, pattern in patterns for one in _framing(reading, path, pattern.callback)),
            docs=tuple(one for path, pattern in patterns for one in _docs(reading, path, pattern.callback)),
            admin=tuple(
                Setting(value=path, name="django.contrib.admin", where=reading.locate(("urls", "path"), ("urls", None)))
                for path, resolver in views
                if isinstance(resolver, URLResolver) and resolver.app_name == "admin"
            ),
            mounts=tuple(one for path, pattern in patterns for one in _mount(reading, path, pattern)),
        )


def _views(patterns: Any, prefix: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern).lstrip("^/").removesuffix("$").removesuffix(r"\Z")
        yield path, pattern
        if isinstance(pattern, URLResolver) and depth < DEEPEST:
            yield from _views(pattern.url_patterns, path, depth + 1)


def _exempt(reading: Reading, path: str, callback: Any) -> Iterator[Setting[str]]:
    if not getattr(callback, "csrf_exempt", False):
        return
    view = getattr(callback, "view_class", None) or getattr(callback, "cls", None) or inspect.unwrap(callback)
    if any(base.__module__.startswith(OWN_CHECK) for base in getattr(view, "__mro__", ())):
        return
    name = f"{view.__module__}.{getattr(view, '__qualname__', type(view).__name__)}"
    yield Setting(value=f"{name} ({path})", name="csrf_exempt", where=reading.sources.function(view))


def _framing(reading: Reading, path: str, callback: Any) -> Iterator[Setting[str]]:
    """The decorator leaves no mark on the view, only a wrapper of its own that sets one on the response."""
    view, seen = callback, 0
    while view is not None and seen < DEEPEST:
        code = getattr(view, "__code__", None)
        if code is not None and "xframe_options_exempt" in (*code.co_names, *code.co_consts) and _clickjacking(view):
            inner = inspect.unwrap(callback)
            name = f"{inner.__module__}.{getattr(inner, '__qualname__', type(inner).__name__)}"
            yield Setting(value=f"{name} ({path})", name="xframe_options_exempt", where=reading.sources.function(inner))
            return
        view, seen = getattr(view, "__wrapped__", None), seen + 1


def _clickjacking(view: Any) -> bool:
    return str(getattr(view, "__globals__", {}).get("__name__", "")) == "django.views.decorators.clickjacking"


def _docs(reading: Reading, path: str, callback: Any) -> Iterator[Setting[str]]:
    view = getattr(callback, "view_class", None) or getattr(callback, "cls", None) or inspect.unwrap(callback)
    module = str(getattr(view, "__module__", ""))
    if module.startswith(DOCUMENTATION):
        yield Setting(value=path, name=module, where=reading.locate((getattr(view, "__name__", ""), None)))


def _mount(reading: Reading, path: str, pattern: Any) -> Iterator[MountFacts]:
    view = inspect.unwrap(pattern.callback)
    if getattr(view, "__module__", "") != "django.views.static":
        return
    folder = pattern.default_args.get("document_root")
    own = [source.path for source in reading.sources.files]
    yield MountFacts(
        path=path.partition("(")[0].partition("<")[0],
        directory=str(folder or ""),
        symlinks=None,
        listing=bool(pattern.default_args.get("show_indexes")),
        exposes=exposed([folder], own) if folder else (),
        where=reading.locate(("show_indexes", None), ("serve", None), ("document_root", None)),
    )
