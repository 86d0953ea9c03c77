"""The same small application in Django, protected through one of its doors.

`middleware-*` names the Shield in the settings; `protect-*` calls protect(application); `static-*` does so with the
handler that Django's own development server puts around an application. The part after the dash is the protocol.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Literal

import django
from django.conf import settings

import hauberk
from hauberk import Policy, protect

HERE = Path(__file__).parent
DOOR = os.environ["DJANGO_DOOR"]
"""Which door this process is to go through."""
PROTOCOL: Literal["asgi", "wsgi"] = "asgi" if DOOR.endswith("asgi") else "wsgi"
SHIELD = ["hauberk.django.Shield"] if DOOR.startswith("middleware") else []

if not settings.configured:
    settings.configure(
        SECRET_KEY="for tests only, 50 characters long, never used elsewhere",
        ALLOWED_HOSTS=["shop.example"],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        MIDDLEWARE=[
            *SHIELD,
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
        ],
        INSTALLED_APPS=["django.contrib.staticfiles"],
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        STATIC_URL="/static/",
        STATICFILES_DIRS=[HERE / "static"],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [HERE / "django_templates"],
                "OPTIONS": {"context_processors": ["tests.integrations.django_site.names"]},
            },
            {"BACKEND": "django.template.backends.jinja2.Jinja2", "DIRS": [HERE / "templates"]},
        ],
        LOGGING_CONFIG=None,
    )
    django.setup()

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler, StaticFilesHandler  # noqa: E402
from django.contrib.staticfiles.views import serve  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import (  # noqa: E402
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import render  # noqa: E402
from django.template import engines  # noqa: E402
from django.urls import path, re_path  # noqa: E402


class TeapotError(Exception):
    """The application has a middleware for this one."""


def names(request: HttpRequest) -> dict[str, str]:
    return {"shop": "Threads"}


def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse("home", content_type="text/plain")


def only_get(request: HttpRequest) -> HttpResponse:
    return HttpResponse("no", status=405, headers={"Allow": "GET"})


def boom(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("hunter2")


async def async_boom(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("hunter2")


def away(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect("/")


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[str]:
        for number in range(3):
            yield f"part {number};"

    return StreamingHttpResponse(parts(), content_type="text/plain")


def stream_page(request: HttpRequest) -> StreamingHttpResponse:
    """Rendered as it is sent: its nonce was read in time, and is the same in every part."""
    nonce = hauberk.csp_nonce(request)

    def parts() -> Iterator[str]:
        for _ in range(2):
            yield engines["jinja2"].from_string('<script nonce="{{ csp_nonce }}"></script>').render()
        yield f"<!-- {nonce} -->"

    return StreamingHttpResponse(parts())


async def stream_late(request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[str]:
        yield "begin"
        yield hauberk.csp_nonce(request)

    return StreamingHttpResponse(parts())


def stream_late_sync(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[str]:
        yield "begin"
        yield engines["jinja2"].from_string("{{ csp_nonce }}").render()

    return StreamingHttpResponse(parts())


def file(request: HttpRequest) -> FileResponse:
    return FileResponse((HERE / "static" / "site.css").open("rb"))


def page(request: HttpRequest) -> HttpResponse:
    return render(request, "page.html", using="django")


def jinja_page(request: HttpRequest) -> HttpResponse:
    return render(request, "page.html", using="jinja2")


async def async_page(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    return render(request, "page.html", using="django")


def nonce(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{hauberk.csp_nonce(request)} {hauberk.csp_nonce(request)}")


def cookie(request: HttpRequest) -> HttpResponse:
    response = HttpResponse("set")
    response.set_cookie("plain", "1", max_age=60)
    response.set_cookie("own", "2", samesite="Strict", httponly=True)
    return response


def forget(request: HttpRequest) -> HttpResponse:
    response = HttpResponse("gone")
    response.delete_cookie("plain")
    return response


def session(request: HttpRequest) -> HttpResponse:
    request.session["n"] = request.session.get("n", 0) + 1
    return JsonResponse(request.session["n"], safe=False)


def framed(request: HttpRequest) -> HttpResponse:
    return HttpResponse("framed", headers={"X-Frame-Options": "DENY"})


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse("our own 404", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    return HttpResponse("our own 500", status=500)


VIEWS: tuple[Any, ...] = (
    only_get, boom, async_boom, away, stream, stream_page, stream_late, stream_late_sync,
    file, page, jinja_page, async_page, nonce, cookie, forget, session, framed,
)  # fmt: skip
urlpatterns = [
    path("", home),
    *[path(view.__name__, view) for view in VIEWS],
    re_path(r"^static/(?P<path>.*)$", serve, {"insecure": True}),
]
handler404 = missing
handler500 = broken


def bare() -> Any:
    """What a server would run, unprotected if the door is `protect`."""
    return get_asgi_application() if PROTOCOL == "asgi" else get_wsgi_application()


def make() -> Any:
    """What a server runs, protected through the door."""
    application = bare()
    if DOOR.startswith("static"):
        application = ASGIStaticFilesHandler(application) if PROTOCOL == "asgi" else StaticFilesHandler(application)
    if not DOOR.startswith("middleware"):
        assert protect(application) is application
        assert application.__hauberk__.policy == Policy.recommended()
    return application
