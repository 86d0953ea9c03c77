"""Run the polls' own tests, with the project protected in one of the ways that its author could choose.

python -m tests.tutorials.protecting_django middleware recommended
python -m tests.tutorials.protecting_django application blocking
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable

import django
from django.conf import settings
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse

from hauberk import Guard, Policy, protect

POLICIES: dict[str, Callable[[], Policy]] = {
    "recommended": Policy.recommended,
    "strict": Policy.strict,
    "blocking": lambda: Policy.recommended().replace(guard=Guard(mode="block")),
}
PROJECT = "tests.tutorials.django_polls.mysite"


def deaf(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A middleware that breaks applications: it loses every cookie. With it, the suite must fail."""

    def run(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.cookies.clear()
        return response

    return run


def main(door: str, way: str) -> None:
    """Protect through this door, then test."""
    os.environ["DJANGO_SETTINGS_MODULE"] = f"{PROJECT}.settings"
    if way == "deaf":
        settings.MIDDLEWARE = ["tests.tutorials.protecting_django.deaf", *settings.MIDDLEWARE]
    elif door == "middleware":
        settings.MIDDLEWARE = ["hauberk.django.Shield", *settings.MIDDLEWARE]
        settings.HAUBERK = POLICIES[way]()
    django.setup()
    if door in {"wsgi", "asgi"}:
        application = importlib.import_module(f"{PROJECT}.{door}").application
        assert protect(application, POLICIES[way]()) is application
    call_command("test", "tests.tutorials.django_polls")


if __name__ == "__main__":
    main(*sys.argv[1:])
