"""What is looked at as a body streams by: its length, and the shape of JSON and forms. Constant memory, any length."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from hauberk.core.exchange import Exchange, Reply
from hauberk.shield.limits.refusals import Refusal
from hauberk.wire.form_field import URLENCODED, media_type
from hauberk.wire.json_depth import JSONScanner
from hauberk.wire.multipart import MOST_BOUNDARY, MultipartScanner, boundaries

if TYPE_CHECKING:
    from hauberk.shield.limits.feature import Limits

SLICE = 1 << 16
"""Octets that are decoded in one go."""
MOST_MEMBERS = 10_000
"""Members of one gzip body. Tools that make several put some 64 KiB into each; empty ones only cost time."""
BLANK = b" \t\r\n"
UNTYPED = frozenset({"", "text/plain"})
"""Types that some frameworks read JSON from all the same: such a body is looked at if it begins like JSON."""
MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
"""What may stand before JSON that is no blank: marks of UTF-8 and UTF-16."""

Look = Callable[[bytes], Reply | None]


class Rules:
    """The limits on bodies and their answers, made once."""

    __slots__ = ("_bodies", "encoding_refused", "limits", "message_refused", "refusals")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        accepted = ", ".join(sorted(limits.encodings)) or "identity"
        self.encoding_refused = Refusal(
            "encodings", accepted, 415, "This coding of the body is not read here.", ("accept-encoding", accepted)
        )
        self.message_refused = Refusal("message", limits.message, 413, "The message is too long.")
        self.refusals = {
            name: Refusal(name, getattr(limits, name), 413, detail.format(getattr(limits, name)))
            for name, detail in {
                "fields": "A form with more than {} fields.",
                "parts": "A body with more than {} parts.",
                "part_header": "A part with a header of over {} octets.",
                "json_depth": "JSON with more than {} levels.",
                "json_tokens": "JSON with more than {} names and values.",
            }.items()
        }
        sizes = {limits.body, *(at.body for at in limits.bodies)}
        self._bodies = {most: _too_large(most) for most in sizes if most is not None}

    def body_refused(self, most: int) -> Refusal:
        """The answer to bodies of more than that."""
        return self._bodies.get(most) or _too_large(most)

    def look(self, ex: Exchange) -> Look | None:
        """What looks into this request's body, by its type; None if its length is all that counts."""
        kind = ex.header("content-type")
        media = media_type(kind)
        limits = self.limits
        if media == URLENCODED:
            return None if limits.fields is None else _Fields(ex, limits.fields, self.refusals["fields"]).feed
        if media.startswith("multipart/"):
            return self._look_at_parts(ex, kind)
        if limits.json_depth is None and limits.json_tokens is None:
            return None
        if media.endswith(("/json", "+json", "ndjson", "json-seq", "/csp-report")):
            return _JSON(ex, self).feed
        return _Unknown(_JSON(ex, self)).feed if media in UNTYPED else None

    def _look_at_parts(self, ex: Exchange, kind: str) -> Look | None:
        found = boundaries(kind)
        if len(found) > 1 or any(len(boundary) > MOST_BOUNDARY for boundary in found):
            return lambda _part: BOUNDARY(ex)
        return _Parts(ex, self, found[0]).feed if found else None  # without a boundary, nobody can read it


def _too_large(most: int) -> Refusal:
    return Refusal("body", most, 413, f"A body of over {most} octets.")


BOUNDARY = Refusal("boundary", 1, 400, "The boundary between the parts is given in two ways, or too long.")
UNDECODED = Refusal("encodings", 1, 400, "The body is not in the coding that it says.")


class Limited(Protocol):
    """Who knows the limits that one request's body is under."""

    rules: Rules

    def most(self, ex: Exchange) -> int:
        """Octets."""


class Watch:
    """Counts one request's body, and hands it to whatever looks into it."""

    # Class attributes, not slots: one is made for every request, and most have no body.
    length: int = 0
    most: int = 0
    look: Look | None = None
    decode: _Decoded | None = None

    def __init__(self, ex: Exchange, limiter: Limited) -> None:
        self.ex, self.limiter = ex, limiter

    def feed(self, part: bytes) -> Reply | None:
        """The next part; a reply refuses the rest."""
        if not part:
            return None
        if not self.length:
            self._begin()
        if self.ex.one_of_many:
            return self._message(part)
        self.length += len(part)
        if self.length > self.most:
            return self._refuse(self.length)
        if self.decode is not None:
            return self.decode.feed(part)
        return None if self.look is None else self.look(part)

    def _begin(self) -> None:
        """Not before there is a body."""
        ex = self.ex
        self.most, self.look = self.limiter.most(ex), self.limiter.rules.look(ex)
        coding = ex.header("content-encoding").strip().lower()
        if coding not in {"", "identity"}:
            self.decode = _Decoded(self, coding)

    def _message(self, message: bytes) -> Reply | None:
        """Of a WebSocket, each is an input of its own."""
        rules = self.limiter.rules
        if rules.limits.message is not None and len(message) > rules.limits.message:
            return rules.message_refused(self.ex, len(message))
        return None

    def _refuse(self, length: int) -> Reply:
        return self.limiter.rules.body_refused(self.most)(self.ex, length)

    def decoded(self, part: bytes, length: int) -> Reply | None:
        """The next part of what a compressed body decodes to."""
        if length > self.most:
            return self._refuse(length)
        return None if self.look is None else self.look(part)

    def undecoded(self) -> Reply:
        """What to answer to a body that is not what it says."""
        return UNDECODED(self.ex)


