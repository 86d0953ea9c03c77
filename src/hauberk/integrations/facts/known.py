"""Whose a class must be to be taken for what it is called, and what code of one's own must do to count.

A name proves nothing: anybody may call a class CSRFMiddleware. A known class is known by its package and its name; any
other by what its code speaks of.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

PACKAGES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        name: frozenset(packages.split())
        for name, packages in {
            "CORSMiddleware": "starlette fastapi litestar asgi_cors hauberk",
            "TrustedHostMiddleware": "starlette fastapi",
            "HTTPSRedirectMiddleware": "starlette fastapi",
            "HTTPToHTTPSRedirectMiddleware": "hypercorn",
            "ProxyHeadersMiddleware": "uvicorn",
            "ProxyFix": "werkzeug",
            "ProxyFixMiddleware": "hypercorn",
            "XForwardedForMiddleware": "xff asgi_xff starlette_xff",
            "SessionMiddleware": "starlette fastapi django litestar starsessions",
            "BaseHTTPMiddleware": "starlette fastapi",
            "SecurityMiddleware": "django",
            "XFrameOptionsMiddleware": "django",
            "CsrfViewMiddleware": "django",
            "CorsMiddleware": "corsheaders",
            "CSPMiddleware": "csp",
            "ContentSecurityPolicyMiddleware": "django",
            "DebuggedApplication": "werkzeug",
            "DebugToolbarMiddleware": "debug_toolbar",
            "DebugToolbar": "debug_toolbar",
            "ProfilerMiddleware": "werkzeug fastapi_profiler",
            "PyInstrumentMiddleware": "pyinstrument fastapi_profiler",
            "PyInstrumentProfilerMiddleware": "fastapi_profiler",
        }.items()
    }
)
"""Class to the packages that have one which does what the name says."""
CHECKS_ORIGIN = frozenset(
    "asgi_csrf starlette_csrf starlette_wtf fastapi_csrf_protect piccolo_api litestar django hauberk".split()
)
"""Packages whose middleware refuses requests of other sites."""
LIMITS_RATES = frozenset(
    "slowapi fastapi_limiter limits litestar asgi_ratelimit ratelimit flask_limiter quart_rate_limiter "
    "django_ratelimit axes hauberk starlette_limiter fastapi_throttle".split()
)

CSRF_SIGNALS = frozenset(
    """origin sec-fetch-site referer http_origin http_sec_fetch_site http_referer x-csrf-token x-csrftoken x-xsrf-token
    http_x_csrftoken http_x_csrf_token csrftoken csrf_token csrf-token xsrf-token csrfmiddlewaretoken""".split()
)
"""What a check of where a request comes from has to look at, as headers, WSGI keys or names of tokens."""
RATE_SIGNALS = frozenset({"429", "retry-after", "too many requests"})
BODY_SIGNALS = frozenset({"content-length", "content_length", "wsgi.input", "http.request", "413", "more_body"})


def genuine(base: type[Any] | Any, name: str) -> bool:
    """Whether a class of that name is of a package that has the real one; a name that is not listed is believed."""
    packages = PACKAGES.get(name)
    return packages is None or str(getattr(base, "__module__", "")).partition(".")[0] in packages


def package(thing: Any) -> str:
    """The package that something was defined in."""
    return str(getattr(thing, "__module__", "") or "").partition(".")[0]
