"""`@override`: the policy of one route, in every framework, merged, judged and never weaker in silence."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest

from hauberk import CSP, ConfigurationError, FrameOptions, Policy, protect
from hauberk.integrations.override import Override, applied, override, overrides_of, weaker
from hauberk.integrations.resolve.listing import overrides_in
from hauberk.shield.csrf import CSRF
from hauberk.shield.headers import HSTS, ReferrerPolicy
from tests.integrations.driving import Visitor

IMG = "https://img.example"
MORE = override(csp={"img-src": IMG}, reason="pictures of the partner")
OPEN = override(csrf=None, reason="signed by the payment provider")
BOTH = override(csp={"img-src": IMG}, csrf=None, reason="both")
FOREIGN = {"origin": "https://evil.example", "sec_fetch_site": "cross-site"}


# -- the decorator ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "changes nothing"),
        ({"csrf": None}, "without a reason"),
        ({"csrf": None, "reason": "  "}, "without a reason"),
        ({"csp": {"img-src": IMG}}, "without a reason"),
        ({"csfr": None, "reason": "x"}, "did you mean 'csrf'"),
        ({"csrf": True}, "is not a CSRF"),
        ({"hosts": None, "reason": "x"}, "before a route is chosen"),
        ({"csp_reports": None, "reason": "x"}, "before a route is chosen"),
    ],
)
def test_refused_where_it_is_written(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        override(**changes)


def test_a_function_stays_itself() -> None:
    def view() -> None: ...

    assert MORE(view) is view
    assert [o.reason for o in overrides_of(view, "GET")] == ["pictures of the partner"]


BASE = Policy.recommended()
ROWS: list[tuple[str, Any, Any, bool]] = [
    ("csp", CSP(), CSP.strict(), False),
    ("csp", CSP(), CSP.api(), False),
    ("csp", CSP.api(), CSP(), True),
    ("csp", CSP(), CSP(img_src=("'self'", "data:", IMG)), True),
    ("csp", CSP(), CSP(img_src=("'self'",)), False),
    ("csp", CSP(), CSP(frame_ancestors=None), True),
    ("csp", CSP.strict(), CSP.strict().adding({"img-src": IMG}), True),
    ("csp", CSP(img_src=("https:",)), CSP(img_src=(IMG,)), False),
    ("csp", CSP(img_src=("http://a.example",)), CSP(img_src=("https:",)), True),
    ("frame_options", FrameOptions(action="SAMEORIGIN"), FrameOptions(action="DENY"), False),
    ("frame_options", FrameOptions(action="DENY"), FrameOptions(action="SAMEORIGIN"), True),
    ("referrer_policy", ReferrerPolicy(), ReferrerPolicy(policy=("no-referrer",)), False),
    ("hsts", HSTS(), HSTS(max_age=1), True),
    ("csrf", None, CSRF(), False),
    ("csrf", CSRF(), None, True),
    ("csp_report_only", None, CSP(), True),
]


@pytest.mark.parametrize(("name", "old", "new", "weak"), ROWS)
def test_what_is_weaker(name: str, old: Any, new: Any, weak: bool) -> None:
    assert bool(weaker(name, old, new)) is weak
    made = Override({name: new}, "", "shop.view")
    policy = Policy().replace(**{name: old})
    if weak and new is not None:
        with pytest.raises(ConfigurationError, match="without a reason"):
            applied(policy, [made])
    elif not weak:
        assert getattr(applied(policy, [made]), name) == getattr(Policy().replace(**{name: new}), name)


def test_a_mapping_adds_and_takes_nothing_away() -> None:
    policy = applied(BASE, [Override({"csp": {"font-src": IMG, "object-src": IMG}}, "why", "x")])
    assert policy.csp is not None
    directives = policy.csp.directives(nonced=True)
    assert directives["font-src"] == ("'self'", IMG)
    assert directives["object-src"] == (IMG,), "'none' of default-src does not stand beside it"
    assert directives["script-src"] == CSP().directives(nonced=True)["script-src"]


# -- every framework --------------------------------------------------------------------------------------------------


def starlette() -> Any:
    from starlette.applications import Starlette
    from starlette.endpoints import HTTPEndpoint
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Mount, Route

    async def plain(request: Request) -> Response:
        return PlainTextResponse("plain")

    @MORE
    async def pictures(request: Request) -> Response:
        return PlainTextResponse("pictures")

    @OPEN
    async def hook(request: Request) -> Response:
        return PlainTextResponse("hook")

    class Views(HTTPEndpoint):
        async def get(self, request: Request) -> Response:
            return PlainTextResponse("get")

        @OPEN
        async def post(self, request: Request) -> Response:
            return PlainTextResponse("post")

    @BOTH
    class Whole(HTTPEndpoint):
        async def post(self, request: Request) -> Response:
            return PlainTextResponse("post")

    inner = [Route("/pictures/{n:int}", pictures), Route("/hook", hook, methods=["POST"])]
    routes = [
        Route("/plain", plain, methods=["GET", "POST"]),
        Route("/pictures/{n:int}", pictures),
        Route("/hook", hook, methods=["POST"]),
        Route("/views", Views),
        Route("/whole", Whole),
        Mount("/deep", routes=[Mount("/er", app=Starlette(routes=inner))]),
    ]
    return Starlette(routes=routes)


def fastapi() -> Any:
    from fastapi import APIRouter, FastAPI

    app, deep, deeper = FastAPI(), APIRouter(prefix="/deep"), APIRouter(prefix="/er")

    @app.api_route("/plain", methods=["GET", "POST"])
    def plain() -> str:
        return "plain"

    for router in (app, deeper):

        @router.get("/pictures/{n}")
        @MORE
        def pictures(n: int) -> str:
            return "pictures"

        @router.post("/hook")
        @OPEN
        async def hook() -> str:
            return "hook"

    @app.get("/views")
    def views() -> str:
        return "get"

    @app.post("/views")
    @OPEN
    def views_post() -> str:
        return "post"

    @app.post("/whole")
    @BOTH
    def whole() -> str:
        return "post"

    deep.include_router(deeper)
    app.include_router(deep)
    return app


def litestar() -> Any:
    import litestar as web

    @web.route("/plain", http_method=["GET", "POST"], sync_to_thread=False, status_code=200)
    def plain() -> str:
        return "plain"

    def made() -> list[Any]:
        @web.get("/pictures/{n:int}", sync_to_thread=False)
        @MORE
        def pictures(request: web.Request[Any, Any, Any]) -> str:
            return "pictures"

        @OPEN
        @web.post("/hook", sync_to_thread=False)
        def hook() -> str:
            return "hook"

        return [pictures, hook]

    class Views(web.Controller):
        path = "/views"

        @web.get(sync_to_thread=False)
        def read(self) -> str:
            return "get"

        @web.post(sync_to_thread=False)
        @OPEN
        def write(self) -> str:
            return "post"

    @web.post("/whole", sync_to_thread=False)
    @BOTH
    def whole() -> str:
        return "post"

    deep = web.Router("/deep/er", route_handlers=made())
    return web.Litestar(
        [plain, *made(), Views, whole, deep], openapi_config=None, logging_config=None, signature_namespace={"web": web}
    )


def _flask(app: Any, blueprint: Any, view: Any) -> Any:
    @app.route("/plain", methods=["GET", "POST"])
    def plain() -> str:
        return "plain"

    for where in (app, blueprint):

        @where.get("/pictures/<int:n>")
        @MORE
        def pictures(n: int) -> str:
            return "pictures"

        @where.post("/hook")
        @OPEN
        def hook() -> str:
            return "hook"

    class Views(view):  # type: ignore[misc]
        def get(self) -> str:
            return "get"

        @OPEN
        def post(self) -> str:
            return "post"

    @BOTH
    class Whole(view):  # type: ignore[misc]
        def post(self) -> str:
            return "post"

    app.add_url_rule("/views", view_func=Views.as_view("views"))
    app.add_url_rule("/whole", view_func=Whole.as_view("whole"))
    app.register_blueprint(blueprint, url_prefix="/deep/er")
    return app


def flask() -> Any:
    from flask import Blueprint, Flask
    from flask.views import MethodView

    return _flask(Flask(__name__), Blueprint("deep", __name__), MethodView)


def quart() -> Any:
    from quart import Blueprint, Quart
    from quart.views import MethodView

    class Views(MethodView):
        async def dispatch_request(self, **kwargs: Any) -> Any:
            from quart import request

            return getattr(self, request.method.lower())(**kwargs)

    return _flask(Quart(__name__), Blueprint("deep", __name__), Views)


FRAMEWORKS: list[tuple[Callable[[], Any], Any]] = [
    (starlette, "asgi"),
    (fastapi, "asgi"),
    (litestar, "asgi"),
    (quart, "asgi"),
    (flask, "wsgi"),
]


@pytest.fixture(params=FRAMEWORKS, ids=lambda f: f[0].__name__)
def visitor(request: pytest.FixtureRequest) -> Visitor:
    make, protocol = request.param
    return Visitor(protect(make(), BASE), protocol)


@pytest.mark.parametrize(
    ("method", "target", "more", "status"),
    [
        ("GET", "/plain", False, 200),
        ("GET", "/pictures/3", True, 200),
        ("GET", "/deep/er/pictures/3", True, 200),
        ("POST", "/plain", False, 403),
        ("POST", "/hook", False, 200),
        ("POST", "/deep/er/hook", False, 200),
        ("GET", "/views", False, 200),
        ("POST", "/views", False, 200),
        ("POST", "/whole", True, 200),
        # What is no such route has the policy of the application.
        ("HEAD", "/pictures/3", False, 200),
        ("GET", "/hook", False, 405),
        ("POST", "/pictures/3", False, 403),
        ("GET", "/pictures/x", False, 404),
        ("GET", "/nowhere", False, 404),
        ("POST", "/hook/", False, 403),
        ("POST", "/deep/er/hook/x", False, 403),
    ],
)
def test_by_route(visitor: Visitor, method: str, target: str, more: bool, status: int) -> None:
    got = visitor.request(method, target, **FOREIGN)
    if method == "GET" and target == "/pictures/x":
        assert got.status in {404, 422}  # FastAPI reads the number after it has chosen the route
    elif target == "/hook/" and type(visitor.app).__name__ == "Litestar":
        assert got.status == 201  # for its router, this is the same route
    elif method == "HEAD":
        assert got.status in {200, 405}
    else:
        expected = {201} | {status} if status == 200 else {status}
        assert got.status in expected, got
        assert (IMG in (got.one("content-security-policy") or "")) is more
    assert got.one("x-content-type-options") == "nosniff"


@pytest.mark.parametrize(("make", "protocol"), FRAMEWORKS)
def test_said_when_it_starts(make: Any, protocol: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "hauberk.decisions"):
        Visitor(protect(make(), BASE), protocol).get("/plain")
    told = [vars(record)["hauberk"] for record in caplog.records]
    reasons = {one["reason"] for one in told if one["event"] == "policy-overridden"}
    assert reasons == {"pictures of the partner", "signed by the payment provider", "both"}


@pytest.mark.parametrize(("make", "protocol"), FRAMEWORKS)
def test_listed_for_whoever_wants_to_read_them(make: Any, protocol: Any) -> None:
    app = make()
    before = overrides_in(app)
    assert {one.reason for one in before} == {"pictures of the partner", "signed by the payment provider", "both"}
    assert all("test_override" in one.where for one in before)
    assert overrides_in(protect(app, BASE)) == before


def test_weaker_without_a_reason_is_an_error_at_the_start() -> None:
    from starlette.applications import Starlette
    from starlette.routing import Route

    @override(frame_options=FrameOptions(action="SAMEORIGIN"))
    async def framed(request: Any) -> None: ...

    app = protect(Starlette(routes=[Route("/framed", framed)]), BASE.replace(frame_options=FrameOptions(action="DENY")))
    with pytest.raises(ConfigurationError, match=r"framed.*cannot be shown to be as strict, without a reason"):
        app.build_middleware_stack()


def test_a_marked_handler_under_a_decorator_of_another() -> None:
    import functools

    from flask import Flask

    app = Flask(__name__)

    def logged_in(view: Any) -> Any:
        @functools.wraps(view)
        def wrapper(*args: Any) -> Any:
            return view(*args)

        return wrapper

    @app.post("/hook")
    @logged_in
    @OPEN
    def hook() -> str:
        return "hook"

    assert Visitor(protect(app, BASE), "wsgi").request("POST", "/hook", **FOREIGN).status == 200


def test_a_websocket_of_an_overridden_route() -> None:
    from starlette.applications import Starlette
    from starlette.routing import WebSocketRoute
    from starlette.testclient import TestClient
    from starlette.websockets import WebSocket, WebSocketDisconnect

    async def plain(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("hello")
        await websocket.close()

    @OPEN
    async def opened(websocket: WebSocket) -> None:
        await plain(websocket)

    app = protect(Starlette(routes=[WebSocketRoute("/plain", plain), WebSocketRoute("/open", opened)]), BASE)
    client = TestClient(app, base_url="https://testserver")
    foreign = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    with client.websocket_connect("/open", headers=foreign) as socket:
        assert socket.receive_text() == "hello"
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/plain", headers=foreign) as socket:
        socket.receive_text()


def test_what_is_mounted_beside_flask_keeps_the_policy() -> None:
    from flask import Flask
    from werkzeug.middleware.dispatcher import DispatcherMiddleware

    app, other = Flask(__name__), Flask("other")

    @app.post("/<path:anything>")
    @OPEN
    def hook(anything: str) -> str:
        return "hook"

    other.add_url_rule("/pay", view_func=lambda: "paid", methods=["POST"])
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/shop": other})  # type: ignore[method-assign]
    visitor = Visitor(protect(app, BASE), "wsgi")
    assert visitor.request("POST", "/hook", **FOREIGN).status == 200
    assert visitor.request("POST", "/shop/pay", **FOREIGN).status == 403


def test_no_override_costs_nothing() -> None:
    from flask import Flask

    app = protect(Flask(__name__), BASE)
    Visitor(app, "wsgi").get("/")
    assert "hauberk.adapters.wsgi" in app.wsgi_app.__module__, "the shield itself, with nothing before it"


def test_stores_and_tables_are_shared() -> None:
    policy = Policy().replace(csrf=CSRF(), csp=CSP())
    from hauberk.policy import assemble

    assembly = assemble()
    one, other = policy.plan(assembly), applied(policy, [Override({"csp": CSP.api()}, "", "x")]).plan(assembly)
    assert one.on_request == other.on_request, "the very same steps"
    assert one.headers != other.headers


# -- Django -----------------------------------------------------------------------------------------------------------


class Urls:
    """A URLconf: Django takes any object with this name."""

    urlpatterns: ClassVar[list[Any]] = []


@pytest.fixture
def client() -> Iterator[Any]:
    from tests.drivers import serve_django

    serve_django(Policy().plan())  # which configures Django, once a process
    from django.http import HttpRequest, HttpResponse
    from django.test import Client, override_settings
    from django.urls import include, path
    from django.views import View

    def plain(request: HttpRequest) -> HttpResponse:
        return HttpResponse("plain")

    @MORE
    def pictures(request: HttpRequest, n: int) -> HttpResponse:
        return HttpResponse("pictures")

    @OPEN
    async def hook(request: HttpRequest) -> HttpResponse:
        return HttpResponse("hook")

    class Views(View):  # type: ignore[misc]
        def get(self, request: HttpRequest) -> HttpResponse:
            return HttpResponse("get")

        @OPEN
        def post(self, request: HttpRequest) -> HttpResponse:
            return HttpResponse("post")

    @BOTH
    class Whole(Views):
        pass

    class Inherits(Whole):
        def post(self, request: HttpRequest) -> HttpResponse:
            return HttpResponse("post")

    inner = [path("pictures/<int:n>", pictures), path("hook", hook)]
    Urls.urlpatterns = [
        path("plain", plain),
        *inner,
        path("deep/", include([path("er/", include(inner))])),
        path("views", Views.as_view()),
        path("whole", Whole.as_view()),
        path("inherits", Inherits.as_view()),
    ]
    with override_settings(MIDDLEWARE=["hauberk.django.Shield"], ROOT_URLCONF=Urls, HAUBERK=BASE):
        yield Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("method", "target", "more", "status"),
    [
        ("GET", "/plain", False, 200),
        ("GET", "/pictures/3", True, 200),
        ("HEAD", "/pictures/3", False, 200),
        ("GET", "/deep/er/pictures/3", True, 200),
        ("POST", "/plain", False, 403),
        ("POST", "/hook", False, 200),
        ("POST", "/deep/er/hook", False, 200),
        ("GET", "/views", False, 200),
        ("POST", "/views", False, 200),
        ("POST", "/whole", True, 200),
        ("POST", "/inherits", False, 403),
        ("GET", "/inherits", False, 200),
        ("POST", "/hook/", False, 403),
        ("GET", "/nowhere", False, 404),
    ],
)
def test_django(client: Any, method: str, target: str, more: bool, status: int) -> None:
    headers = {name.replace("_", "-"): value for name, value in FOREIGN.items()}
    got = client.generic(method, target, secure=True, headers=headers)
    assert got.status_code == status
    assert (IMG in got.headers["content-security-policy"]) is more


class Elsewhere:
    """Middleware that names another URLconf, as for a subdomain."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        request.urlconf = OtherUrls
        return self.get_response(request)


