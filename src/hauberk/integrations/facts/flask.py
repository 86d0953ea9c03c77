"""Flask and Quart, which share their configuration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from hauberk.check.facts import (
    CookieFacts,
    Facts,
    HeaderFacts,
    MountFacts,
    Secret,
    SessionFacts,
    Setting,
    TemplateFacts,
)
from hauberk.core.finding import Location
from hauberk.integrations.facts import flask_extensions as extensions
from hauberk.integrations.facts import middleware as of
from hauberk.integrations.facts.layers import unwrap
from hauberk.integrations.facts.mounts import exposed
from hauberk.integrations.facts.protection import of as protection_of
from hauberk.integrations.facts.protection import overlay
from hauberk.integrations.facts.reading import Reading
from hauberk.integrations.facts.secrets import module_level, password_of, plain, secret
from hauberk.integrations.facts.templates import of_environment

KEYS = ("WTF_CSRF_SECRET_KEY", "JWT_SECRET_KEY", "SECURITY_PASSWORD_SALT")
LINKS = ("SQLALCHEMY_DATABASE_URI", "DATABASE_URL", "CELERY_BROKER_URL", "REDIS_URL")
NAMES = {"SECRET_KEY": ("SECRET_KEY", "secret_key")}


def read(reading: Reading, app: Any) -> Facts:
    """`app.config`, the environment of its templates, its hooks and its extensions."""
    reading.protection = reading.protection or protection_of(app, reading.locate(("protect", "()")))
    inner, _ = unwrap(getattr(app, "asgi_app", None) or app.wsgi_app)
    reading.layers = [*reading.layers, *inner]
    secrets = reading.part("secrets", lambda: tuple(_secrets(reading, app)))
    hooks = list(app.after_request_funcs.get(None, ()))
    known = reading.part("talisman", lambda: extensions.talisman(reading, hooks)) or {}
    return Facts(
        name=reading.target.name,
        framework=reading.target.framework,
        where=reading.where,
        routes=reading.part("routes", lambda: sum(1 for _ in app.url_map.iter_rules())),
        debug=reading.part("debug", lambda: _flag(reading, app, "DEBUG", app.debug)),
        testing=reading.part("testing", lambda: _flag(reading, app, "TESTING", app.testing)),
        propagates=reading.part("errors", lambda: _propagates(reading, app)),
        tools=reading.part("tools", lambda: (*of.tools(reading), *extensions.tools(reading, app))),
        hosts=reading.part("hosts", lambda: _hosts(reading, app)),
        secrets=secrets,
        cookies=reading.part("cookies", lambda: tuple(_cookies(reading, app))),
        cors=reading.part("CORS", lambda: (*of.cors(reading), *extensions.cors(reading, app, hooks))),
        csrf=reading.part("CSRF", lambda: extensions.csrf(reading, app)),
        docs=reading.part("documentation", lambda: tuple(extensions.docs(reading, app))),
        admin=reading.part("admin", lambda: tuple(extensions.admin(reading, app))),
        templates=reading.part("templates", lambda: (_templates(reading, app),)),
        https_redirect=reading.part("https", lambda: extensions.https_redirect(reading, app, hooks)),
        headers=reading.part("headers", lambda: _headers(reading, hooks, known)) or {},
        body_limit=reading.part(
            "limits",
            lambda: of.body_limit(
                reading, app.config["MAX_CONTENT_LENGTH"], "MAX_CONTENT_LENGTH", ("MAX_CONTENT_LENGTH", None)
            ),
        ),
        fields_limit=reading.part("form limits", lambda: _fields(reading, app)),
        session=reading.part("sessions", lambda: _session(reading, app)),
        rates=reading.part("rates", lambda: of.rates(reading, extensions.rates(app))),
        proxies=reading.part("proxies", lambda: of.proxies(reading)),
        mounts=reading.part("static files", lambda: tuple(_mounts(reading, app))),
        logged=reading.part("logs", lambda: tuple(_logged(reading, app))),
        middleware=tuple(layer.name for layer in reading.layers),
        protected=reading.protection is not None,
    )


def _flag(reading: Reading, app: Any, name: str, value: bool) -> Setting[bool]:
    return reading.setting(bool(value), name, (name, None), (name.lower(), None))


def _propagates(reading: Reading, app: Any) -> Setting[bool]:
    """Only the setting itself: in debug and testing they propagate too, which is another finding."""
    value = bool(app.config.get("PROPAGATE_EXCEPTIONS"))
    return reading.setting(value, "PROPAGATE_EXCEPTIONS", ("PROPAGATE_EXCEPTIONS", None))


def _hosts(reading: Reading, app: Any) -> Setting[tuple[str, ...] | None] | None:
    names = app.config.get("TRUSTED_HOSTS")
    if names:
        value: tuple[str, ...] | None = of.texts(names)
        return Setting(value=value, name="TRUSTED_HOSTS", where=reading.locate(("TRUSTED_HOSTS", None)))
    return of.hosts(reading, "TRUSTED_HOSTS" if "TRUSTED_HOSTS" in app.config else "a check of your own")


def _secrets(reading: Reading, app: Any) -> Iterator[Secret]:
    found = [("SECRET_KEY", app.config.get("SECRET_KEY"))]
    fallbacks = app.config.get("SECRET_KEY_FALLBACKS") or ()
    found += [(f"SECRET_KEY_FALLBACKS[{number}]", key) for number, key in enumerate(fallbacks)]
    found += [(name, app.config.get(name)) for name in KEYS]
    known: set[str | bytes] = set()
    for name, value in found:
        one = secret(name, value, reading.sources, names=NAMES.get(name, (name,)))
        if one is not None:
            known.add(plain(value) or "")
            yield one
    for name in LINKS:
        password = password_of(app.config.get(name) or "")
        one = secret(f"the password in {name}", password, reading.sources, use="password", names=(name,))
        if one is not None:
            yield one
    yield from module_level(reading.sources, known)


def _signs(app: Any) -> bool:
    """Whether the framework's own session works at all: without a key there is none."""
    return bool(app.config.get("SECRET_KEY")) or not type(app.session_interface).__name__.startswith("SecureCookie")


