"""What was not to be, as an answer."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from examples.django_auth.pages import account_page, page
from examples.refused import AWAY, Refused, form_of
from hauberk import StoreError


class Refusals:
    """As JSON for scripts, and for people on the page that they have just filled in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing, unless a view raises."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Called by Django with what a view raised."""
        if isinstance(error, StoreError):
            error = Refused(503, AWAY, {"retry-after": "5"})  # not now, and nobody gets past it
        if not isinstance(error, Refused):
            return None
        response = self._answer(request, error)
        for name, value in error.headers.items():
            response[name] = value
        return response

    def _answer(self, request: HttpRequest, error: Refused) -> HttpResponse:
        if request.path.startswith(("/api/", "/passkeys/")):
            return JsonResponse({"problem": error.message}, status=error.status)
        name = form_of(request.path, error.message)
        if name is None:
            return account_page(request, error.status, problem=error.message)
        return page(request, name, error.status, problem=error.message)
