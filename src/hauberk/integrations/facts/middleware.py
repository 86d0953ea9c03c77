"""Facts that middleware alone tells, whatever framework it stands in: known by class name and options."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

from hauberk.check.facts import (
    CookieFacts,
    CORSFacts,
    CSRFFacts,
    ProxyFacts,
    SameSite,
    Secret,
    SessionFacts,
    Setting,
)
from hauberk.core.finding import Location
from hauberk.integrations.facts.known import (
    BODY_SIGNALS,
    CHECKS_ORIGIN,
    CSRF_SIGNALS,
    LIMITS_RATES,
    RATE_SIGNALS,
    package,
)
from hauberk.integrations.facts.layers import Layer
from hauberk.integrations.facts.mentions import speaks_of
from hauberk.integrations.facts.reading import Reading
from hauberk.integrations.facts.secrets import secret

DEBUGGERS = {
    "DebuggedApplication": "werkzeug's debugger",
    "DebugToolbarMiddleware": "a debug toolbar",
    "DebugToolbar": "a debug toolbar",
    "ProfilerMiddleware": "a profiler",
    "PyInstrumentMiddleware": "a profiler",
    "PyInstrumentProfilerMiddleware": "a profiler",
}
LIMIT = re.compile(
    r"(body|content|upload|request|payload).?(size|limit|length)|limit.?(body|upload)|max.?(body|size)", re.IGNORECASE
)
SIZE = re.compile(r"max|limit|size", re.IGNORECASE)


def texts(value: Any) -> tuple[str, ...]:
    """One text, several, or none, as a tuple; compiled patterns by their text."""
    if value is None:
        return ()
    if isinstance(value, str | re.Pattern):
        value = (value,)
    return tuple(str(item.pattern) if isinstance(item, re.Pattern) else str(item) for item in value)


def same_site(value: Any) -> SameSite | None:
    """The attribute in lower case; None where it is not sent or is no value that browsers know."""
    lowered = str(value).lower() if value else ""
    known: dict[str, SameSite] = {"lax": "lax", "strict": "strict", "none": "none"}
    return known.get(lowered)


def seconds(value: Any) -> int | None:
    """Seconds of an int or a timedelta."""
    total = getattr(value, "total_seconds", None)
    if callable(total):
        value = total()
    return int(value) if isinstance(value, int | float) else None


def cors(reading: Reading) -> tuple[CORSFacts, ...]:
    """Every CORSMiddleware, hauberk's own CORS, and asgi-cors."""
    found = list(reading.protection.cors()) if reading.protection else []
    for layer in reading.layers:
        if not layer.is_a("CORSMiddleware"):
            continue
        options = layer.options
        headers = getattr(layer.instance, "preflight_headers", None) or {}
        credentials = options.get("allow_credentials", "Access-Control-Allow-Credentials" in headers)
        found.append(
            CORSFacts(
                origins=texts(options.get("allow_origins")),
                patterns=texts(options.get("allow_origin_regex")),
                credentials=bool(credentials),
                methods=texts(options.get("allow_methods")),
                headers=texts(options.get("allow_headers")),
                name=layer.name,
                where=_spot(reading, layer, "allow_origins", "allow_origin_regex"),
            )
        )
    return tuple(found)


def hosts(reading: Reading, absent: str) -> Setting[tuple[str, ...] | None] | None:
    """TrustedHostMiddleware or hauberk's Hosts; unknown where a middleware of the application reads the header."""
    if reading.protection and (own := reading.protection.hosts()):
        return own
    layer = reading.layer("TrustedHostMiddleware")
    if layer is not None:
        names = texts(layer.options.get("allowed_hosts")) or ("*",)
        where = _spot(reading, layer, "allowed_hosts")
        return Setting(value=names, name=f"{layer.name}(allowed_hosts=...)", where=where)
    if any("host" in layer.name.lower() for layer in reading.layers):
        return None
    return Setting(value=None, name=absent, where=reading.where)


def https_redirect(reading: Reading, absent: str) -> Setting[bool]:
    """HTTPSRedirectMiddleware or hauberk's HTTPS."""
    if reading.protection and (own := reading.protection.redirect()):
        return own
    layer = reading.layer("HTTPSRedirectMiddleware", "HTTPToHTTPSRedirectMiddleware")
    if layer is not None:
        return Setting(value=True, name=layer.name, where=reading.place(layer))
    return Setting(value=False, name=absent, where=reading.where)


