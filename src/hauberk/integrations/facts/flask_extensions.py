"""Flask's and Quart's extensions, known by class name; none of them is imported."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Iterator
from typing import Any

from hauberk.check.facts import CORSFacts, CSRFFacts, HeaderFacts, Setting
from hauberk.integrations.facts import middleware as of
from hauberk.integrations.facts.known import RATE_SIGNALS
from hauberk.integrations.facts.layers import cells
from hauberk.integrations.facts.mentions import speaks_of
from hauberk.integrations.facts.reading import Reading

DOCUMENTATION = frozenset(
    "flasgger flask_restx flask_restplus flask_apispec flask_smorest flask_openapi3 apiflask spectree "
    "quart_schema".split()
)
"""Packages whose views show a schema or pages about it."""
SCHEMA = re.compile(r"(swagger|openapi|apispec|redoc|apidocs|scalar)[^/]*(\.json|\.ya?ml)?/?$", re.IGNORECASE)
REDIRECTS = frozenset({"https", "https://", "http://"} | {f"{status}" for status in (301, 302, 307, 308)})
TOOLBARS = {
    "debugtoolbar": "a debug toolbar",
    "debug-toolbar": "a debug toolbar",
    "dashboard": "a monitoring dashboard",
}


def is_talisman(hook: Any) -> bool:
    """Whether a hook belongs to Talisman, which holds its headers as options."""
    return type(getattr(hook, "__self__", None)).__name__ == "Talisman"


def talisman(reading: Reading, hooks: list[Any]) -> dict[str, HeaderFacts]:
    """The headers that Talisman's options send."""
    owner = next((hook.__self__ for hook in hooks if is_talisman(hook)), None)
    if owner is None:
        return {}
    age = getattr(owner, "strict_transport_security_max_age", 0)
    subdomains = "; includeSubDomains" * bool(getattr(owner, "strict_transport_security_include_subdomains", False))
    policy = getattr(owner, "content_security_policy", None)
    enforced = bool(policy) and not getattr(owner, "content_security_policy_report_only", False)
    hsts = getattr(owner, "strict_transport_security", False)
    values: dict[str, str | None] = {
        "content-security-policy": _policy(policy) if enforced else None,
        "strict-transport-security": f"max-age={age}{subdomains}" if hsts else None,
        "x-frame-options": getattr(owner, "frame_options", None),
        "referrer-policy": getattr(owner, "referrer_policy", None),
        "x-content-type-options": "nosniff" if getattr(owner, "x_content_type_options", True) else None,
    }
    where = reading.locate(("Talisman", "()"))
    return {
        name: HeaderFacts(sent=value is not None, value=value or None, by="Talisman", where=where)
        for name, value in values.items()
    }


def _policy(policy: Any) -> str:
    if isinstance(policy, str):
        return policy
    return "; ".join(f"{name} {value if isinstance(value, str) else ' '.join(value)}" for name, value in policy.items())


def https_redirect(reading: Reading, app: Any, hooks: list[Any]) -> Setting[bool]:
    """Talisman's `force_https`, SSLify, or a wrapper."""
    owner = next((hook.__self__ for hook in hooks if is_talisman(hook)), None)
    if owner is not None and getattr(owner, "force_https", False):
        return Setting(value=True, name="Talisman(force_https=...)", where=reading.locate(("Talisman", "()")))
    before = app.before_request_funcs.get(None, ())
    if any(type(getattr(hook, "__self__", None)).__name__ == "SSLify" for hook in before):
        return Setting(value=True, name="SSLify", where=reading.locate(("SSLify", "()")))
    for hook in before:
        # `if not request.is_secure: return redirect("https://...")`, or the same by the scheme.
        if speaks_of([hook], REDIRECTS) and {"is_secure", "scheme", "url"} & names_of(hook):
            where = reading.sources.function(inspect.unwrap(hook))
            return Setting(value=True, name=f"the hook {getattr(hook, '__name__', hook)}", where=where)
    return of.https_redirect(reading, "no redirect is installed")


def names_of(hook: Any) -> set[str]:
    """Names that the hook's own code uses."""
    code = getattr(inspect.unwrap(hook), "__code__", None)
    return set(code.co_names) if code is not None else set()


def rates(app: Any) -> str:
    """Flask-Limiter, or a hook that answers 429."""
    if "limiter" in app.extensions:
        return "Flask-Limiter"
    for hook in app.before_request_funcs.get(None, ()):
        if speaks_of([hook], RATE_SIGNALS):
            return f"the hook {getattr(hook, '__name__', hook)}"
    return ""


def secures_session(app: Any) -> bool:
    """Talisman sets the session cookie's Secure at each request, outside of debug."""
    for hook in app.after_request_funcs.get(None, ()):
        if is_talisman(hook):
            return bool(getattr(hook.__self__, "session_cookie_secure", False))
    return False


def server_side(app: Any) -> bool:
    """Whether the session's interface is known to keep sessions on the server."""
    return type(app.session_interface).__module__.partition(".")[0] in {"flask_session", "quart_session"}


