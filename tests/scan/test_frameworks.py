"""The surface of each framework."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import flask
import litestar
import pytest
import quart
from fastapi import APIRouter, Cookie, Depends, FastAPI, File, Form, Header, Query, UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from hauberk.core.errors import InputError
from hauberk.integrations.surface import surface
from hauberk.integrations.target import Target, detect
from hauberk.scan import Surface

ROOT = Path(__file__).parents[2]


def read(app: object) -> Surface:
    framework, protocol = detect(app)
    return surface(Target(name="app", app=app, framework=framework, protocol=protocol, root=ROOT))


def table(found: Surface, *, skip: tuple[str, ...] = ("/docs", "/redoc", "/openapi.json")) -> dict[str, set[str]]:
    return {
        str(o): {f"{p.place}:{p.name}" for p in o.parameters} for o in found.operations if not o.path.startswith(skip)
    }


def test_starlette() -> None:
    async def page(request: Request) -> Response:
        return PlainTextResponse(request.query_params["q"])

    async def save(request: Request) -> Response:
        form = await request.form()
        return PlainTextResponse(str(form["title"]))

    class Item(HTTPEndpoint):
        async def get(self, request: Request) -> Response:
            return PlainTextResponse(request.path_params["id"])

        async def delete(self, request: Request) -> Response:
            return PlainTextResponse(request.headers["X-Why"])

    inner = Starlette(routes=[Route("/deep/{rest:path}", page)])
    app = Starlette(
        routes=[
            Route("/page", page),
            Route("/save", save, methods=["POST"]),
            Route("/items/{id:int}", Item),
            Mount("/sub", app=inner),
            Mount("/more", routes=[Route("/x", page)]),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["*.shop.example"])],
    )
    found = read(app)
    assert table(found) == {
        "GET /page": {"query:q"},
        "POST /save": {"form:title"},
        "GET /items/{id}": {"path:id"},
        "DELETE /items/{id}": {"path:id", "header:x-why"},
        "GET /sub/deep/{rest}": {"path:rest", "query:q"},
        "GET /more/x": {"query:q"},
    }
    assert found.host == "www.shop.example"
    handler = found.operations[0].handler
    assert handler.file == "tests/scan/test_frameworks.py"
    assert handler.line == page.__code__.co_firstlineno


class Person(BaseModel):
    name: str
    tags: list[str] = []


class Paging(BaseModel):
    page: int = 1
    sort: str = "name"


class Account(BaseModel):
    user: str
    password: str


def token(x_token: Annotated[str, Header()], trace: Annotated[str, Cookie()] = "") -> str:
    return x_token + trace


def fastapi_app() -> FastAPI:
    app = FastAPI()
    router = APIRouter(prefix="/r", dependencies=[Depends(token)])

    @router.get("/hidden/{id}", include_in_schema=False)
    def hidden(id: int, q: str = "x") -> int:
        return id

    @app.get("/list")
    def listed(paging: Annotated[Paging, Query()], request: Request) -> str:
        return request.query_params["extra"]

    @app.post("/people")
    def create(person: Person) -> str:
        return person.name

    @app.post("/login")
    def login(account: Annotated[Account, Form()]) -> str:
        return account.user

    @app.post("/upload")
    def upload(file: Annotated[UploadFile, File()], note: Annotated[str, Form()]) -> str:
        return note

    app.include_router(router)
    sub = FastAPI()

    @sub.get("/inner")
    def inner(z: str) -> str:
        return z

    app.mount("/sub", sub)
    return app


def test_fastapi() -> None:
    found = read(fastapi_app())
    assert table(found, skip=("/docs", "/redoc", "/openapi.json", "/sub/docs", "/sub/redoc", "/sub/openapi.json")) == {
        "GET /list": {"query:page", "query:sort", "query:extra"},
        "POST /people": {"json:name", "json:tags[]"},
        "POST /login": {"form:user", "form:password"},
        "POST /upload": {"upload:file", "form:note"},
        "GET /r/hidden/{id}": {"path:id", "query:q", "header:x-token", "cookie:trace"},
        "GET /sub/inner": {"query:z"},
    }
    by_name = {str(o): o for o in found.operations}
    assert by_name["POST /login"].body == "application/x-www-form-urlencoded"
    assert by_name["POST /upload"].body == "multipart/form-data"
    (page,) = [p for p in by_name["GET /list"].parameters if p.name == "page"]
    assert page.schema["type"] == "integer"


def test_flask() -> None:
    app = flask.Flask("shop")
    blueprint = flask.Blueprint("b", "shop", url_prefix="/b")

    @app.route("/search")
    def search() -> str:
        return flask.request.args.get("q", "")

    @app.route("/item/<int:id>", methods=["GET", "POST"])
    def item(id: int) -> str:
        return flask.request.form["note"]

    @blueprint.put("/<path:where>")
    def put(where: str) -> str:
        return str((flask.request.get_json() or {})["a"])

    @blueprint.get("/<any(red, 'blue'):color>/x")
    def colored(color: str) -> str:
        return color

    app.register_blueprint(blueprint)
    mounted = flask.Flask("mounted")
    mounted.add_url_rule("/m", "m", search)
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/sub": mounted})  # type: ignore[method-assign]
    found = read(app)
    assert table(found) == {
        "GET /search": {"query:q"},
        "GET /item/{id}": {"path:id"},
        "POST /item/{id}": {"path:id", "form:note"},
        "PUT /b/{where}": {"path:where", "json:a"},
        "GET /b/{color}/x": {"path:color"},
        "GET /sub/m": {"query:q"},
    }
    schemas = {p.name: dict(p.schema) for o in found.operations for p in o.at("path")}
    assert schemas == {
        "id": {"type": "integer"},
        "where": {"type": "string", "format": "path"},
        "color": {"enum": ["red", "blue"]},
    }


def test_quart() -> None:
    app = quart.Quart("shop")

    @app.route("/search/<name>")
    async def search(name: str) -> str:
        return quart.request.args["q"] + name

    @app.post("/save")
    async def save() -> str:
        form = await quart.request.form
        data = await quart.request.get_json()
        return str(form["title"]) + str(data["a"])

    assert table(read(app)) == {
        "GET /search/{name}": {"path:name", "query:q"},
        "POST /save": {"form:title", "json:a"},
    }


class LitestarPerson(BaseModel):
    name: str


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_litestar() -> None:
    @litestar.get("/items/{item:int}")
    async def item(item: int, q: str, request: "litestar.Request[Any, Any, Any]") -> str:
        return q + str(request.query_params["extra"])

    @litestar.post("/people")
    async def create(data: LitestarPerson) -> str:
        return data.name

    @litestar.post("/form")
    async def form(data: Annotated[LitestarPerson, Body(media_type=RequestEncodingType.URL_ENCODED)]) -> str:
        return data.name

    @litestar.get("/hidden", include_in_schema=False)
    async def hidden(z: int = 1) -> str:
        return str(z)

    app = litestar.Litestar([litestar.Router("/api", route_handlers=[item]), create, form, hidden])
    found = read(app)
    assert table(found) == {
        "GET /api/items/{item}": {"path:item", "query:q", "query:extra"},
        "POST /people": {"json:name"},
        "POST /form": {"form:name"},
        "GET /hidden": {"query:z"},
    }
    assert found.operations[0].handler.file == "tests/scan/test_frameworks.py"


DJANGO = """
import json, pathlib
from tests.scan.apps.django_shop import app
from hauberk.integrations.surface import surface
from hauberk.integrations.target import Target
root = pathlib.Path.cwd()
found = surface(Target(name="app", app=app, framework="django", protocol="wsgi", root=root))
print(json.dumps([found.host, {str(o): [f"{p.place}:{p.name}" for p in o.parameters] for o in found.operations},
                  found.operations[1].handler.file]))
