"""Starlette and FastAPI."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hauberk.check.facts import Facts, MountFacts, Setting, TemplateFacts
from hauberk.core.finding import Location
from hauberk.integrations.facts import middleware as of
from hauberk.integrations.facts.layers import Layer, of_class, unwrap
from hauberk.integrations.facts.mounts import exposed
from hauberk.integrations.facts.protection import of as protection_of
from hauberk.integrations.facts.protection import overlay
from hauberk.integrations.facts.reading import Reading
from hauberk.integrations.facts.secrets import module_level, plain
from hauberk.integrations.facts.templates import of_environment


def read(reading: Reading, app: Any) -> Facts:
    """Everything that the application object holds: flags, middleware with bound options, routes and mounts."""
    reading.protection = reading.protection or protection_of(app, _protected_at(reading))
    outer = list(reading.layers)
    reading.layers = outer + list(of.dispatches(_user_middleware(app)))
    apps = reading.part("sub-applications", lambda: list(_sub_apps(app))) or []
    for sub in apps:
        reading.layers += of.dispatches(_user_middleware(sub))
    everything = [app, *apps]
    cookies, session, secrets = reading.part("sessions", lambda: of.sessions(reading)) or (None, None, ())
    known: set[str | bytes] = {text for layer in reading.layers if (text := plain(layer.options.get("secret_key")))}
    secrets += tuple(reading.part("secrets", lambda: list(module_level(reading.sources, known))) or ())
    maker = type(app).__name__
    return Facts(
        name=reading.target.name,
        framework=reading.target.framework,
        where=reading.where,
        routes=reading.part("routes", lambda: sum(1 for one in everything for _ in _routes(one.routes))),
        debug=reading.part("debug", lambda: _debug(reading, everything)),
        tools=reading.part("tools", lambda: of.tools(reading)),
        hosts=reading.part("hosts", lambda: of.hosts(reading, "TrustedHostMiddleware")),
        secrets=secrets,
        cookies=cookies,
        cors=reading.part("CORS", lambda: of.cors(reading)),
        csrf=reading.part("CSRF", lambda: of.csrf(reading, "CSRF middleware")),
        docs=reading.part("documentation", lambda: tuple(_docs(reading, app, everything))),
        admin=(),
        templates=reading.part("templates", lambda: tuple(_templates(reading, app))),
        https_redirect=reading.part("https", lambda: of.https_redirect(reading, "no HTTPSRedirectMiddleware")),
        headers=reading.part("headers", lambda: overlay(reading.mentions([], {}), reading.protection)) or {},
        body_limit=reading.part(
            "limits",
            lambda: of.body_limit(
                reading, getattr(app, "max_body_size", None), f"{maker}(max_body_size=...)", ("max_body_size", maker)
            ),
        ),
        session=session,
        proxies=reading.part("proxies", lambda: of.proxies(reading)),
        mounts=reading.part("mounts", lambda: tuple(_mounts(reading, everything))),
        middleware=tuple(layer.name for layer in reading.layers),
        protected=reading.protection is not None,
    )


def _protected_at(reading: Reading) -> Location:
    return reading.locate(("protect", "()"))


def _user_middleware(app: Any) -> Iterator[Layer]:
    for middleware in app.user_middleware:
        cls, args, kwargs = middleware
        yield of_class(cls, tuple(args), kwargs)


def _routes(routes: Any) -> Iterator[Any]:
    for route in routes or ():
        inner = getattr(route, "routes", None)
        if inner and not hasattr(route, "endpoint"):
            yield from _routes(inner)
        else:
            yield route


def _sub_apps(app: Any, depth: int = 0) -> Iterator[Any]:
    """Applications that are mounted in this one, and in those."""
    for route in app.routes if depth < 5 else ():
        mounted = getattr(route, "app", None)
        if mounted is None or hasattr(route, "endpoint"):
            continue
        _, inner = unwrap(mounted)
        if hasattr(inner, "user_middleware"):
            yield inner
            yield from _sub_apps(inner, depth + 1)


def _debug(reading: Reading, apps: list[Any]) -> Setting[bool]:
    """The application's own flag, or that of one that is mounted in it."""
    on = next((app for app in apps if app.debug), None)
    maker = type(on if on is not None else apps[0]).__name__
    return reading.setting(on is not None, f"{maker}(debug=...)", ("debug", maker), ("debug", ""))


def _docs(reading: Reading, app: Any, apps: list[Any]) -> Iterator[Setting[str]]:
    for one in apps:
        schema = getattr(one, "openapi_url", None)
        if not schema:
            continue  # without a schema FastAPI serves no page about it either
        for option in ("openapi_url", "docs_url", "redoc_url"):
            path = getattr(one, option, None)
            served = {getattr(route, "path", None) for route in one.routes}
            if path and path in served:
                maker = type(one).__name__
                where = reading.locate((option, maker), value=path)
                prefix = "" if one is app else _prefix(app, one)
                yield Setting(value=prefix + path, name=f"{maker}({option}=...)", where=where)


def _path(route: Any) -> str:
    return str(getattr(route, "path", None) or getattr(route, "host", ""))


def _prefix(app: Any, wanted: Any) -> str:
    for route in app.routes:
        mounted = getattr(route, "app", None)
        if mounted is None or hasattr(route, "endpoint"):
            continue
        _, inner = unwrap(mounted)
        if inner is wanted:
            return _path(route)
        if hasattr(inner, "user_middleware") and (below := _prefix(inner, wanted)):
            return _path(route) + below
    return ""


def _templates(reading: Reading, app: Any) -> Iterator[TemplateFacts]:
    # Here and not above: protection brings the adapters along, which an application without templates does not need.
    from hauberk.integrations.protect.starlette import engines

    for number, environment in enumerate(engines(app)):
        name = "Jinja2 environment" + f" {number + 1}" * bool(number)
        off = not callable(environment.autoescape) and not environment.autoescape
        places: list[tuple[str, str | None]] = [("autoescape", None)] if off else []
        places += [("select_autoescape", "()"), ("Jinja2Templates", "()"), ("Environment", "()")]
        value = {"value": False} if off else {}
        yield of_environment(environment, name, reading.locate(*places, **value))


def _mounts(reading: Reading, apps: list[Any]) -> Iterator[MountFacts]:
    own = [source.path for source in reading.sources.files]
    for app in apps:
        for route in app.routes:
            mounted = getattr(route, "app", None)
            if mounted is None or hasattr(route, "endpoint"):
                continue
            _, files = unwrap(mounted)
            directories = getattr(files, "all_directories", None)
            if directories is None:
                continue
            paths = [Path(directory) for directory in directories]
            symlinks = bool(getattr(files, "follow_symlink", False))
            option: list[tuple[str, str | None]] = [("follow_symlink", "StaticFiles")] if symlinks else []
            yield MountFacts(
                path=_path(route) or "/",
                directory=", ".join(map(str, paths)),
                symlinks=symlinks,
                exposes=exposed(paths, own),
                where=reading.locate(*option, ("StaticFiles", "()")),
            )