def csrf(reading: Reading, app: Any) -> CSRFFacts:
    """Flask-WTF's CSRFProtect, SeaSurf, hauberk, or nothing."""
    if reading.protection and (own := reading.protection.csrf()):
        return own
    extension = app.extensions.get("csrf")
    if extension is None:
        hooks = [*app.before_request_funcs.get(None, ()), *app.after_request_funcs.get(None, ())]
        if any(type(getattr(hook, "__self__", None)).__name__ == "SeaSurf" for hook in hooks):
            return CSRFFacts(state="on", name="SeaSurf", where=reading.locate(("SeaSurf", "()")))
        return of.csrf(reading, "CSRFProtect")
    name = type(extension).__name__
    for option in ("WTF_CSRF_ENABLED", "WTF_CSRF_CHECK_DEFAULT"):
        if not app.config.get(option, True):
            where = reading.locate((option, None), value=False)
            return CSRFFacts(state="off", name=f"{name} ({option})", where=where)
    return CSRFFacts(
        state="on", name=name, exempt=tuple(_exempt(reading, app, extension)), where=reading.locate((name, "()"))
    )


def _exempt(reading: Reading, app: Any, extension: Any) -> Iterator[Setting[str]]:
    views = {f"{view.__module__}.{view.__name__}": view for view in app.view_functions.values()}
    for dotted in sorted(getattr(extension, "_exempt_views", ())):
        where = reading.sources.function(inspect.unwrap(views[dotted])) if dotted in views else reading.where
        yield Setting(value=f"the view {dotted}", name="csrf.exempt", where=where)
    for blueprint in getattr(extension, "_exempt_blueprints", ()):
        name = getattr(blueprint, "name", str(blueprint))
        where = reading.locate(("exempt", "()"))
        yield Setting(value=f"the blueprint {name}", name="csrf.exempt", where=where)


def cors(reading: Reading, app: Any, hooks: list[Any]) -> tuple[CORSFacts, ...]:
    """Flask-CORS and quart-cors: what their hooks hold."""
    found: list[CORSFacts] = []
    for hook in hooks:
        if isinstance(hook, functools.partial) and hook.func.__module__.startswith("quart_cors"):
            options = dict(hook.keywords)
            origins = options.get("allow_origin") or app.config.get("QUART_CORS_ALLOW_ORIGIN", "*")
            credentials = options.get("allow_credentials")
            if credentials is None:
                credentials = app.config.get("QUART_CORS_ALLOW_CREDENTIALS", False)
            found.append(_cors(reading, "quart-cors", ("cors",), origins, bool(credentials)))
        elif str(getattr(hook, "__module__", "")).startswith("flask_cors"):
            for _, options in cells(hook).get("resources", ()):
                found.append(_flask_cors(reading, options))
    return tuple(dict.fromkeys(found))


def _flask_cors(reading: Reading, options: Any) -> CORSFacts:
    """A mapping in older versions, an object in newer ones."""

    def option(name: str) -> Any:
        return options.get(name) if isinstance(options, dict) else getattr(options, name, None)

    origins = "*" if option("allow_all_origins") else option("origins")
    return _cors(reading, "Flask-CORS", ("CORS", "cross_origin"), origins, bool(option("supports_credentials")))


def _cors(reading: Reading, name: str, makers: tuple[str, ...], origins: Any, credentials: bool) -> CORSFacts:
    entries = [origins] if isinstance(origins, str | re.Pattern) else list(origins or ())
    patterns = [e for e in entries if isinstance(e, re.Pattern) or (e != "*" and re.search(r"[\\*\]^$?()]", str(e)))]
    everybody = any(str(getattr(e, "pattern", e)) in {"*", ".*", r".*\Z"} for e in entries)
    listed = tuple(str(e) for e in entries if e not in patterns)
    return CORSFacts(
        origins=("*",) if everybody else listed,
        patterns=() if everybody else of.texts(patterns),
        anchored=False,  # both compare with re.match
        credentials=credentials,
        name=name,
        where=reading.locate(*[(maker, "()") for maker in makers]),
    )


def tools(reading: Reading, app: Any) -> Iterator[Setting[str]]:
    """Toolbars that register themselves as extensions or blueprints."""
    for name in sorted({*app.extensions, *app.blueprints}):
        if str(name) in TOOLBARS:
            yield Setting(value=TOOLBARS[name], name=f"the extension {name}", where=reading.where)


def docs(reading: Reading, app: Any) -> Iterator[Setting[str]]:
    """Rules whose view comes from a documentation package, or whose path is one of a schema."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions.get(rule.endpoint)
        package = str(getattr(inspect.unwrap(view), "__module__", "")).partition(".")[0] if view else ""
        if rule.endpoint.rpartition(".")[2] == "static":
            continue
        if package in DOCUMENTATION or SCHEMA.search(rule.rule):
            where = reading.sources.function(inspect.unwrap(view)) if package not in DOCUMENTATION else reading.where
            yield Setting(value=str(rule.rule), name=f"the endpoint {rule.endpoint}", where=where)


def admin(reading: Reading, app: Any) -> Iterator[Setting[str]]:
    """Flask-Admin."""
    for site in app.extensions.get("admin") or ():
        where = reading.locate(("Admin", "()"))
        yield Setting(value=str(getattr(site, "url", "/admin")), name="Flask-Admin", where=where)