def proxies(reading: Reading) -> tuple[ProxyFacts, ...]:
    """ProxyHeadersMiddleware, ProxyFix and their kin, and what the server is told by the environment."""
    found = []
    for layer in reading.layers:
        if layer.is_a("ProxyHeadersMiddleware"):
            trusted, everybody = _trusted(layer)
            found.append(
                ProxyFacts(
                    name=layer.name,
                    everybody=everybody,
                    named=bool(trusted),
                    where=_spot(reading, layer, "trusted_hosts"),
                )
            )
        elif layer.is_a("ProxyFix", "ProxyFixMiddleware", "XForwardedForMiddleware"):
            found.append(ProxyFacts(name=layer.name, everybody=False, where=reading.place(layer)))
    allowed = os.environ.get("FORWARDED_ALLOW_IPS", "")
    if "*" in (part.strip() for part in allowed.split(",")):
        found.append(ProxyFacts(name="the server (FORWARDED_ALLOW_IPS=*)", everybody=True, where=reading.where))
    return tuple(found)


def _trusted(layer: Layer) -> tuple[tuple[str, ...], bool]:
    trusted = layer.options.get("trusted_hosts")
    always = getattr(trusted, "always_trust", None)
    if always is not None:
        return ("listed",), bool(always)
    names = texts(trusted.split(",") if isinstance(trusted, str) else trusted)
    return names, any(name.strip() in {"*", "0.0.0.0/0", "::/0"} for name in names)


def body_limit(
    reading: Reading, configured: int | None, name: str, *places: tuple[str, str | None]
) -> Setting[int | None] | None:
    """The framework's own limit, hauberk's, or a middleware that is named so and counts what comes."""
    if isinstance(configured, int):
        return reading.setting(configured, name, *places)
    if reading.protection and (own := reading.protection.body_limit()):
        return own
    for layer in reading.layers:
        if LIMIT.search(layer.name) and speaks_of(layer.code, BODY_SIGNALS):
            sizes = [v for k, v in layer.options.items() if SIZE.search(k) and isinstance(v, int) and v > 0]
            # Somebody limits it; how far is not for us to know.
            return Setting(value=sizes[0], name=layer.name, where=reading.place(layer)) if sizes else None
    return Setting(value=None, name=name, where=reading.locate(*places, value=None))


def _checks_origin(layer: Layer) -> bool:
    if package(layer.made_by) in CHECKS_ORIGIN:
        return bool(re.search(r"csrf|xsrf", f"{layer.module}.{layer.name}", re.IGNORECASE))
    named = re.search(r"csrf|xsrf|origin|cross.?site|same.?site", layer.name, re.IGNORECASE)
    return bool(named) and not layer.is_a("CORSMiddleware") and speaks_of(layer.code, CSRF_SIGNALS)


def csrf(reading: Reading, absent: str) -> CSRFFacts:
    """hauberk's check, a known package's, or a middleware that is named so and looks at what such a check needs."""
    if reading.protection and (ours := reading.protection.csrf()):
        return ours
    for layer in reading.layers:
        if _checks_origin(layer):
            return CSRFFacts(state="on", name=layer.name, where=reading.place(layer))
    return CSRFFacts(state="absent", name=absent, where=reading.where)


RATES = re.compile(r"rate.?limit|throttl|slowapi|limiter", re.IGNORECASE)


def rates(reading: Reading, *others: str) -> Setting[str]:
    """hauberk's rates, a known package's, a middleware named so that answers 429, or what the reader found."""
    if reading.protection and (own := reading.protection.rates()):
        return Setting(value=own, name="Policy.limits", where=reading.protection.where)
    for layer in reading.layers:
        if package(layer.made_by) in LIMITS_RATES and RATES.search(f"{layer.module}.{layer.name}".replace("_", "")):
            return Setting(value=layer.name, name=layer.name, where=reading.place(layer))
        if RATES.search(layer.name) and speaks_of(layer.code, RATE_SIGNALS):
            return Setting(value=layer.name, name=layer.name, where=reading.place(layer))
    found = next((other for other in others if other), "")
    return Setting(value=found, name=found or "Policy.limits (rates)", where=reading.where)


