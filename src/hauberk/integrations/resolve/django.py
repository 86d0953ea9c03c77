"""Django: its URL resolver."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

from django.conf import settings
from django.conf.urls.i18n import is_language_prefix_patterns_used
from django.http import HttpRequest
from django.urls import Resolver404, get_resolver
from django.utils import translation

LOCALE = "django.middleware.locale.LocaleMiddleware"


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
    """The view for a request, or None. Middleware may name another URLconf later: `Shield.process_view` looks again."""
    try:
        with translation.override(_language(request)) if LOCALE in settings.MIDDLEWARE else nullcontext():
            return get_resolver(getattr(request, "urlconf", None)).resolve(request.path_info).func
    except Resolver404:
        return None


def _language(request: HttpRequest) -> str:
    """As LocaleMiddleware chooses it: paths of `i18n_patterns` are of one language only."""
    used, prefixed = is_language_prefix_patterns_used(getattr(request, "urlconf", None) or settings.ROOT_URLCONF)
    language: str = translation.get_language_from_request(request, check_path=used)
    if used and not prefixed and not translation.get_language_from_path(request.path_info):
        language = settings.LANGUAGE_CODE
    return language