class OtherUrls:
    urlpatterns: ClassVar[list[Any]] = []


def test_django_middleware_that_leads_elsewhere_weakens_nothing(client: Any) -> None:
    from django.http import HttpResponse
    from django.test import Client, override_settings
    from django.urls import path

    OtherUrls.urlpatterns = [
        path("hook", lambda request: HttpResponse("pay")),
        path("plain", Urls.urlpatterns[0].callback),
    ]
    headers = {name.replace("_", "-"): value for name, value in FOREIGN.items()}
    with override_settings(MIDDLEWARE=["hauberk.django.Shield", f"{__name__}.Elsewhere"]):
        visitor = Client(raise_request_exception=False)
        assert visitor.post("/hook", secure=True, headers=headers).status_code == 403
        assert visitor.get("/plain", secure=True).status_code == 200


def test_django_languages_in_the_path(client: Any) -> None:
    from django.conf.urls.i18n import i18n_patterns
    from django.test import Client, override_settings
    from django.urls import path

    plain, pictures = Urls.urlpatterns[0].callback, Urls.urlpatterns[1].callback
    Urls.urlpatterns = [
        *i18n_patterns(path("pictures/<int:n>", pictures)),
        path("<path:anything>", lambda r, anything: plain(r)),
    ]
    middleware = ["hauberk.django.Shield", "django.middleware.locale.LocaleMiddleware"]
    with override_settings(MIDDLEWARE=middleware, LANGUAGES=[("en", "English"), ("de", "German")], LANGUAGE_CODE="en"):
        visitor = Client(raise_request_exception=False)
        for target, more in (("/de/pictures/3", True), ("/en/pictures/3", True), ("/fr/pictures/3", False)):
            assert (IMG in visitor.get(target, secure=True).headers["content-security-policy"]) is more, target


def test_a_router_that_raises_is_answered_by_the_policy() -> None:
    from starlette.applications import Starlette
    from starlette.convertors import Convertor, register_url_convertor
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route

    class Broken(Convertor[str]):
        regex = "[a-z]+"

        def convert(self, value: str) -> str:
            raise RuntimeError("hunter2")

        def to_string(self, value: str) -> str:
            return value

    register_url_convertor("broken", Broken())

    @MORE
    async def view(request: Request) -> Response:
        return PlainTextResponse("x")

    visitor = Visitor(protect(Starlette(routes=[Route("/{x:broken}", view)]), BASE), "asgi")
    got = visitor.get("/abc")
    assert got.status == 500
    assert got.one("content-security-policy") == CSP().value(nonced=False)
