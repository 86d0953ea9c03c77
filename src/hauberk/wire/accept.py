"""The Accept request field (RFC 9110, section 12.5.1).

Accept = #( media-range [ weight ] )
media-range = ( "*/*" / type "/" "*" / type "/" subtype ) parameters
weight = OWS ";" OWS "q=" qvalue
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hauberk.core.errors import HauberkError

MOST_LENGTH, MOST_RANGES = 4_096, 100
"""Characters and media ranges of one field; browsers send a handful."""

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_WEIGHT = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\Z")
_QUOTED = re.compile(r'"((?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*)"')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BLANKS = re.compile(r"[ \t]*")


class AcceptError(HauberkError, ValueError):
    """A text is no Accept field. `text` is what was given, `problem` what is wrong with it."""

    def __init__(self, text: str, problem: str) -> None:
        self.text, self.problem = text, problem
        super().__init__(f"{text[:100]!r} is no Accept field: {problem}")


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One member of the list: which media types, and how welcome they are."""

    type: str
    """In lower case; `*` for any."""
    subtype: str
    parameters: tuple[tuple[str, str], ...] = ()
    """Names in lower case, without `q`."""
    weight: int = 1_000
    """Thousandths, from 0 (not at all) to 1000."""

    def covers(self, type_: str, subtype: str, parameters: frozenset[tuple[str, str]] = frozenset()) -> bool:
        """Whether a media type is within this range."""
        if self.type not in {"*", type_} or self.subtype not in {"*", subtype}:
            return False
        return parameters.issuperset(self.parameters)

    @property
    def precedence(self) -> tuple[bool, bool, int]:
        """The more of it is named, the higher."""
        return self.type != "*", self.subtype != "*", len(self.parameters)

    def __str__(self) -> str:
        parts = [f"{self.type}/{self.subtype}", *(f"{name}={_written(value)}" for name, value in self.parameters)]
        if self.weight != 1_000:
            parts.append(f"q={self.weight / 1_000:.3f}".rstrip("0").rstrip("."))
        return ";".join(parts)


@dataclass(frozen=True, slots=True)
class Accept:
    """A whole field. Each one can be written and read back: `parse(str(x)) == x`."""

    ranges: tuple[MediaRange, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Accept:
        """Read a field, AcceptError if it is none; an empty one has no ranges, and everything is welcome."""
        if len(text) > MOST_LENGTH:
            raise AcceptError(text, f"it has more than {MOST_LENGTH:,} characters")
        ranges: list[MediaRange] = []
        at = _skip(text, 0)
        while at < len(text):
            if text[at] == ",":  # empty members are to be skipped (section 5.6.1.2)
                at = _skip(text, at + 1)
                continue
            media_range, at = _range(text, at)
            ranges.append(media_range)
            if len(ranges) > MOST_RANGES:
                raise AcceptError(text, f"it has more than {MOST_RANGES} media ranges")
            if at < len(text) and text[at] != ",":
                raise AcceptError(text, f"there is no comma at {at}")
        return cls(tuple(ranges))

    def quality(self, media_type: str) -> int:
        """How welcome this media type is, in thousandths: of the most precise range that covers it; 0 if none does."""
        if not self.ranges:
            return 1_000
        full, _, rest = media_type.partition(";")
        type_, _, subtype = full.strip().lower().partition("/")
        pairs = (part.partition("=") for part in rest.split(";") if part.strip())
        parameters = frozenset((key.strip().lower(), value.strip().strip('"')) for key, _, value in pairs)
        covering = [r for r in self.ranges if r.covers(type_, subtype, parameters)]
        return max(covering, key=lambda r: (r.precedence, r.weight)).weight if covering else 0

    def best(self, offered: Sequence[str]) -> str | None:
        """The most welcome of what is offered, the first of equals; None if nothing is."""
        ranked = [(self.quality(media_type), -number) for number, media_type in enumerate(offered)]
        quality, number = max(ranked, default=(0, 0))
        return offered[-number] if quality else None

    def __str__(self) -> str:
        return ", ".join(map(str, self.ranges))


def _range(text: str, at: int) -> tuple[MediaRange, int]:
    type_, at = _token(text, at)
    if text[at : at + 1] != "/":
        raise AcceptError(text, f"there is no slash at {at}")
    subtype, at = _token(text, at + 1)
    if type_ == "*" and subtype != "*":
        raise AcceptError(text, "any type with one subtype is no media range")
    parameters: list[tuple[str, str]] = []
    weight: int | None = None
    at = _skip(text, at)
    while text[at : at + 1] == ";":
        at = _skip(text, at + 1)
        if text[at : at + 1] in {";", ",", ""}:
            continue  # an empty parameter (section 5.6.6)
        name, value, at = _parameter(text, at)
        if name != "q":
            parameters.append((name, value))
        elif weight is not None or not _WEIGHT.match(value):
            raise AcceptError(text, "a weight stands twice, or is not from 0 to 1 with three digits")
        else:
            weight = round(float(value) * 1_000)
        at = _skip(text, at)
    return MediaRange(type_.lower(), subtype.lower(), tuple(parameters), 1_000 if weight is None else weight), at


def _parameter(text: str, at: int) -> tuple[str, str, int]:
    name, at = _token(text, at)
    if text[at : at + 1] != "=":
        raise AcceptError(text, f"there is no equals sign at {at}")
    if text[at + 1 : at + 2] != '"':
        value, at = _token(text, at + 1)
        return name.lower(), value, at
    match = _QUOTED.match(text, at + 1)
    if match is None:
        raise AcceptError(text, f"the quoted text at {at + 1} does not end, or holds control characters")
    return name.lower(), _ESCAPED.sub(r"\1", match[1]), match.end()


def _token(text: str, at: int) -> tuple[str, int]:
    match = _TOKEN.match(text, at)
    if match is None:
        raise AcceptError(text, f"there is no token at {at}")
    return match[0], match.end()


def _skip(text: str, at: int) -> int:
    match = _BLANKS.match(text, at)
    return at if match is None else match.end()


def _written(value: str) -> str:
    if _TOKEN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
