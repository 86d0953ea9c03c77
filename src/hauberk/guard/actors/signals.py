"""What counts against an actor, and how much; what a request for a path that does not exist looks like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType

from hauberk.core.exchange import Exchange
from hauberk.core.options import whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """Points of each kind of signal; 0 leaves it out. One request counts once for each kind."""

    attack: int = 15
    """Input that changed the meaning of a call, blocked or only observed."""
    honeypot: int = 30
    """A path that no page leads to (`Actors.honeypots`)."""
    impostor: int = 10
    """The name of a crawler from an address that is not the crawler's."""
    text: int = 5
    """Text in path or query that looks like an attack. It counts, and is never by itself a reason to refuse."""
    probe: int = 4
    """A path that does not exist and that scanners ask for: `/.env`, `/wp-login.php`, `/backup.sql`."""
    refused: int = 3
    """Wrong host, malformed path, cross-site request, bad token, proof used twice."""
    login: int = 3
    """A wrong password or code, and a login that came too soon."""
    missing: int = 1
    """Any other path without a handler that no page of this site led to."""

    def __post_init__(self) -> None:
        for one in fields(self):
            whole(f"Signals.{one.name}", getattr(self, one.name), least=0, unit="points")


OF_EVENT: Mapping[str, str] = MappingProxyType(
    {
        "guard-blocked": "attack",
        "guard-observed": "attack",
        "csrf-refused": "refused",
        "cross-site-refused": "refused",
        "host-refused": "refused",
        "path-refused": "refused",
        "token-refused": "refused",
        "dpop-replayed": "refused",
        "refresh-reused": "refused",
        "login-failed": "login",
        "login-throttled": "login",
        "code-failed": "login",
        "code-throttled": "login",
        "totp-replayed": "login",
        "recovery-code-replayed": "login",
        "passkey-refused": "login",
    }
)
"""A decision to the kind of signal that it is."""

FOREIGN = frozenset(
    "asp aspx ashx asmx axd cfm cgi do action dll exe fcgi jsp jspx jspa php php3 php5 phtml pl".split()
)
"""Extensions of programs of other servers. A path with one that has no handler here is asked for by rote."""
LEFT = frozenset(
    "bak backup old orig save swp sql sqlite sqlite3 db mdb dump env ini conf cfg config htaccess htpasswd pem key "
    "crt p12 pfx kdbx log inc".split()
)
"""Extensions of what is left lying about."""
PANELS = frozenset(
    "cgi-bin wp-admin wp-content wp-includes wp-json phpmyadmin pma adminer actuator jmx-console web-inf meta-inf "
    "server-status server-info telescope _ignition solr hnap1 boaform autodiscover owa ecp struts invoker".split()
)
"""Segments of well-known products' paths."""
UNASKED = re.compile(
    r"/(?:favicon|apple-touch-icon|android-chrome|mstile|browserconfig|manifest|site\.webmanifest|robots\.txt|"
    r"sitemap|ads\.txt|app-ads\.txt|humans\.txt|security\.txt|crossdomain\.xml)[\w.-]*\Z"
)
"""What browsers and crawlers ask every site for."""


def scanner_like(path: str) -> bool:
    """Whether a path that does not exist is one that scanners try: asked for what it is, not for who links to it."""
    segments = [segment for segment in path.lower().split("/") if segment]
    if not segments:
        return False
    if segments[0] == ".well-known":
        return False
    if any(segment[0] == "." or segment in PANELS for segment in segments):
        return True
    name, dot, extension = segments[-1].rstrip("~").rpartition(".")
    return segments[-1].endswith("~") or (bool(dot and name) and (extension in FOREIGN or extension in LEFT))


def of_missing(ex: Exchange) -> str:
    """The kind of signal of a request that was answered with 404; empty for none."""
    path = ex.path
    if scanner_like(path):
        return "probe" if ex.routed is not True else ""
    if ex.routed is not False or UNASKED.search(path) is not None or path.startswith("/.well-known/"):
        return ""
    return "" if _led_here(ex) else "missing"


def _led_here(ex: Exchange) -> bool:
    """Whether a page of this site led to the path: then it is the site's own broken link."""
    if ex.header("sec-fetch-site") in {"same-origin", "same-site"}:
        return True
    _, found, rest = ex.header("referer").partition("://")
    return bool(found) and rest.partition("/")[0] == ex.header("host")