class _Decoded:
    """Decodes a compressed body slice by slice, as far as the limit (CWE-409)."""

    __slots__ = ("_decoder", "_length", "_members", "_watch", "_window")

    def __init__(self, watch: Watch, coding: str) -> None:
        self._watch, self._length, self._members = watch, 0, 0
        self._window = 31 if "gzip" in coding else 0
        """As zlib counts: 31 is gzip, 15 zlib, -15 neither header; 0: to be seen from the first octet."""
        self._decoder: zlib._Decompress | None = None

    def feed(self, part: bytes) -> Reply | None:
        try:
            for at in range(0, len(part), SLICE):
                for decoded in self._decoded(part[at : at + SLICE]):
                    self._length += len(decoded)
                    if (reply := self._watch.decoded(decoded, self._length)) is not None:
                        return reply
        except zlib.error:
            return self._watch.undecoded()
        return None

    def _decoded(self, part: bytes) -> Iterator[bytes]:
        while part:
            if self._decoder is None:
                # `deflate` is the zlib format (RFC 9110, section 8.4.1.2), but some send it bare.
                self._window = self._window or (15 if part[0] & 15 == 8 else -15)
                self._members += 1
                if self._members > MOST_MEMBERS:
                    raise zlib.error("a member for every few octets")
                self._decoder = zlib.decompressobj(self._window)
            yield self._decoder.decompress(part, SLICE)
            part = self._decoder.unconsumed_tail
            if self._decoder.eof:
                part = self._decoder.unused_data
                if self._window != 31:
                    return
                self._decoder = None  # gzip may have several members in a row (RFC 1952, section 2.2)


class _Fields:
    """Counts the fields of a urlencoded form."""

    __slots__ = ("_count", "_ex", "_most", "_refusal")

    def __init__(self, ex: Exchange, most: int, refusal: Refusal) -> None:
        self._ex, self._most, self._refusal, self._count = ex, most, refusal, 1

    def feed(self, part: bytes) -> Reply | None:
        self._count += part.count(b"&")
        return self._refusal(self._ex, self._count) if self._count > self._most else None


class _Parts:
    """Counts the parts of a multipart body."""

    __slots__ = ("_ex", "_header", "_parts", "_rules", "_scanner")

    def __init__(self, ex: Exchange, rules: Rules, boundary: str) -> None:
        self._ex, self._rules, self._scanner = ex, rules, MultipartScanner(boundary)
        self._parts, self._header = rules.limits.parts, rules.limits.part_header

    def feed(self, part: bytes) -> Reply | None:
        scanner = self._scanner
        scanner.feed(part)
        if self._parts is not None and scanner.parts > self._parts:
            return self._rules.refusals["parts"](self._ex, scanner.parts)
        if self._header is not None and scanner.longest_header > self._header:
            return self._rules.refusals["part_header"](self._ex, scanner.longest_header)
        return None


class _JSON:
    """Counts levels and tokens of a JSON body."""

    __slots__ = ("_depth", "_ex", "_rules", "_scanner", "_tokens")

    def __init__(self, ex: Exchange, rules: Rules) -> None:
        self._ex, self._rules, self._scanner = ex, rules, JSONScanner()
        self._depth, self._tokens = rules.limits.json_depth, rules.limits.json_tokens

    def feed(self, part: bytes) -> Reply | None:
        scanner = self._scanner
        scanner.feed(part)
        if self._depth is not None and scanner.depth > self._depth:
            return self._rules.refusals["json_depth"](self._ex, scanner.depth)
        if self._tokens is not None and scanner.tokens > self._tokens:
            return self._rules.refusals["json_tokens"](self._ex, scanner.tokens)
        return None


class _Unknown:
    """Hands the body on if it begins like JSON."""

    __slots__ = ("_json", "_known")

    def __init__(self, json: _JSON) -> None:
        self._json: _JSON | None = json
        self._known = False

    def feed(self, part: bytes) -> Reply | None:
        if not self._known and (start := part.lstrip(BLANK)):
            self._known = True
            if not start.startswith((b"{", b"[", b"\x00", *MARKS)):
                self._json = None
        return None if self._json is None else self._json.feed(part)
