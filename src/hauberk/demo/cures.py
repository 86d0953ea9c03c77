"""What `protect()` cannot cure, and why: the demo ends well only if exactly this remains."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CANNOT_CURE: Mapping[str, str] = MappingProxyType(
    {
        "audit.vulnerable-dependency": "a version is changed in the lock file, not at run time",
        "check.code-path-request": "the code stays as it is; the guard stops the call when a path leaves its folder",
        "check.code-redirect-request": "the code stays as it is; which targets are meant is the shop's to say",
        "check.code-shell-request": "the code stays as it is; the guard stops the call when a command is changed",
        "check.code-sql-request": "the code stays as it is; the guard stops the call when a query is changed",
        "check.code-weak-hash": "how passwords are stored is the shop's own code",
        "check.cors-credentials": "the shop's own CORS middleware answers; its list of origins is code",
        "check.cors-pattern": "the shop's own CORS middleware answers; its pattern is code",
        "check.debug": "debug=True is in the code, and is the developer's own choice",
        "check.docs-exposed": "which pages are public is the shop's to say",
        "check.hosts": "the names of the hosts are known to whoever deploys it",
        "check.https-redirect": "whether a proxy does it is known to whoever deploys it",
        "check.no-deadlines": "by when faults are mended is the shop's to say, in pyproject.toml",
        "check.rate-limit": "how often a visitor may come is the shop's to say: Limits(rates=...)",
        "check.script-sink": "the shop's own script stays as it is; the policy keeps markup in it from running",
        "check.secret-in-source": "a secret is moved by changing the code",
        "check.secret-weak": "a secret is replaced by its owner: hauberk secret",
        "check.session-absolute": "the shop's own session middleware renews the cookie in each answer",
        "check.session-client-side": "where sessions are kept is the shop's own middleware",
        "check.session-cookie-prefix": "the cookie's name is in the code",
        "check.template-autoescape": "the template environment is made in the code",
        "scan.cors-reflection": "the shop's own CORS middleware answers",
        "scan.host-header": "the names of the hosts are known to whoever deploys it",
        "scan.logout": "the shop's session is in the cookie: a copy of it cannot be ended",
        "scan.missing-sri": "FastAPI's own documentation pages load their scripts from a CDN, without integrity",
        "scan.reflected-xss": "the template writes it out as markup; the guard stops the page when it brings a script",
        "scan.traceback": "debug=True shows traces to everybody",
    }
)
"""Rule to the reason, in the words that the demo shows."""