def _cookies(reading: Reading, app: Any) -> Iterator[CookieFacts]:
    if not _signs(app) or (reading.protection and reading.protection.session()):
        return
    config, interface = app.config, app.session_interface
    options = {
        "secure": "SESSION_COOKIE_SECURE",
        "httponly": "SESSION_COOKIE_HTTPONLY",
        "samesite": "SESSION_COOKIE_SAMESITE",
        "domain": "SESSION_COOKIE_DOMAIN",
        "name": "SESSION_COOKIE_NAME",
    }
    cookie = CookieFacts(
        name=str(config["SESSION_COOKIE_NAME"]),
        secure=bool(interface.get_cookie_secure(app)) or extensions.secures_session(app),
        httponly=bool(interface.get_cookie_httponly(app)),
        samesite=of.same_site(interface.get_cookie_samesite(app)),
        path=str(interface.get_cookie_path(app) or "/"),
        domain=interface.get_cookie_domain(app) or None,
        options=options,
        where={name: reading.locate((option, None), value=config[option]) for name, option in options.items()},
    )
    yield reading.protection.cookie(cookie) if reading.protection else cookie


def _session(reading: Reading, app: Any) -> SessionFacts | None:
    if reading.protection and (kept := reading.protection.session()):
        return kept
    if not _signs(app):
        return None
    interface = app.session_interface
    own = any(base.__name__ == "SecureCookieSessionInterface" for base in type(interface).__mro__)
    serializer = type(getattr(interface, "serializer", None)).__name__
    lifetime: Setting[int | None] = Setting(
        value=of.seconds(app.permanent_session_lifetime),
        name="PERMANENT_SESSION_LIFETIME",
        where=reading.locate(("PERMANENT_SESSION_LIFETIME", None), ("permanent_session_lifetime", None)),
    )
    return SessionFacts(
        kind="client" if own else "server" if hasattr(interface, "_store_id") or extensions.server_side(app) else None,
        engine=type(interface).__name__,
        serializer=None if serializer == "NoneType" else serializer,
        lifetime=lifetime,
        absolute=_absolute(reading, app),
        where=reading.locate(("session_interface", None), ("SESSION_TYPE", None)),
    )


def _absolute(reading: Reading, app: Any) -> Setting[int | None]:
    """A permanent session is sent anew with each answer, unless that is switched off."""
    refreshed = bool(app.config.get("SESSION_REFRESH_EACH_REQUEST", True))
    where = reading.locate(("SESSION_REFRESH_EACH_REQUEST", None))
    seconds = None if refreshed else of.seconds(app.permanent_session_lifetime)
    return Setting(value=seconds, name="SESSION_REFRESH_EACH_REQUEST", where=where)


def _templates(reading: Reading, app: Any) -> TemplateFacts:
    environment = app.jinja_env
    off = not callable(environment.autoescape) and not environment.autoescape
    where = reading.locate(("autoescape", None), value=False) if off else reading.where
    # `render_template_string` makes pages in it too, whatever files there are.
    return replace(of_environment(environment, "app.jinja_env", where), pages=None)


def _headers(reading: Reading, hooks: list[Any], known: dict[str, HeaderFacts]) -> dict[str, HeaderFacts]:
    others = [hook for hook in hooks if not extensions.is_talisman(hook)]
    return overlay(reading.mentions(others, known), reading.protection)


def _fields(reading: Reading, app: Any) -> Setting[int | None]:
    value = app.config.get("MAX_FORM_PARTS")
    return Setting(value=value, name="MAX_FORM_PARTS", where=reading.locate(("MAX_FORM_PARTS", None)))


def _mounts(reading: Reading, app: Any) -> Iterator[MountFacts]:
    own = [source.path for source in reading.sources.files]
    for scaffold in (app, *app.blueprints.values()):
        if not scaffold.has_static_folder or not Path(scaffold.static_folder).is_dir():
            continue
        prefix = getattr(scaffold, "url_prefix", None) or ""
        yield MountFacts(
            path=f"{prefix}{scaffold.static_url_path or '/static'}",
            directory=str(scaffold.static_folder),
            # send_from_directory compares names and does not resolve links.
            symlinks=None,
            listing=False,
            exposes=exposed([scaffold.static_folder], own),
            where=_static(reading, scaffold),
        )


def _static(reading: Reading, scaffold: Any) -> Location:
    return reading.locate(("static_folder", type(scaffold).__name__))


def _logged(reading: Reading, app: Any) -> Iterator[Setting[str]]:
    if app.config.get("SQLALCHEMY_ECHO"):
        where = reading.locate(("SQLALCHEMY_ECHO", None), value=True)
        yield Setting(value="SQL is logged with its values", name="SQLALCHEMY_ECHO", where=where)