"""


def test_django() -> None:
    done = subprocess.run([sys.executable, "-c", DJANGO], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    host, operations, file = json.loads(done.stdout)
    assert host == "www.shop.example"
    assert file == "tests/scan/apps/django_shop.py"
    assert operations == {
        "GET /": [],
        "GET /open/user": ["query:name"],
        "GET /open/archive/{year}/{slug}/": ["path:year", "path:slug"],
        "POST /open/comment": ["form:text"],
        "GET /safe/user": ["query:name"],
        "GET /safe/archive/{year}/{slug}/": ["path:year", "path:slug"],
        "POST /safe/comment": ["form:text"],
        "GET /comments": [],
        "GET /form": [],
        "POST /form": ["form:name", "form:age"],
        "GET /api": ["header:x-token"],
        "POST /api": ["json:name"],
    }


def test_a_bare_callable_has_a_front_page() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        return []

    assert table(read(app)) == {"GET /": set()}


def test_an_application_below_a_wrapper_is_found() -> None:
    class Wrapper:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(scope, receive, send)

    async def page(request: Request) -> Response:
        return PlainTextResponse("x")

    assert table(read(Wrapper(Starlette(routes=[Route("/page", page)])))) == {"GET /page": set()}


def test_an_application_that_cannot_describe_itself_is_an_input_error() -> None:
    app = FastAPI()

    def broken() -> dict[str, Any]:
        raise ValueError("no schema for Widget")

    app.openapi = broken  # type: ignore[method-assign]
    with pytest.raises(InputError, match="no schema for Widget"):
        read(app)
