"""Django: `settings` as they are in force, the middleware that acts on them, and the URL configuration."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template import engines
from django.utils.module_loading import import_string

from hauberk.check.facts import (
    CookieFacts,
    CSRFFacts,
    Facts,
    HeaderFacts,
    Secret,
    SessionFacts,
    Setting,
    TemplateFacts,
)
from hauberk.integrations.facts import django_advice
from hauberk.integrations.facts import django_transport as transport
from hauberk.integrations.facts import middleware as of
from hauberk.integrations.facts.django_transport import effective
from hauberk.integrations.facts.django_urls import Urls
from hauberk.integrations.facts.layers import Layer, of_class
from hauberk.integrations.facts.protection import of_policy, overlay
from hauberk.integrations.facts.reading import Reading
from hauberk.integrations.facts.secrets import module_level, password_of, plain, secret
from hauberk.integrations.facts.source import Sources, own_files, star_imports
from hauberk.integrations.facts.templates import of_environment, of_folders

TOOLS = {
    "debug_toolbar": "a debug toolbar",
    "silk": "a profiler",
    "django_browser_reload": "a reload script",
    "livereload": "a reload script",
    "django_pdb": "a debugger",
    "template_profiler_panel": "a profiler",
}
SERVER_SIDE = ("db", "cache", "cached_db", "file")
CHECKED_BY_APPLICATION = "django.contrib.auth"


def read(reading: Reading, app: Any) -> Facts:
    """Every setting counts only if the middleware that reads it is installed."""
    routed = reading.part("the URL configuration", Urls.load)
    _settings_first(reading)
    reading.layers += reading.part("MIDDLEWARE", lambda: list(_middleware())) or []
    reading.protection = reading.protection or reading.part("HAUBERK", lambda: _policy(reading))
    urls = reading.part("the URL configuration", lambda: Urls.read(reading)) if routed else None
    return Facts(
        name=reading.target.name,
        framework="django",
        where=reading.where,
        routes=urls.routes if urls else None,
        debug=_switch(reading, "DEBUG"),
        propagates=_switch(reading, "DEBUG_PROPAGATE_EXCEPTIONS"),
        tools=tuple(_tools(reading)),
        hosts=effective(reading, "ALLOWED_HOSTS", of.texts(settings.ALLOWED_HOSTS)),
        secrets=reading.part("secrets", lambda: tuple(_secrets(reading))),
        cookies=reading.part("cookies", lambda: tuple(_cookies(reading))),
        cors=reading.part("CORS", lambda: tuple(transport.cors(reading))),
        csrf=reading.part("CSRF", lambda: _csrf(reading, urls)),
        framing_exempt=urls.framing if urls else None,
        docs=urls.docs if urls else None,
        admin=urls.admin if urls else None,
        open_by_default=reading.part("REST_FRAMEWORK", lambda: _open(reading)),
        templates=reading.part("TEMPLATES", lambda: tuple(_templates(reading))),
        https_redirect=transport.redirect(reading),
        headers=reading.part("headers", lambda: _headers(reading)) or {},
        body_limit=of.body_limit(
            reading,
            settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
            "DATA_UPLOAD_MAX_MEMORY_SIZE",
            ("DATA_UPLOAD_MAX_MEMORY_SIZE", None),
        ),
        fields_limit=effective(reading, "DATA_UPLOAD_MAX_NUMBER_FIELDS", settings.DATA_UPLOAD_MAX_NUMBER_FIELDS),
        hashers=effective(reading, "PASSWORD_HASHERS", of.texts(settings.PASSWORD_HASHERS)) if _accounts() else None,
        validators=reading.part("AUTH_PASSWORD_VALIDATORS", lambda: _validators(reading)),
        shortest_password=reading.part("AUTH_PASSWORD_VALIDATORS", lambda: _shortest(reading)),
        session=_session(reading),
        rates=of.rates(reading, _throttled()),
        proxies=tuple(transport.proxies(reading)),
        mounts=urls.mounts if urls else None,
        logged=tuple(_logged(reading)),
        advice=reading.part("Django's checks", lambda: django_advice.asked(reading, _hidden())),
        middleware=tuple(layer.name for layer in reading.layers),
        protected=reading.protection is not None,
    )


def _settings_first(reading: Reading) -> None:
    """Look for settings in the settings module before anything else, then in what it imports everything from.

    The rest is listed again: the modules of the URL configuration may have been imported a moment ago.
    """
    name = getattr(settings, "SETTINGS_MODULE", None)
    path = getattr(sys.modules.get(name or ""), "__file__", None)
    if path:
        files = [Path(path), *star_imports(Path(path)), *own_files(reading.target.module, reading.target.root)]
        reading.sources = Sources(reading.target.root, files)


def _middleware() -> Iterator[Layer]:
    for dotted in settings.MIDDLEWARE:
        yield of_class(import_string(dotted))


def _policy(reading: Reading) -> Any:
    if not any(layer.module.startswith("hauberk.") for layer in reading.layers):
        return None
    from hauberk.policy import Policy

    policy = getattr(settings, "HAUBERK", None) or Policy.recommended()
    return of_policy(policy, reading.locate(("HAUBERK", None)))


def _switch(reading: Reading, name: str) -> Setting[bool]:
    return effective(reading, name, bool(getattr(settings, name)))


def _installed(app: str) -> bool:
    return any(name == app or name.startswith(app + ".") for name in settings.INSTALLED_APPS)


def _accounts() -> bool:
    return _installed(CHECKED_BY_APPLICATION)


def _tools(reading: Reading) -> Iterator[Setting[str]]:
    yield from of.tools(reading)
    for app, what in TOOLS.items():
        if _installed(app):
            yield Setting(value=what, name=f"INSTALLED_APPS ({app})", where=reading.locate(("INSTALLED_APPS", None)))


def _secrets(reading: Reading) -> Iterator[Secret]:
    known: set[str | bytes] = set()
    found = [("SECRET_KEY", settings.SECRET_KEY)]
    found += [(f"SECRET_KEY_FALLBACKS[{n}]", key) for n, key in enumerate(settings.SECRET_KEY_FALLBACKS)]
    simple = getattr(settings, "SIMPLE_JWT", {}).get("SIGNING_KEY")
    if simple and simple != settings.SECRET_KEY:
        found.append(("SIMPLE_JWT['SIGNING_KEY']", simple))
    for name, value in found:
        if (one := secret(name, value, reading.sources, names=(name, "SIGNING_KEY"))) is not None:
            known.add(plain(value) or "")
            yield one
    for name, value, key in _passwords():
        one = secret(name, value, reading.sources, use="password", names=(key,))
        if one is not None:
            yield one
    yield from module_level(reading.sources, known)


def _passwords() -> Iterator[tuple[str, Any, str]]:
    for alias, database in settings.DATABASES.items():
        yield f"DATABASES[{alias!r}]['PASSWORD']", database.get("PASSWORD"), "PASSWORD"
    for alias, cache in settings.CACHES.items():
        places = cache.get("LOCATION", "")
        for place in (places,) if isinstance(places, str) else places:
            yield f"the password in CACHES[{alias!r}]['LOCATION']", password_of(place), "LOCATION"
    yield "EMAIL_HOST_PASSWORD", settings.EMAIL_HOST_PASSWORD, "EMAIL_HOST_PASSWORD"


def _hidden() -> Iterator[str]:
    """The values that nothing printed may hold."""
    yield from (str(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))
    yield from (str(value or "") for _, value, _ in _passwords())


def _cookies(reading: Reading) -> Iterator[CookieFacts]:
    if reading.layer("SessionMiddleware"):
        yield _cookie(reading, "SESSION", "session", settings.SESSION_COOKIE_AGE)
    if reading.layer("CsrfViewMiddleware") and not settings.CSRF_USE_SESSIONS:
        yield _cookie(reading, "CSRF", "csrf", settings.CSRF_COOKIE_AGE)


def _cookie(reading: Reading, prefix: str, role: Any, lifetime: int | None) -> CookieFacts:
    def value(attribute: str) -> Any:
        return getattr(settings, f"{prefix}_COOKIE_{attribute}")

    options = {name: f"{prefix}_COOKIE_{name.upper()}" for name in ("secure", "httponly", "samesite", "domain", "name")}
    cookie = CookieFacts(
        name=str(value("NAME")),
        role=role,
        secure=bool(value("SECURE")),
        httponly=bool(value("HTTPONLY")),
        samesite=of.same_site(value("SAMESITE")),
        path=str(value("PATH")),
        domain=value("DOMAIN"),
        lifetime=of.seconds(lifetime),
        options=options,
        where={
            name: reading.locate((option, None), value=getattr(settings, option)) for name, option in options.items()
        },
    )
    return reading.protection.cookie(cookie) if reading.protection else cookie


def _csrf(reading: Reading, urls: Urls | None) -> CSRFFacts:
    layer = reading.layer("CsrfViewMiddleware")
    if layer is not None:
        exempt = urls.exempt if urls else ()
        where = reading.locate(("MIDDLEWARE", None))
        return CSRFFacts(state="on", name=layer.name, exempt=exempt, where=where)
    found = of.csrf(reading, "CsrfViewMiddleware")
    if found.state != "absent":
        return found
    return CSRFFacts(state="absent", name=found.name, where=reading.locate(("MIDDLEWARE", None)))


def _headers(reading: Reading) -> dict[str, HeaderFacts]:
    return overlay(reading.mentions([], transport.headers(reading)), reading.protection)


def _open(reading: Reading) -> Setting[bool] | None:
    if not _installed("rest_framework"):
        return None
    table = getattr(settings, "REST_FRAMEWORK", {})
    classes = of.texts(table.get("DEFAULT_PERMISSION_CLASSES", ("AllowAny",)))
    return Setting(
        value=not classes or any(name.endswith("AllowAny") for name in classes),
        name="REST_FRAMEWORK['DEFAULT_PERMISSION_CLASSES']",
        where=reading.locate(("DEFAULT_PERMISSION_CLASSES", None), ("REST_FRAMEWORK", None)),
    )


def _throttled() -> str:
    """Django REST framework's throttles, and packages that limit logins or views."""
    if getattr(settings, "REST_FRAMEWORK", {}).get("DEFAULT_THROTTLE_RATES"):
        return "REST_FRAMEWORK['DEFAULT_THROTTLE_RATES']"
    return next((app for app in ("axes", "defender", "django_ratelimit") if _installed(app)), "")