def tools(reading: Reading) -> tuple[Setting[str], ...]:
    """Debuggers among the wrappers."""
    return tuple(
        Setting(value=DEBUGGERS[name], name=layer.name, where=reading.place(layer))
        for layer in reading.layers
        for name in sorted(layer.names)
        if name in DEBUGGERS
    )


def sessions(
    reading: Reading,
) -> tuple[tuple[CookieFacts, ...] | None, SessionFacts | None, tuple[Secret, ...]]:
    """Starlette's SessionMiddleware; another that is called so is known to be there, and no more."""
    layer = next((one for one in reading.layers if one.is_a("SessionMiddleware")), None)
    others = [one for one in reading.layers if one is not layer and "session" in one.name.lower()]
    if reading.protection and (own := reading.protection.session()):
        return (), own, ()
    if layer is None or "session_cookie" not in layer.options:
        return (None if layer or others else ()), None, ()
    key = _key(layer)
    found = secret(
        f"{layer.name}(secret_key=...)", key, reading.sources, names=("secret_key", "SECRET_KEY", "SESSION_SECRET")
    )
    lifetime = Setting(
        value=seconds(layer.options.get("max_age")),
        name=f"{layer.name}(max_age=...)",
        where=reading.place(layer, "max_age"),
    )
    session = SessionFacts(
        kind="client",
        engine=layer.name,
        serializer="json",
        lifetime=lifetime,
        absolute=Setting(value=None, name=f"{layer.name} signs it anew in each answer", where=reading.place(layer)),
        where=reading.place(layer),
    )
    return (session_cookie(reading, layer),), session, (found,) if found else ()


def session_cookie(reading: Reading, layer: Layer) -> CookieFacts:
    """The cookie of Starlette's SessionMiddleware: HttpOnly always, Secure only on demand."""
    flags = getattr(layer.instance, "security_flags", "").lower()
    https_only = layer.options.get("https_only", "; secure" in flags)
    site = re.search(r"samesite=(\w+)", flags)
    domain = re.search(r"domain=([^;]+)", flags)
    cookie = CookieFacts(
        name=str(layer.options.get("session_cookie", "session")),
        secure=bool(https_only),
        httponly=True,
        samesite=same_site(site[1] if site else layer.options.get("same_site", "lax")),
        path=str(layer.options.get("path") or "/"),
        domain=domain[1] if domain else layer.options.get("domain"),
        lifetime=seconds(layer.options.get("max_age")),
        options={
            "secure": f"{layer.name}(https_only=...)",
            "samesite": f"{layer.name}(same_site=...)",
            "httponly": layer.name,
            "domain": f"{layer.name}(domain=...)",
            "name": f"{layer.name}(session_cookie=...)",
        },
        where={
            "": reading.place(layer),
            "secure": reading.place(layer, "https_only"),
            "samesite": reading.place(layer, "same_site"),
            "domain": reading.place(layer, "domain"),
            "name": reading.place(layer, "session_cookie"),
        },
    )
    return reading.protection.cookie(cookie) if reading.protection else cookie


def _key(layer: Layer) -> Any:
    if "secret_key" in layer.options:
        return layer.options["secret_key"]
    keys = getattr(getattr(layer.instance, "signer", None), "secret_keys", None)
    return keys[-1] if keys else None


def _spot(reading: Reading, layer: Layer, *options: str) -> Location:
    """Where one of the options is given, else where the middleware is installed."""
    for option in options:
        if layer.options.get(option):
            return reading.place(layer, option)
    return reading.place(layer)


def dispatches(layers: Iterable[Layer]) -> Iterator[Layer]:
    """`@app.middleware("http")`: the function is the middleware, not the class that calls it."""
    for layer in layers:
        function = layer.options.get("dispatch")
        if layer.is_a("BaseHTTPMiddleware") and inspect.isroutine(function):
            name = getattr(function, "__name__", layer.name)
            yield Layer(function, name, layer.names | {name}, getattr(function, "__module__", ""), {})
        else:
            yield layer
