"""Patterns of origins: one origin, all subdomains of a host, all ports, and no other form.

    pattern = scheme "://" [ "*." ] host [ ":" ( port / "*" ) ]

`*.` stands for one or more labels, `:*` for any port, the default one included. The rest is an origin as browsers write
it. There are no regular expressions: an unescaped dot or a missing anchor lets strangers in (CWE-625, CWE-777).
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from hauberk.wire.origin import MAX_HOST, NULL, Origin, OriginError

SUBDOMAINS = "*."
ANY_PORT = ":*"
FORM = "write scheme://host[:port], such as 'https://app.example' or 'https://*.app.example'"
AUTHENTICATED = frozenset({"chrome-extension", "moz-extension", "safari-web-extension"})
"""Schemes whose pages nobody in the network can write into, https apart (Secure Contexts, section 3.1)."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One origin, or a set of them that can be said in one line."""

    base: Origin
    """The origin without its wildcards; its port means nothing where `any_port` is set."""
    subdomains: bool = False
    """Whether names below the host are meant, and not the host itself."""
    any_port: bool = False

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """Read one pattern. Raises OriginError with the reason."""
        scheme, separator, rest = text.partition("://")
        any_port = rest.endswith(ANY_PORT)
        rest = rest.removesuffix(ANY_PORT)
        subdomains = rest.startswith(SUBDOMAINS)
        base = Origin.parse(scheme + separator + rest.removeprefix(SUBDOMAINS))
        if base.opaque:
            raise OriginError(text, "every site can have the origin null, by a sandboxed frame")
        if any_port and base.port is not None:
            raise OriginError(text, "it has two ports")
        if subdomains and base.address is not None:
            raise OriginError(text, "an address has no subdomains")
        if len(base.host) > MAX_HOST - len(SUBDOMAINS) * subdomains:
            raise OriginError(text, "the host is too long")
        if any(label.startswith("-") or label.endswith("-") for label in base.host.split(".")):
            raise OriginError(text, "a label of the host starts or ends with a hyphen (RFC 1123, section 2.1)")
        return cls(base, subdomains, any_port)

    @property
    def exact(self) -> bool:
        """Whether it stands for one origin."""
        return not (self.subdomains or self.any_port)

    @property
    def trustworthy(self) -> bool:
        """Whether nobody in the network can write into pages of these origins."""
        return self.base.scheme == "https" or self.base.scheme in AUTHENTICATED or self.base.loopback

    def covers(self, origin: Origin) -> bool:
        """Whether the origin is one of those meant. The plain definition; `Allowed` does the same by look-up."""
        if origin.scheme != self.base.scheme or not (self.any_port or origin.port == self.base.port):
            return False
        if not self.subdomains:
            return origin.host == self.base.host
        return origin.host.endswith("." + self.base.host)

    def __str__(self) -> str:
        host = SUBDOMAINS * self.subdomains + self.base.host
        port = ANY_PORT if self.any_port else "" if self.base.port is None else f":{self.base.port}"
        return f"{self.base.scheme}://{host}{port}"


def proposal(text: str) -> str:
    """What the writer of a refused pattern may have meant, as a sentence; how patterns are written if nobody knows."""
    guess = _guess(text.strip())
    try:
        return f"write {str(Pattern.parse(guess))!r}" if guess != text else FORM
    except OriginError:
        return FORM


def _guess(text: str) -> str:
    """The origin of a URL, in the spelling of browsers; an empty text if it cannot be told."""
    if text in {"", NULL}:
        return ""
    try:
        parts = urlsplit(text if "://" in text else "https://" + text)
        port = "" if parts.netloc.endswith(ANY_PORT) else parts.port
        host = (parts.netloc.rpartition("@")[2].removesuffix(ANY_PORT) if port == "" else parts.hostname) or ""
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        return ""
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host.lower()
    default = {"http": 80, "https": 443}.get(parts.scheme)
    if port == "":
        return f"{parts.scheme}://{host}{ANY_PORT}"
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != default else "")


def shown(text: str) -> str:
    """A pattern as an error may show it: without a password that somebody left in."""
    before, at, after = text.rpartition("@")
    scheme, separator, _ = before.partition("://")
    return f"{scheme}://***@{after}" if separator else f"***@{after}" if at else text
