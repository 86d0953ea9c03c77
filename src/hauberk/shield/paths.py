"""Request paths that mean one thing to a proxy and another to the application (CWE-22, CWE-177, CWE-180, CWE-436)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from unicodedata import normalize
from urllib.parse import unquote_to_bytes

from hauberk.core.exchange import Exchange, Reply
from hauberk.core.log import decision
from hauberk.core.options import one_of, words
from hauberk.core.plan import Steps
from hauberk.shield.hosts import NO_STORE, TEXT, exempt_paths
from hauberk.wire.target import target_octets

Choice = Literal["refuse", "allow"]
Slashes = Literal["leading", "allow", "redirect", "refuse"]

_PLAIN = re.compile(rb"(?:/[A-Za-z0-9_~!$&'()*+,=:@\-][A-Za-z0-9_~!$&'()*+,=:@.\-]*+)*+/?\Z")
"""Nothing encoded, no segment that is empty or starts with a dot, no parameters: nearly every path there is."""
_SLASHES = re.compile(rb"//+")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
REPLACED = "\ufffd".encode()
"""What servers that decode the path themselves make of octets that are no UTF-8."""
_WIDE = re.compile(r"%[uU]([0-9A-Fa-f]{4})")
"""An escape that no standard has, and some servers decode."""
SLASHES = str.maketrans(dict.fromkeys("\\∕⁄∖", "/"))
"""Backslash, division slash, fraction slash and set minus: what best-fit conversions make a slash of."""
OVERLONG = tuple(
    (form, bytes([char]))
    for char in b"./\\"
    for form in (
        bytes([0xC0 | char >> 6, 0x80 | char & 0x3F]),
        bytes([0xE0, 0x80 | char >> 6, 0x80 | char & 0x3F]),
        bytes([0xF0, 0x80, 0x80 | char >> 6, 0x80 | char & 0x3F]),
    )
)
"""Too long encodings of dot and slashes, which lenient decoders take (RFC 3629, section 10)."""
DOTS = "it holds dot segments"
MAX_DECODINGS = 4
"""How often a path is decoded in search of dot segments; whoever decodes more often has other worries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Refuses paths that two readers take apart in two ways, before a router or a file system is one of them.

    Always refused, with 400: dot segments in any spelling (`..`, `%2e%2e`, `..;`, `%252e%252e`, `..%5c`), NUL and other
    control characters, and octets that are no UTF-8, overlong forms among them. Browsers send none of these: they work
    dot segments out themselves. `a..b`, `.well-known`, `%20` and names in any script are fine.
    """

    encoded_slash: Choice = "refuse"
    """`%2F`: a slash for some readers and part of a name for others. `allow` it where names hold slashes; dot segments
    between them are refused all the same."""
    backslash: Choice = "refuse"
    r"""`\` and `%5C`: browsers and Windows take it for a slash."""
    duplicate_slashes: Slashes = "leading"
    """`//`: `leading` redirects paths that start with two, which whoever makes a link of them takes for the host of
    another site (CWE-601), and lets others be; `redirect` and `refuse` mean all of them."""
    encoding: Literal["utf-8", "any"] = "utf-8"
    """`any` lets octets pass that are no UTF-8, where old links are in Latin-1."""
    exempt: tuple[str, ...] = ()
    """Paths that are not looked at, such as `/proxy/` for URLs within paths."""

    def __post_init__(self) -> None:
        for name in ("encoded_slash", "backslash"):
            one_of(f"Paths.{name}", getattr(self, name), ("refuse", "allow"))
        one_of("Paths.duplicate_slashes", self.duplicate_slashes, ("leading", "allow", "redirect", "refuse"))
        one_of("Paths.encoding", self.encoding, ("utf-8", "any"))
        object.__setattr__(self, "exempt", words("Paths.exempt", self.exempt))
        exempt_paths("Paths.exempt", self.exempt)

    def steps(self) -> Steps:
        """Look at every request's path as it came."""
        return Steps(on_request=Checker(self).check)

    def problem(self, raw: bytes) -> str:
        """What is wrong with a path as it came, percent-encoded; empty if nothing is."""
        return "" if _PLAIN.match(raw) else self._problem(raw)

    def _problem(self, raw: bytes) -> str:
        octets = unquote_to_bytes(raw)
        if self.encoding == "utf-8" and not _is_utf8(octets):
            return "it is not UTF-8"
        if _CONTROL.search(octets):
            return "it holds control characters"
        if any(_is_dots(segment) for spelling in _spellings(octets) for segment in spelling.split("/")):
            return DOTS
        if self.backslash == "refuse" and b"\\" in octets:
            return "it holds a backslash"
        # Where the server tells the decoded path only, an encoded slash is a slash and cannot be seen.
        if self.encoded_slash == "refuse" and b"%2f" in raw.lower():
            return "it holds an encoded slash"
        if self.duplicate_slashes == "refuse" and b"//" in raw:
            return "it holds two slashes in a row"
        return ""


class Checker:
    """A `Paths` with everything worked out that can be."""

    __slots__ = ("_exempt", "_paths", "_slashes")

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._exempt = exempt_paths("Paths.exempt", paths.exempt)
        self._slashes = paths.duplicate_slashes

    def check(self, ex: Exchange) -> Reply | None:
        """A reply where the path is ambiguous."""
        raw, path = ex.raw_path, ex.path
        # What a server rewrote for the application may not be what came.
        if (_PLAIN.match(raw) and "/." not in path) or path in self._exempt:
            return None
        problem = self._paths._problem(raw) or DOTS * any(map(_is_dots, path.split("/")))
        if problem:
            decision("path-refused", why=problem, method=ex.method, path=path[:200], client=ex.client)
            return REFUSED
        if raw.startswith(b"//") if self._slashes == "leading" else self._slashes == "redirect" and b"//" in raw:
            return _merged(ex, raw)
        return None


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return REPLACED not in octets


REFUSED = Reply(400, b"The path of this request can be read in more than one way.\n", (TEXT, NO_STORE))


def _merged(ex: Exchange, raw: bytes) -> Reply:
    """The same with single slashes; 308 keeps method and body (RFC 9110, section 15.4.9)."""
    target = target_octets(_SLASHES.sub(b"/", raw), ex.query)
    return Reply(308, b"", (("location", target), TEXT, NO_STORE))


def _spellings(octets: bytes) -> Iterator[str]:
    """The path as readers may take it who decode once more, take overlong forms, fold Unicode or know backslashes."""
    for _ in range(MAX_DECODINGS):
        for overlong, char in OVERLONG:
            octets = octets.replace(overlong, char)
        yield _folded(octets.decode("utf-8", "replace"))
        again = unquote_to_bytes(octets)
        if again == octets:
            return
        octets = again


def _folded(text: str) -> str:
    """With one kind of slash, and characters that look like dots or slashes taken for them (`．．∕`, `%u002e`)."""
    if "%u" in text or "%U" in text:
        text = _WIDE.sub(lambda match: chr(int(match[1], 16)), text)
    return (text if text.isascii() else normalize("NFKC", text)).translate(SLASHES)


def _is_dots(segment: str) -> bool:
    """`.` or `..`, also with parameters behind it (`..;a=b`) or blanks around it, which Windows drops."""
    return bool(segment) and segment[0] in ". " and segment.partition(";")[0].strip(" ") in {".", ".."}
