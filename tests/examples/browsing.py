"""A browser without a screen for each framework: its own test client behind one face."""

from __future__ import annotations

import json
import os
import re
import runpy
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Protocol, Self
from unittest.mock import patch

from examples.equipment import Equipment

Fields = dict[str, str]


@dataclass(frozen=True)
class Seen:
    """What came back."""

    status: int
    headers: Fields
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def problem(self) -> str:
        """What the page complains of."""
        found = re.search(r'<p class="problem" role="alert">([^<]*)</p>', self.text)
        return found[1] if found else ""


class Browser(Protocol):
    """Keeps cookies, follows no redirect."""

    def get(self, path: str, headers: Fields | None = None) -> Seen: ...

    def post(self, path: str, headers: Fields | None = None, /, **form: str) -> Seen: ...

    def send(self, path: str, body: object, headers: Fields | None = None) -> Seen: ...

    def cookie(self, name: str) -> str: ...

    def hold(self, name: str, value: str) -> None: ...


class Site(Protocol):
    """One application, and as many browsers as are wanted."""

    equipment: Equipment

    def browser(self) -> Browser: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *error: object) -> None: ...


class FastAPISite:
    """`starlette.testclient.TestClient`."""

    def __init__(self, equipment: Equipment) -> None:
        from examples.fastapi_auth.app import create_app

        self.equipment, self._app = equipment, create_app(equipment)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing is left behind."""

    def browser(self) -> Browser:
        return FastAPIBrowser(self._app)


class FastAPIBrowser:
    def __init__(self, app: Any) -> None:
        from starlette.testclient import TestClient

        self._client = TestClient(app, base_url="https://localhost", follow_redirects=False)

    def get(self, path: str, headers: Fields | None = None) -> Seen:
        return self._seen(self._client.get(path, headers=headers))

    def post(self, path: str, headers: Fields | None = None, /, **form: str) -> Seen:
        return self._seen(self._client.post(path, data=form, headers=headers))

    def send(self, path: str, body: object, headers: Fields | None = None) -> Seen:
        return self._seen(self._client.post(path, json=body, headers=headers))

    def cookie(self, name: str) -> str:
        return self._client.cookies.get(name) or ""

    def hold(self, name: str, value: str) -> None:
        self._client.cookies.set(name, value, domain="localhost.local")

    @staticmethod
    def _seen(answer: Any) -> Seen:
        return Seen(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.text)


class FlaskSite:
    """`flask.testing.FlaskClient`."""

    def __init__(self, equipment: Equipment) -> None:
        from examples.flask_auth.app import create_app

        self.equipment, self._app = equipment, create_app(equipment)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing is left behind."""

    def browser(self) -> Browser:
        return FlaskBrowser(self._app)


class FlaskBrowser:
    def __init__(self, app: Any) -> None:
        self._client = app.test_client()

    def get(self, path: str, headers: Fields | None = None) -> Seen:
        return self._seen(self._client.get(path, headers=headers, base_url="https://localhost"))

    def post(self, path: str, headers: Fields | None = None, /, **form: str) -> Seen:
        return self._seen(self._client.post(path, data=form, headers=headers, base_url="https://localhost"))

    def send(self, path: str, body: object, headers: Fields | None = None) -> Seen:
        data, kind = json.dumps(body), "application/json"
        answer = self._client.post(path, data=data, content_type=kind, headers=headers, base_url="https://localhost")
        return self._seen(answer)

    def cookie(self, name: str) -> str:
        found = self._client.get_cookie(name, "localhost")
        return found.value if found else ""

    def hold(self, name: str, value: str) -> None:
        self._client.set_cookie(name, value, domain="localhost", secure=True)

    @staticmethod
    def _seen(answer: Any) -> Seen:
        return Seen(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.text)


class DjangoSite:
    """`django.test.Client`, by the settings of the example, and protected by its wsgi.py."""

    def __init__(self, equipment: Equipment) -> None:
        self.equipment, self._until = equipment, ExitStack()

    def __enter__(self) -> Self:
        from django.conf import settings

        if not settings.configured:
            settings.configure(SECRET_KEY="k" * 50, ALLOWED_HOSTS=["*"], ROOT_URLCONF="tests.drivers", USE_TZ=True)
        from django.test import override_settings

        with patch.dict(os.environ, HAUBERK_SECRET="k9" * 25), patch.object(Equipment, "from_environ") as made:
            made.return_value = self.equipment
            named = runpy.run_module("examples.django_auth.settings")
        self._until.enter_context(override_settings(**{name: named[name] for name in named if name.isupper()}))
        runpy.run_module("examples.django_auth.wsgi")
        return self

    def __exit__(self, *error: object) -> None:
        self._until.close()

    def browser(self) -> Browser:
        return DjangoBrowser()


class DjangoBrowser:
    def __init__(self) -> None:
        from django.test import Client

        self._client = Client(raise_request_exception=False, headers={"host": "localhost"})

    def get(self, path: str, headers: Fields | None = None) -> Seen:
        return self._seen(self._client.get(path, headers=headers, secure=True))

    def post(self, path: str, headers: Fields | None = None, /, **form: str) -> Seen:
        return self._seen(self._client.post(path, form, headers=headers, secure=True))

    def send(self, path: str, body: object, headers: Fields | None = None) -> Seen:
        data, kind = json.dumps(body), "application/json"
        answer = self._client.post(path, data, kind, headers=headers, secure=True)
        return self._seen(answer)

    def cookie(self, name: str) -> str:
        return self._client.cookies[name].value if name in self._client.cookies else ""

    def hold(self, name: str, value: str) -> None:
        self._client.cookies[name] = value

    @staticmethod
    def _seen(answer: Any) -> Seen:
        return Seen(answer.status_code, {k.lower(): v for k, v in answer.items()}, answer.content.decode())
