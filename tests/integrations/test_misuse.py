"""Wrong use gives one clear error that names the field, shows the value and proposes the fix."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from flask import Flask

import hauberk
from hauberk import ConfigurationError, Guard, InputError, Policy, protect


def create_app(testing: bool = False, database: str | None = None) -> Flask:
    return Flask(__name__)


def create_app_with(config: str) -> Flask:
    return Flask(__name__)


async def create_async_app() -> FastAPI:
    return FastAPI()


@pytest.mark.parametrize(
    ("app", "said"),
    [
        (None, "None: is not an ASGI or WSGI application; give the object that a server would run"),
        ("main:app", "'main:app': is not an ASGI or WSGI application"),
        (object(), "is not an ASGI or WSGI application"),
        (42, "42: is not"),
        (create_app, "create_app: takes 0 arguments; .* give the application itself, not the class or the factory"),
        (create_app_with, "create_app_with: takes 1 arguments"),
        (create_async_app, "create_async_app: takes 0 arguments"),
        (FastAPI, "FastAPI: takes 0 arguments"),
        (Flask, "Flask: takes 1 arguments"),
        (dict, "dict: takes 0 arguments"),
        (print, "print: takes 0 arguments"),
        (hauberk, "is not an ASGI or WSGI application"),
    ],
)
def test_no_application(app: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        protect(app)


def test_the_policy_may_be_named() -> None:
    app = protect(FastAPI(), policy=Policy.strict(), guard=None)
    assert app.__hauberk__.policy == Policy.strict().replace(guard=None)  # type: ignore[attr-defined]


async def speaks_asgi(scope: Any, receive: Any, send: Any) -> None: ...


def speaks_wsgi(environ: Any, start_response: Any) -> list[bytes]:
    return []


@pytest.mark.parametrize(
    ("door", "app", "said"),
    [
        (hauberk.asgi, speaks_wsgi, r"speaks WSGI; write hauberk.wsgi\(app, policy\)"),
        (hauberk.asgi, create_app(), r"speaks WSGI; write hauberk.wsgi\(app, policy\)"),
        (hauberk.wsgi, speaks_asgi, r"speaks ASGI; write hauberk.asgi\(app, policy\)"),
        (hauberk.wsgi, FastAPI(), r"speaks ASGI; write hauberk.asgi\(app, policy\)"),
    ],
)
def test_the_wrong_door(door: Any, app: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        door(app)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("hst", None, r"Policy.hst=None: is not a field; did you mean 'hsts'\?"),
        ("cookie", None, r"did you mean 'cookies'\?"),
        ("nothing_like_it", 1, r"Policy.nothing_like_it=1: is not a field; use one of 'https'"),
        ("police", Policy.strict(), r"Policy.police=.* is not a field"),
        ("hsts", True, r"Policy.hsts=True: is not a HSTS; write hsts=HSTS\("),
        ("guard", "block", r"Policy.guard='block': is not a Guard; write guard=Guard\("),
    ],
)
def test_no_field(field: str, value: Any, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        protect(Flask("x"), **{field: value})
    assert (caught.value.field, caught.value.value) == (f"Policy.{field}", value)
    with pytest.raises(ConfigurationError, match=said):
        Policy.recommended().replace(**{field: value})


def test_a_misspelt_field_of_policy_itself() -> None:
    wrong: dict[str, Any] = {"hstss": None}
    with pytest.raises(TypeError, match="hstss"):
        Policy(**wrong)


@pytest.mark.parametrize("policy", ["strict", Policy, {"hsts": None}, 0])
def test_no_policy(policy: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"policy=.*: is not a Policy; .*Policy.recommended\(\)"):
        protect(Flask("x"), policy)


def test_no_mode() -> None:
    mode: Any = "kill"
    with pytest.raises(ConfigurationError, match=r"Guard.mode='kill'"):
        Guard(mode=mode)


def test_an_application_that_was_refused_is_as_it_was() -> None:
    app = Flask("x")
    before = app.wsgi_app
    with pytest.raises(ConfigurationError):
        protect(app, hst=None)
    assert app.wsgi_app == before
    assert not hasattr(app, "__hauberk__")


def test_every_error_of_ours_has_one_root() -> None:
    for wrong in (lambda: protect(None), lambda: protect(Flask("x"), hst=None)):
        with pytest.raises(hauberk.HauberkError):
            wrong()
