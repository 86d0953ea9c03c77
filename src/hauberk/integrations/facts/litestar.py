"""Litestar: its configuration objects, its middleware, and its static file handlers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hauberk.check.facts import (
    CookieFacts,
    CORSFacts,
    CSRFFacts,
    Facts,
    MountFacts,
    Secret,
    SessionFacts,
    Setting,
    TemplateFacts,
)
from hauberk.integrations.facts import middleware as of
from hauberk.integrations.facts.layers import Layer, cells, of_class
from hauberk.integrations.facts.mounts import exposed
from hauberk.integrations.facts.protection import of as protection_of
from hauberk.integrations.facts.protection import overlay
from hauberk.integrations.facts.reading import Reading
from hauberk.integrations.facts.secrets import module_level, plain, secret
from hauberk.integrations.facts.templates import of_environment


def read(reading: Reading, app: Any) -> Facts:
    """What the constructor was given, defaults included."""
    for holder in (app, app.asgi_handler):
        reading.protection = reading.protection or protection_of(holder, reading.locate(("protect", "()")))
    reading.layers = [*reading.layers, *(_layer(middleware) for middleware in app.middleware)]
    config = _session_config(reading)
    return Facts(
        name=reading.target.name,
        framework="litestar",
        where=reading.where,
        routes=reading.part("routes", lambda: len(app.routes)),
        debug=reading.setting(bool(app.debug), "Litestar(debug=...)", ("debug", "Litestar")),
        tools=reading.part("tools", lambda: tuple(_tools(reading, app))),
        hosts=reading.part("hosts", lambda: _hosts(reading, app)),
        secrets=reading.part("secrets", lambda: tuple(_secrets(reading, app, config))),
        cookies=reading.part("cookies", lambda: tuple(_cookies(reading, app, config))),
        cors=reading.part("CORS", lambda: tuple(_cors(reading, app))),
        csrf=reading.part("CSRF", lambda: _csrf(reading, app)),
        docs=reading.part("documentation", lambda: tuple(_docs(reading, app))),
        admin=(),
        templates=reading.part("templates", lambda: tuple(_templates(reading, app))),
        https_redirect=reading.part("https", lambda: of.https_redirect(reading, "no redirect is installed")),
        headers=reading.part("headers", lambda: overlay(reading.mentions(_hooks(app), {}), reading.protection)) or {},
        body_limit=reading.part("limits", lambda: _limit(reading, app)),
        fields_limit=reading.part("form limits", lambda: _fields(reading, app)),
        session=reading.part("sessions", lambda: _session(reading, config)),
        rates=reading.part("rates", lambda: of.rates(reading)),
        websockets=reading.part("routes", lambda: sum("WebSocket" in type(route).__name__ for route in app.routes)),
        proxies=reading.part("proxies", lambda: of.proxies(reading)),
        mounts=reading.part("static files", lambda: tuple(_mounts(reading, app))),
        middleware=tuple(layer.name for layer in reading.layers),
        protected=reading.protection is not None,
    )


def _layer(middleware: Any) -> Layer:
    """A class, a function, or a DefineMiddleware that holds its arguments."""
    if type(middleware).__name__ == "DefineMiddleware":
        return of_class(middleware.middleware, tuple(middleware.args), dict(middleware.kwargs))
    return of_class(middleware)


def _hooks(app: Any) -> list[Any]:
    return [[header.name for header in app.response_headers or ()], app.after_request, app.before_send]


def _tools(reading: Reading, app: Any) -> Iterator[Setting[str]]:
    yield from of.tools(reading)
    if getattr(app, "pdb_on_exception", False):
        where = reading.locate(("pdb_on_exception", "Litestar"))
        yield Setting(value="a debugger that opens on errors", name="Litestar(pdb_on_exception=True)", where=where)


def _hosts(reading: Reading, app: Any) -> Setting[tuple[str, ...] | None] | None:
    allowed = app.allowed_hosts
    if allowed is None:
        return of.hosts(reading, "Litestar(allowed_hosts=...)")
    names = of.texts(getattr(allowed, "allowed_hosts", allowed))
    return Setting(value=names, name="Litestar(allowed_hosts=...)", where=reading.locate(("allowed_hosts", None)))


def _session_config(reading: Reading) -> Any:
    for layer in reading.layers:
        config = getattr(layer.options.get("backend"), "config", None)
        if layer.is_a("SessionMiddleware") and config is not None:
            return config
    return None


def _secrets(reading: Reading, app: Any, config: Any) -> Iterator[Secret]:
    known: set[str | bytes] = set()
    found: list[tuple[str, Any, Any]] = []
    if config is not None and hasattr(config, "secret"):
        found.append((f"{type(config).__name__}(secret=...)", config.secret, "cipher"))
    if app.csrf_config is not None:
        found.append(("CSRFConfig(secret=...)", app.csrf_config.secret, "signing"))
    for name, value, use in found:
        if (one := secret(name, value, reading.sources, use=use, names=("secret", "SECRET"))) is not None:
            known.add(plain(value) or "")
            yield one
    yield from module_level(reading.sources, known)


def _cookies(reading: Reading, app: Any, config: Any) -> Iterator[CookieFacts]:
    if config is not None:
        yield _cookie(reading, type(config).__name__, "session", config, "key", "")
    if app.csrf_config is not None:
        yield _cookie(reading, "CSRFConfig", "csrf", app.csrf_config, "cookie_name", "cookie_")


def _cookie(reading: Reading, maker: str, role: Any, config: Any, name: str, prefix: str) -> CookieFacts:
    names = {part: prefix + part for part in ("secure", "httponly", "samesite", "domain")} | {"name": name}
    cookie = CookieFacts(
        name=str(getattr(config, name)),
        role=role,
        secure=bool(getattr(config, names["secure"])),
        httponly=bool(getattr(config, names["httponly"])),
        samesite=of.same_site(getattr(config, names["samesite"])),
        path=str(getattr(config, prefix + "path", "/")),
        domain=getattr(config, names["domain"]),
        options={part: f"{maker}({option}=...)" for part, option in names.items()},
        where={part: reading.locate((option, maker), (maker, "()")) for part, option in names.items()},
    )
    return reading.protection.cookie(cookie) if reading.protection else cookie


def _session(reading: Reading, config: Any) -> SessionFacts | None:
    if config is None:
        return None
    maker = type(config).__name__
    client = hasattr(config, "secret")
    return SessionFacts(
        kind="client" if client else "server",
        engine=maker,
        serializer="json",
        lifetime=Setting(
            value=of.seconds(config.max_age),
            name=f"{maker}(max_age=...)",
            where=reading.locate(("max_age", maker), (maker, "()")),
        ),
        absolute=Setting(
            value=None if client or getattr(config, "renew_on_access", True) else of.seconds(config.max_age),
            name=f"{maker}(max_age=...)" if not client else f"{maker} renews it in each answer",
            where=reading.locate((maker, "()")),
        ),
        where=reading.locate((maker, "()")),
    )


def _cors(reading: Reading, app: Any) -> Iterator[CORSFacts]:
    yield from of.cors(reading)
    config = app.cors_config
    if config is None:
        return
    origins = of.texts(config.allow_origins)
    # `*` may stand anywhere in an origin here, and then means any text.
    wild = tuple(o for o in origins if "*" in o and o != "*")
    patterns = tuple(o.replace(".", r"\.").replace("*", ".*") for o in wild) + of.texts(config.allow_origin_regex)
    yield CORSFacts(
        origins=tuple(o for o in origins if o not in wild),
        patterns=patterns,
        credentials=bool(config.allow_credentials),
        reflects="*" not in origins,
        methods=of.texts(config.allow_methods),
        headers=of.texts(config.allow_headers),
        name="CORSConfig",
        where=reading.locate(("allow_origins", "CORSConfig"), ("CORSConfig", "()")),
    )


def _csrf(reading: Reading, app: Any) -> CSRFFacts:
    config = app.csrf_config
    if config is None:
        return of.csrf(reading, "CSRFConfig")
    where = reading.locate(("CSRFConfig", "()"))
    left_out: list[tuple[str, str, Any]] = [
        (f"the path {path}", "CSRFConfig(exclude=...)", None) for path in of.texts(config.exclude)
    ]
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if handler.opt.get(config.exclude_from_csrf_key):
                function = getattr(handler.fn, "value", handler.fn)
                left_out.append((f"{handler} ({route.path})", config.exclude_from_csrf_key, function))
    exempt = tuple(
        Setting(
            value=what,
            name=by,
            where=reading.sources.function(function) if function else reading.locate(("exclude", "CSRFConfig")),
        )
        for what, by, function in dict.fromkeys(left_out)
    )
    return CSRFFacts(state="on", name="CSRFConfig", exempt=exempt, where=where)


def _docs(reading: Reading, app: Any) -> Iterator[Setting[str]]:
    config: Any = app.openapi_config
    if config is None:
        return
    router = getattr(config, "openapi_router", None)
    path = getattr(router, "path", None) or config.path or getattr(config.openapi_controller, "path", None) or "/schema"
    where = reading.locate(("openapi_config", "Litestar"))
    yield Setting(value=str(path), name="Litestar(openapi_config=...)", where=where)


def _templates(reading: Reading, app: Any) -> Iterator[TemplateFacts]:
    engine = getattr(app.template_engine, "engine", None)
    if engine is None or not hasattr(engine, "autoescape"):
        return  # Mako and MiniJinja have no such switch
    where = reading.locate(("autoescape", None), ("JinjaTemplateEngine", None), ("TemplateConfig", "()"))
    yield of_environment(engine, type(app.template_engine).__name__, where)


def _limit(reading: Reading, app: Any) -> Setting[int | None] | None:
    size = getattr(app, "request_max_body_size", None)
    return of.body_limit(
        reading,
        size if isinstance(size, int) else None,
        "Litestar(request_max_body_size=...)",
        ("request_max_body_size", "Litestar"),
    )


def _fields(reading: Reading, app: Any) -> Setting[int | None]:
    value = app.multipart_form_part_limit
    name = "Litestar(multipart_form_part_limit=...)"
    return Setting(value=value, name=name, where=reading.locate(("multipart_form_part_limit", "Litestar")))


def _mounts(reading: Reading, app: Any) -> Iterator[MountFacts]:
    own = [source.path for source in reading.sources.files]
    seen: set[tuple[str, ...]] = set()
    for route in app.routes:
        for handler in getattr(route, "route_handlers", [getattr(route, "route_handler", None)]):
            folders = _folders(handler)
            if not folders or folders in seen:
                continue
            seen.add(folders)
            yield MountFacts(
                path=str(route.path).partition("/{")[0] or "/",
                directory=", ".join(folders),
                symlinks=None,
                exposes=exposed([Path(folder) for folder in folders], own),
                where=reading.locate(("create_static_files_router", "()"), ("StaticFilesConfig", "()")),
            )


def _folders(handler: Any) -> tuple[str, ...]:
    """The folders of a StaticFiles object: in the handler's closure, or the handler itself."""
    function = getattr(getattr(handler, "fn", None), "value", getattr(handler, "fn", None))
    for value in (function, *cells(function).values()):
        if type(value).__name__ == "StaticFiles":
            return tuple(str(folder) for folder in getattr(value, "directories", ()))
    return ()