def _templates(reading: Reading) -> Iterator[TemplateFacts]:
    for number, table in enumerate(settings.TEMPLATES):
        backend = str(table["BACKEND"])
        name = f"TEMPLATES[{number}]"
        where = reading.locate(("autoescape", None), ("TEMPLATES", None))
        if backend.endswith(".DjangoTemplates"):
            on = bool(table.get("OPTIONS", {}).get("autoescape", True))
            folders = engines[table.get("NAME") or backend.rsplit(".", 2)[-2]].template_dirs
            yield TemplateFacts(name=name, autoescape=on, sources=of_folders(folders, (".html", ".htm")), where=where)
        else:
            engine = engines[table.get("NAME") or backend.rsplit(".", 2)[-2]]
            environment = getattr(engine, "env", None)
            if environment is not None:
                yield of_environment(environment, name, where)


def _validators(reading: Reading) -> Setting[tuple[str, ...]] | None:
    if not _accounts():
        return None
    names = tuple(str(table["NAME"]).rpartition(".")[2] for table in settings.AUTH_PASSWORD_VALIDATORS)
    return Setting(
        value=names, name="AUTH_PASSWORD_VALIDATORS", where=reading.locate(("AUTH_PASSWORD_VALIDATORS", None))
    )


def _shortest(reading: Reading) -> Setting[int] | None:
    for table in settings.AUTH_PASSWORD_VALIDATORS:
        if str(table["NAME"]).endswith(".MinimumLengthValidator"):
            least = int(table.get("OPTIONS", {}).get("min_length", 8))
            where = reading.locate(("min_length", None), ("AUTH_PASSWORD_VALIDATORS", None), value=least)
            return Setting(value=least, name="MinimumLengthValidator", where=where)
    return None


