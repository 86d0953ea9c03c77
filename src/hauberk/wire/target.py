"""A request's path and query, as they may be sent back in a Location field (RFC 3986, section 2; RFC 9112, 3.2)."""

from __future__ import annotations

import re
from urllib.parse import quote

KEPT = "!$%&'()*+,-./:;=?@[]_~"
"""Beside letters and digits. `%` is, as escapes stay what they are; `#` is not, as it would end the query."""
_CLEAN = re.compile(rb"[A-Za-z0-9!$%&'()*+,\-./:;=?@\[\]_~]*+\Z")


def url_octets(raw: bytes) -> str:
    """Octets of URLs as they are, all others percent-encoded: CR and LF least of all end a field (CWE-113)."""
    return raw.decode("ascii") if _CLEAN.match(raw) else quote(raw, safe=KEPT)


def target_octets(path: bytes, query: bytes) -> str:
    """Path and query in one."""
    return f"{url_octets(path)}?{url_octets(query)}" if query else url_octets(path)
