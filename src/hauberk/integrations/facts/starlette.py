"""Starlette and FastAPI."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hauberk.check.facts import Facts, MountFacts, Setting, TemplateFacts
from hauberk.core.finding import Location
from hauberk.integrations.facts import middleware as of
from hauberk.integrations.facts.layers import Layer, known, of_class, unwrap
from hauberk.integrations.facts.mounts import exposed
from hauberk.integrations.facts.protection import of as protection_of
from hauberk.integrations.facts.protection import overlay
from hauberk.integrations.facts.reading import Reading
from hauberk.integrations.facts.secrets import module_level, plain
from hauberk.integrations.facts.source import Spot
from hauberk.integrations.facts.templates import of_environment

DEEPEST = 20


def read(reading: Reading, app: Any) -> Facts:
    """Everything that the application object holds: flags, middleware with bound options, routes and mounts."""
    reading.protection = reading.protection or protection_of(app, _protected_at(reading))
    outer = list(reading.layers)
    reading.layers = outer + list(of.dispatches(_user_middleware(app)))
    routed = reading.part("routes", lambda: list(_walk(app.routes)))
    apps = {"": app}
    for one in routed or ():
        if hasattr(one.mounted, "user_middleware"):
            apps[one.path] = one.mounted
            reading.layers += of.dispatches(_user_middleware(one.mounted))
        elif known(one.mounted):
            name = type(one.mounted).__name__
            reading.gaps.append(f"The {name} application at {one.path} was not judged: check it by its own name.")
    cookies, session, secrets = reading.part("sessions", lambda: of.sessions(reading)) or (None, None, ())
    keys: set[str | bytes] = {text for layer in reading.layers if (text := plain(layer.options.get("secret_key")))}
    secrets += tuple(reading.part("secrets", lambda: list(module_level(reading.sources, keys))) or ())
    maker = type(app).__name__
    return Facts(
        name=reading.target.name,
        framework=reading.target.framework,
        where=reading.where,
        routes=None if routed is None else sum(one.mounted is None for one in routed),
        debug=reading.part("debug", lambda: _debug(reading, list(apps.values()))),
        tools=reading.part("tools", lambda: of.tools(reading)),
        hosts=reading.part("hosts", lambda: of.hosts(reading, "TrustedHostMiddleware")),
        secrets=secrets,
        cookies=cookies,
        cors=reading.part("CORS", lambda: of.cors(reading)),
        csrf=reading.part("CSRF", lambda: of.csrf(reading, "CSRF middleware")),
        docs=reading.part("documentation", lambda: tuple(_docs(reading, apps))),
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
        rates=reading.part("rates", lambda: of.rates(reading, _limiter(app))),
        websockets=None if routed is None else sum("WebSocket" in type(one.route).__name__ for one in routed),
        proxies=reading.part("proxies", lambda: of.proxies(reading)),
        mounts=reading.part("mounts", lambda: tuple(_mounts(reading, routed))) if routed is not None else None,
        middleware=tuple(layer.name for layer in reading.layers),
        protected=reading.protection is not None,
    )


def _protected_at(reading: Reading) -> Location:
    return reading.locate(("protect", "()"))


def _limiter(app: Any) -> str:
    """slowapi keeps its limiter here."""
    limiter = getattr(getattr(app, "state", None), "limiter", None)
    return type(limiter).__name__ if limiter is not None else ""


def _user_middleware(app: Any) -> Iterator[Layer]:
    for middleware in app.user_middleware:
        cls, args, kwargs = middleware
        yield of_class(cls, tuple(args), kwargs)


@dataclass(frozen=True, slots=True)
class Routed:
    """A route, its whole path, and what is mounted there."""

    path: str
    route: Any
    mounted: Any = None


def _walk(routes: Any, prefix: str = "", depth: int = 0) -> Iterator[Routed]:
    """Every route of an application and of what is mounted or included in it."""
    for route in routes or () if depth < DEEPEST else ():
        included = getattr(route, "original_router", None)
        if included is not None:  # FastAPI keeps an included router as it was given
            inner = str(getattr(getattr(route, "include_context", None), "prefix", "") or "")
            yield from _walk(included.routes, prefix + inner, depth + 1)
            continue
        path = prefix + str(getattr(route, "path", None) or getattr(route, "host", ""))
        mounted = None if hasattr(route, "endpoint") else getattr(route, "app", None)
        inside = unwrap(mounted)[1] if mounted is not None else None
        yield Routed(path, route, inside)
        yield from _walk(getattr(inside, "routes", None), path.rstrip("/"), depth + 1)


def _debug(reading: Reading, apps: list[Any]) -> Setting[bool]:
    """The application's own flag, or that of one that is mounted in it."""
    on = next((app for app in apps if app.debug), None)
    maker = type(on if on is not None else apps[0]).__name__
    return reading.setting(on is not None, f"{maker}(debug=...)", ("debug", maker), ("debug", ""))


def _docs(reading: Reading, apps: dict[str, Any]) -> Iterator[Setting[str]]:
    for prefix, app in apps.items():
        served = {getattr(route, "path", None) for route in app.routes}
        for option in ("openapi_url", "docs_url", "redoc_url"):
            path = getattr(app, option, None)
            if path and path in served:
                maker = type(app).__name__
                where = reading.locate((option, maker), value=path)
                yield Setting(value=prefix + path, name=f"{maker}({option}=...)", where=where)


def _templates(reading: Reading, app: Any) -> Iterator[TemplateFacts]:
    # Here and not above: protection brings the adapters along, which an application without templates does not need.
    from hauberk.integrations.protect.engines import engines

    for number, environment in enumerate(engines(app)):
        name = "Jinja2 environment" + f" {number + 1}" * bool(number)
        off = not callable(environment.autoescape) and not environment.autoescape
        places: list[Spot] = [("autoescape", None)] if off else []
        places += [("select_autoescape", "()"), ("Jinja2Templates", "()"), ("Environment", "()")]
        value = {"value": False} if off else {}
        yield of_environment(environment, name, reading.locate(*places, **value))


def _mounts(reading: Reading, routed: list[Routed]) -> Iterator[MountFacts]:
    own = [source.path for source in reading.sources.files]
    for one in routed:
        directories = getattr(one.mounted, "all_directories", None)
        if directories is None:
            continue
        paths = [Path(directory) for directory in directories]
        symlinks = bool(getattr(one.mounted, "follow_symlink", False))
        option: list[Spot] = [("follow_symlink", "StaticFiles")] if symlinks else []
        yield MountFacts(
            path=one.path or "/",
            directory=", ".join(map(str, paths)),
            symlinks=symlinks,
            exposes=exposed(paths, own),
            where=reading.locate(*option, ("StaticFiles", "()")),
        )
