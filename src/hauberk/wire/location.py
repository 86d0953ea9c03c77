"""Where a browser goes that is given an address (URL Standard, section 4.4), as far as the host is concerned."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

_EDGE = "".join(map(chr, range(33)))
_IGNORED = re.compile(r"[\t\n\r]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_SLASHES = "/\\"
_END = re.compile(r"[/\\?#]")
_PORT = re.compile(r":\d*\Z")
_SPECIAL = frozenset({"http", "https", "ftp", "ws", "wss"})


def cleaned(address: str) -> str:
    """Without what browsers leave out: blanks and controls at the edges, tabs and line ends everywhere."""
    return _IGNORED.sub("", address.strip(_EDGE))


def scheme_of(address: str) -> str:
    """The scheme of a cleaned address in lower case; empty for a relative one."""
    found = _SCHEME.match(address)
    return "" if found is None else found[1].lower()


def web_authority(address: str) -> tuple[str, str, str] | None:
    """Scheme, host and port of an address that leads to a host of its own; None for all others.

    Relative ones stay where they are, and other schemes (`mailto:`, `myapp:`) lead to no host of the web. `https:host`,
    `/\\host` and `//user@host` do. The scheme is empty where the address has none.
    """
    plain = cleaned(address)
    scheme = scheme_of(plain)
    if scheme:
        if scheme not in _SPECIAL:
            return None
        rest = plain[len(scheme) + 1 :].lstrip(_SLASHES)
    elif len(plain) > 1 and plain[0] in _SLASHES and plain[1] in _SLASHES:
        rest = plain.lstrip(_SLASHES)
    else:
        return None
    authority = _END.split(rest, maxsplit=1)[0].rpartition("@")[2]
    port = _PORT.search(authority)
    host = authority if port is None else authority[: port.start()]
    return scheme, normal_host(host), "" if port is None else port[0][1:]


def normal_host(host: str) -> str:
    """A host as browsers compare it, internationalised names left as they are."""
    host = unicodedata.normalize("NFKC", unquote(host)).replace("\u3002", ".")
    return host.lower().rstrip(".")
