"""What Django's settings say about transport, response headers and other origins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings

from hauberk.check.facts import CORSFacts, HeaderFacts, ProxyFacts, Setting
from hauberk.core.finding import Location
from hauberk.integrations.facts import middleware as of
from hauberk.integrations.facts.reading import Reading
from hauberk.integrations.facts.source import MISSING


def effective(reading: Reading, name: str, value: Any) -> Setting[Any]:
    """A setting; the place that says this very value wins over others that set the same name."""
    return reading.setting(value, name, (name, None), exact=getattr(settings, name, MISSING))


def redirect(reading: Reading) -> Setting[bool]:
    """SecurityMiddleware's redirect, or hauberk's."""
    if reading.protection and (own := reading.protection.redirect()):
        return own
    installed = reading.layer("SecurityMiddleware") is not None
    return effective(reading, "SECURE_SSL_REDIRECT", installed and bool(settings.SECURE_SSL_REDIRECT))


def headers(reading: Reading) -> dict[str, HeaderFacts]:
    """What Django's middleware sends by its settings."""
    secure = reading.layer("SecurityMiddleware") is not None
    frames = reading.layer("XFrameOptionsMiddleware") is not None
    age, subdomains = settings.SECURE_HSTS_SECONDS, "; includeSubDomains" * settings.SECURE_HSTS_INCLUDE_SUBDOMAINS
    policy = settings.SECURE_REFERRER_POLICY
    values = {
        "strict-transport-security": ("SECURE_HSTS_SECONDS", secure and age and f"max-age={age}{subdomains}"),
        "x-content-type-options": (
            "SECURE_CONTENT_TYPE_NOSNIFF",
            secure and settings.SECURE_CONTENT_TYPE_NOSNIFF and "nosniff",
        ),
        "referrer-policy": ("SECURE_REFERRER_POLICY", secure and policy and ",".join(of.texts(policy))),
        "cross-origin-opener-policy": (
            "SECURE_CROSS_ORIGIN_OPENER_POLICY",
            secure and settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
        ),
        "x-frame-options": ("X_FRAME_OPTIONS", frames and settings.X_FRAME_OPTIONS),
    }
    found = {
        name: HeaderFacts(sent=bool(value), value=value or None, by=by, where=_place(reading, by))
        for name, (by, value) in values.items()
    }
    csp = next((n for n in ("SECURE_CSP", "CONTENT_SECURITY_POLICY") if getattr(settings, n, None)), None)
    older = any(name.startswith("CSP_") for name in dir(settings)) and not getattr(settings, "CSP_REPORT_ONLY", False)
    by = csp or ("CSP_DEFAULT_SRC" if older else "")
    if by and reading.layer("CSPMiddleware", "ContentSecurityPolicyMiddleware"):
        found["content-security-policy"] = HeaderFacts(sent=True, by=by, where=_place(reading, by))
    elif reading.layer("CSPMiddleware", "ContentSecurityPolicyMiddleware"):
        found["content-security-policy"] = HeaderFacts(sent=False, by="report only, or no policy", where=reading.where)
    return found


def proxies(reading: Reading) -> Iterator[ProxyFacts]:
    """Headers that Django is told to believe."""
    yield from of.proxies(reading)
    if settings.SECURE_PROXY_SSL_HEADER:
        name = "SECURE_PROXY_SSL_HEADER"
        yield ProxyFacts(name=name, everybody=False, where=_place(reading, name))
    if settings.USE_X_FORWARDED_HOST:
        name, anyone = "USE_X_FORWARDED_HOST", "*" in settings.ALLOWED_HOSTS
        yield ProxyFacts(name=name, everybody=anyone, named=not anyone, where=_place(reading, name))


def cors(reading: Reading) -> Iterator[CORSFacts]:
    """django-cors-headers."""
    if reading.protection:
        yield from reading.protection.cors()
    if not reading.layer("CorsMiddleware"):
        return

    def option(*names: str) -> Any:
        return next((getattr(settings, name) for name in names if hasattr(settings, name)), None)

    everybody = bool(option("CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL"))
    listed = of.texts(option("CORS_ALLOWED_ORIGINS", "CORS_ORIGIN_WHITELIST"))
    patterns = of.texts(option("CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ORIGIN_REGEX_WHITELIST"))
    names: tuple[str, ...] = ("CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL") if everybody else ()
    names += ("CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ORIGIN_REGEX_WHITELIST") if patterns else ()
    names += ("CORS_ALLOWED_ORIGINS", "CORS_ORIGIN_WHITELIST", "CORS_ALLOW_CREDENTIALS")
    yield CORSFacts(
        origins=("*", *listed) if everybody else listed,
        patterns=patterns,
        anchored=False,  # django-cors-headers compares with re.match
        credentials=bool(option("CORS_ALLOW_CREDENTIALS")),
        methods=of.texts(option("CORS_ALLOW_METHODS")),
        headers=of.texts(option("CORS_ALLOW_HEADERS")),
        name="django-cors-headers",
        where=reading.locate(*[(name, None) for name in names]),
    )


def _place(reading: Reading, name: str) -> Location:
    return reading.locate((name, None), value=getattr(settings, name, MISSING))