def _session(reading: Reading) -> SessionFacts | None:
    if reading.protection and (kept := reading.protection.session()):
        return kept
    if not reading.layer("SessionMiddleware"):
        return None
    engine = str(settings.SESSION_ENGINE)
    last = engine.rpartition(".")[2]
    kind: Any = "client" if last == "signed_cookies" else "server" if last in SERVER_SIDE else None
    age = settings.SESSION_COOKIE_AGE
    serializer = str(settings.SESSION_SERIALIZER)
    names = ("SESSION_SERIALIZER",) if "pickle" in serializer.lower() else ("SESSION_ENGINE",)
    return SessionFacts(
        kind=kind,
        engine=f"SESSION_ENGINE ({last})",
        serializer=serializer.rpartition(".")[2],
        lifetime=effective(reading, "SESSION_COOKIE_AGE", of.seconds(age)),
        absolute=effective(
            reading, "SESSION_SAVE_EVERY_REQUEST", None if settings.SESSION_SAVE_EVERY_REQUEST else of.seconds(age)
        ),
        where=reading.locate(*[(name, None) for name in names]),
    )


def _logged(reading: Reading) -> Iterator[Setting[str]]:
    """Django writes queries with their values to this logger, in debug mode or where a cursor is told to."""
    table = (settings.LOGGING or {}).get("loggers", {}).get("django.db.backends", {})
    if str(table.get("level", "")).upper() in {"DEBUG", "10"}:
        where = reading.locate(("django.db.backends", None), ("LOGGING", None))
        yield Setting(
            value="SQL is logged with its values", name="LOGGING['loggers']['django.db.backends']", where=where
        )
