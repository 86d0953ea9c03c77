"""hauberk: security for Python web applications.

    app = hauberk.protect(app)      one line protects
    $ hauberk prove main:app        one command proves

Importing it reads no file and no environment, opens no socket and starts no thread: names are fetched when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hauberk._version import __version__

if TYPE_CHECKING:
    from hauberk.core.errors import BlockedError, ConfigurationError, HauberkError, InputError, LateNonceError
    from hauberk.guard import Guard
    from hauberk.integrations.protect import asgi, protect, wsgi
    from hauberk.integrations.request import csp_nonce, templates
    from hauberk.policy import Policy
    from hauberk.shield.cookies import Cookies
    from hauberk.shield.failures import Failures
    from hauberk.shield.headers import (
        COEP,
        COOP,
        CORP,
        CSP,
        HSTS,
        CacheControl,
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

_HEADERS = (
    "COEP COOP CORP CSP HSTS CacheControl ContentTypeOptions CrossDomainPolicies DNSPrefetchControl DownloadOptions "
    "Fingerprint FrameOptions OriginAgentCluster PermissionsPolicy ReferrerPolicy Reporting XSSProtection"
).split()
_HOMES: dict[str, str] = {
    **dict.fromkeys(_HEADERS, "hauberk.shield.headers"),
    **dict.fromkeys(
        ("BlockedError", "ConfigurationError", "HauberkError", "InputError", "LateNonceError"), "hauberk.core.errors"
    ),
    **dict.fromkeys(("asgi", "protect", "wsgi"), "hauberk.integrations.protect"),
    **dict.fromkeys(("csp_nonce", "templates"), "hauberk.integrations.request"),
    "Cookies": "hauberk.shield.cookies",
    "Failures": "hauberk.shield.failures",
    "Guard": "hauberk.guard",
    "NONCE": "hauberk.shield.headers.csp",
    "Policy": "hauberk.policy",
}

__all__ = [
    "COEP",
    "COOP",
    "CORP",
    "CSP",
    "HSTS",
    "NONCE",
    "BlockedError",
    "CacheControl",
    "ConfigurationError",
    "ContentTypeOptions",
    "Cookies",
    "CrossDomainPolicies",
    "DNSPrefetchControl",
    "DownloadOptions",
    "Failures",
    "Fingerprint",
    "FrameOptions",
    "Guard",
    "HauberkError",
    "InputError",
    "LateNonceError",
    "OriginAgentCluster",
    "PermissionsPolicy",
    "Policy",
    "ReferrerPolicy",
    "Reporting",
    "XSSProtection",
    "__version__",
    "asgi",
    "csp_nonce",
    "protect",
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
