"""A small Django application with a hole and a benign twin of each kind. For tests only, in a process of its own."""

import json
import sqlite3
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import django
from django import forms
from django.conf import settings

FILES = Path(mkdtemp(prefix="scan-test-"))
settings.configure(
    SECRET_KEY="for tests only, 50 characters long, never used elsewhere",
    ALLOWED_HOSTS=[".shop.example"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(FILES / "db.sqlite3")}},
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse  # noqa: E402
from django.template import engines  # noqa: E402
from django.urls import include, path, re_path  # noqa: E402
from django.views import View  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from django.views.decorators.http import require_POST  # noqa: E402

with sqlite3.connect(FILES / "db.sqlite3") as made:
    made.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)")
made.close()

COMMENTS: list[str] = []


def rows(statement: str, *values: str) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return JsonResponse(cursor.fetchall(), safe=False)


def index(request: HttpRequest) -> HttpResponse:
    page = engines["django"].from_string(
        "<form method=post action=/open/comment>{% csrf_token %}<textarea name=text>x</textarea></form>"
        "<form method=post action=/safe/comment>{% csrf_token %}<textarea name=text>x</textarea></form>"
        "<form method=post action=/form>{% csrf_token %}<input name=name></form>"
    )
    return HttpResponse(page.render({}, request))


def open_user(request: HttpRequest) -> HttpResponse:
    return rows("SELECT * FROM users WHERE name = '" + request.GET.get("name", "ann").replace("%", "%%") + "'")


def safe_user(request: HttpRequest) -> HttpResponse:
    return rows("SELECT * FROM users WHERE name = %s", request.GET.get("name", "ann"))


def open_year(request: HttpRequest, year: str, slug: str) -> HttpResponse:
    return HttpResponse(f"<p>{year}<b>{slug}</b>")


def safe_year(request: HttpRequest, year: int, slug: str) -> HttpResponse:
    return HttpResponse(engines["django"].from_string("<p>{{ year }}<b>{{ slug }}</b>").render({"slug": slug}))


@require_POST
def open_comment(request: HttpRequest) -> HttpResponse:
    COMMENTS.append(request.POST["text"])
    return HttpResponseRedirect("/comments")


@require_POST
def safe_comment(request: HttpRequest) -> HttpResponse:
    COMMENTS.append(engines["django"].from_string("{{ text }}").render({"text": request.POST["text"]}))
    return HttpResponseRedirect("/comments")


def comments(request: HttpRequest) -> HttpResponse:
    return HttpResponse("".join(f"<li>{text}</li>" for text in COMMENTS))


class NameForm(forms.Form):  # type: ignore[misc]
    name = forms.CharField(max_length=60)
    age = forms.IntegerField(required=False)


def form(request: HttpRequest) -> HttpResponse:
    filled = NameForm(request.POST)
    if not filled.is_valid():
        return HttpResponse("<p>no", status=400)
    return rows(f"SELECT * FROM users WHERE name = '{filled.cleaned_data['name']}'")


class Api(View):  # type: ignore[misc]
    def post(self, request: HttpRequest) -> HttpResponse:
        data: dict[str, Any] = json.loads(request.body)
        return rows(f"SELECT * FROM users WHERE name = '{data['name']}'")

    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"token": request.META.get("HTTP_X_TOKEN", "")})


inner = [
    path("user", open_user),
    re_path(r"^archive/(?P<year>[0-9]{4})/(?P<slug>.+)/$", open_year),
    path("comment", open_comment),
]
urlpatterns = [
    path("", index),
    path("open/", include(inner)),
    path("safe/user", safe_user),
    path("safe/archive/<int:year>/<path:slug>/", safe_year),
    path("safe/comment", safe_comment),
    path("comments", comments),
    path("form", form),
    path("api", csrf_exempt(Api.as_view())),
]
app = get_wsgi_application()
