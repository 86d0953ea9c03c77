"""hauberk: security for Python web applications.

    app = hauberk.protect(app)      one line protects
    $ hauberk prove main:app        one command proves

Importing it reads no file and no environment, opens no socket and starts no thread: names are fetched when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hauberk._version import __version__

if TYPE_CHECKING:
    from hauberk.auth.dpop import DPoP
    from hauberk.auth.jwks import JWKS, Issuer
    from hauberk.auth.passkeys import Passkeys
    from hauberk.auth.passwords import PasswordPolicy, Passwords, Verified
    from hauberk.auth.recovery import RecoveryCodes
    from hauberk.auth.throttle import Throttle
    from hauberk.auth.tokens import KeyRing, Refreshing, TokenError, Tokens
    from hauberk.auth.totp import TOTP
    from hauberk.core.errors import (
        BlockedError,
        BusyError,
        ConfigurationError,
        HauberkError,
        InputError,
        LateNonceError,
        StoreError,
    )
    from hauberk.crypto.secrets import Secrets
    from hauberk.events import Events
    from hauberk.guard import Guard
    from hauberk.guard.actors import Actors, Crawler
    from hauberk.integrations.override import override
    from hauberk.integrations.protect import asgi, protect, wsgi
    from hauberk.integrations.request import csp_nonce, csrf_token, error_id, session, templates
    from hauberk.integrations.tokens import claims, jwks_route, requires
    from hauberk.policy import Policy
    from hauberk.shield.bearer import Bearer
    from hauberk.shield.cookies import Cookies
    from hauberk.shield.cors import CORS
    from hauberk.shield.csp import CSPReports
    from hauberk.shield.csrf import CSRF
    from hauberk.shield.exempt import Exempt
    from hauberk.shield.failures import Failures
    from hauberk.shield.fetch_metadata import FetchMetadata
    from hauberk.shield.headers import (
        COEP,
        COOP,
        CORP,
        CSP,
        HSTS,
        NEL,
        CacheControl,
        ClearSiteData,
        ContentTypeOptions,
        CrossDomainPolicies,
        DNSPrefetchControl,
        DownloadOptions,
        Fingerprint,
        FrameOptions,
        OriginAgentCluster,
        PermissionsPolicy,
        ReferrerPolicy,
        Reporting,
        XSSProtection,
    )
    from hauberk.shield.headers.csp import NONCE
    from hauberk.shield.hosts import Hosts
    from hauberk.shield.https import HTTPS
    from hauberk.shield.limits import At, Limits, Rate
    from hauberk.shield.paths import Paths
    from hauberk.shield.sessions import CookieSessions, Session, Sessions

_HEADERS = (
    "COEP COOP CORP CSP HSTS NEL CacheControl ClearSiteData ContentTypeOptions CrossDomainPolicies DNSPrefetchControl "
    "DownloadOptions Fingerprint FrameOptions OriginAgentCluster PermissionsPolicy ReferrerPolicy Reporting "
    "XSSProtection"
).split()
_HOMES: dict[str, str] = {
    **dict.fromkeys(_HEADERS, "hauberk.shield.headers"),
    **dict.fromkeys(
        (
            "BlockedError",
            "BusyError",
            "ConfigurationError",
            "HauberkError",
            "InputError",
            "LateNonceError",
            "StoreError",
        ),
        "hauberk.core.errors",
    ),
    **dict.fromkeys(("asgi", "protect", "wsgi"), "hauberk.integrations.protect"),
    **dict.fromkeys(("csp_nonce", "csrf_token", "error_id", "session", "templates"), "hauberk.integrations.request"),
    **dict.fromkeys(("claims", "jwks_route", "requires"), "hauberk.integrations.tokens"),
    "Bearer": "hauberk.shield.bearer",
    "CORS": "hauberk.shield.cors",
    "CSPReports": "hauberk.shield.csp",
    "CSRF": "hauberk.shield.csrf",
    "Cookies": "hauberk.shield.cookies",
    "Exempt": "hauberk.shield.exempt",
    "Failures": "hauberk.shield.failures",
    "FetchMetadata": "hauberk.shield.fetch_metadata",
    "Events": "hauberk.events",
    "Actors": "hauberk.guard.actors",
    "Crawler": "hauberk.guard.actors",
    "Guard": "hauberk.guard",
    "HTTPS": "hauberk.shield.https",
    "Hosts": "hauberk.shield.hosts",
    "At": "hauberk.shield.limits",
    "Limits": "hauberk.shield.limits",
    "Rate": "hauberk.shield.limits",
    "NONCE": "hauberk.shield.headers.csp",
    "DPoP": "hauberk.auth.dpop",
    "Issuer": "hauberk.auth.jwks",
    "JWKS": "hauberk.auth.jwks",
    "Passkeys": "hauberk.auth.passkeys",
    "PasswordPolicy": "hauberk.auth.passwords",
    "Passwords": "hauberk.auth.passwords",
    "Paths": "hauberk.shield.paths",
    "Policy": "hauberk.policy",
    "override": "hauberk.integrations.override",
    "RecoveryCodes": "hauberk.auth.recovery",
    "Secrets": "hauberk.crypto.secrets",
    "CookieSessions": "hauberk.shield.sessions",
    "Session": "hauberk.shield.sessions",
    "Sessions": "hauberk.shield.sessions",
    "KeyRing": "hauberk.auth.tokens",
    "Refreshing": "hauberk.auth.tokens",
    "TokenError": "hauberk.auth.tokens",
    "TOTP": "hauberk.auth.totp",
    "Throttle": "hauberk.auth.throttle",
    "Tokens": "hauberk.auth.tokens",
    "Verified": "hauberk.auth.passwords",
}

__all__ = [
    "COEP",
    "COOP",
    "CORP",
    "CORS",
    "CSP",
    "CSRF",
    "HSTS",
    "HTTPS",
    "JWKS",
    "NEL",
    "NONCE",
    "TOTP",
    "Actors",
    "At",
    "Bearer",
    "BlockedError",
    "BusyError",
    "CSPReports",
    "CacheControl",
    "ClearSiteData",
    "ConfigurationError",
    "ContentTypeOptions",
    "CookieSessions",
    "Cookies",
    "Crawler",
    "CrossDomainPolicies",
    "DNSPrefetchControl",
    "DPoP",
    "DownloadOptions",
    "Events",
    "Exempt",
    "Failures",
    "FetchMetadata",
    "Fingerprint",
    "FrameOptions",
    "Guard",
    "HauberkError",
    "Hosts",
    "InputError",
    "Issuer",
    "KeyRing",
    "LateNonceError",
    "Limits",
    "OriginAgentCluster",
    "Passkeys",
    "PasswordPolicy",
    "Passwords",
    "Paths",
    "PermissionsPolicy",
    "Policy",
    "Rate",
    "RecoveryCodes",
    "ReferrerPolicy",
    "Refreshing",
    "Reporting",
    "Secrets",
    "Session",
    "Sessions",
    "StoreError",
    "Throttle",
    "TokenError",
    "Tokens",
    "Verified",
    "XSSProtection",
    "__version__",
    "asgi",
    "claims",
    "csp_nonce",
    "csrf_token",
    "error_id",
    "jwks_route",
    "override",
    "protect",
    "requires",
    "session",
    "templates",
    "wsgi",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'hauberk' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
