"""Django: its URL resolver."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, get_resolver


def endpoints() -> Iterator[Any]:
    """Every view of the project's URLconf."""
    if getattr(settings, "ROOT_URLCONF", None):
        yield from _walk(get_resolver())


def _walk(resolver: Any) -> Iterator[Any]:
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from _walk(pattern)
        else:
            yield pattern.callback


def endpoint(request: HttpRequest) -> Any:
    """The view for a request, or None. Middleware that names another URLconf comes later, and then is obeyed."""
    try:
        return get_resolver(getattr(request, "urlconf", None)).resolve(request.path_info).func
    except Resolver404:
        return None
