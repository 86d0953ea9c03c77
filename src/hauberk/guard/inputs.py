"""What the client controls in a request, by name: `query:id`, `json:user.name`, `header:x-id`, `path`.

Read only when a sink is reached. Values that can't change any syntax (words, numbers, lists of numbers) are left out.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from hauberk.core.exchange import BODY_KEPT, Exchange
from hauberk.guard.body import body_inputs, pairs
from hauberk.guard.fragments import telling
from hauberk.guard.inner import inner, nests
from hauberk.guard.verdict import escapings

MOST = 10_000
"""How many inputs are looked at; of a request that has more, `complete` is false."""
MOST_MESSAGES = 1_000
"""Of a WebSocket, how many inputs are remembered before those of older messages are forgotten."""
SHORTEST_CODED = 8
"""Characters below which nothing is taken for base64 or hexadecimal."""
SHORT = 200
"""Characters of a name and of a value whose forms are remembered."""
LONGEST = 64 * 1024
"""Characters beyond which no derived form of a value is made."""

SORTED_AFTER = 4
"""After how many texts it is worth while to sort the words of a request by what is rare in them."""
RARE = "'\"\\;%#&<>{}@!$`|/:-zqjxkvywgb"
"""Characters that few statements hold, the rarest first."""

# A sign in front is none of it: after `a-` it makes a comment.
_HARMLESS = re.compile(r"\w*(?:\.\w+)*|\d+(?:\.\d+)?(?:\s*,\s*[+-]?\d+(?:\.\d+)?)*")
_ROAMING = re.compile(r"\A\s*(?:<?(?i:url:)?(?i:file:)|[/\\])|\A\s*[A-Za-z]:[/\\]|\.\.|\x00")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_ESCAPED = re.compile(r"\\(?:([0-3][0-7][0-7])|(.))")
"""As `http.cookies` of the standard library writes what a cookie may not hold."""
_TOKEN = re.compile(r"[\w.~:=+/@-]{0,20}")
"""What identifiers, dates and numbers are made of: nothing that any grammar here would take apart.

Anything longer may be something else in a coding unknown here, packed or encrypted.
"""
_TAG = re.compile(r"<[^<>]*>")
"""What applications take out of what is to be plain text."""
_DOCUMENTS = frozenset("{[<")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){4,}")
_IGNORED_HEADERS = frozenset({"cookie", "content-length"})
"""Cookies are read one by one."""


class Input(NamedTuple):
    """One value, under the name that a report may show. `low` is what is searched for."""

    name: str
    value: str
    low: str
    roaming: bool
    """Whether it could lead a path somewhere else: it climbs, begins at a root, or holds a NUL."""
    origin: str
    """The value before it was escaped, where this is what an escaped one looks like; else the value."""


class Inputs:
    """The inputs of a request. Read again where the body grew, or the router took more from the path."""

    __slots__ = (
        "_body",
        "_counted",
        "_groups",
        "_length",
        "_parameters",
        "_seen",
        "_telling",
        "_unsorted",
        "complete",
        "plain",
        "risky",
        "roaming",
    )

    def __init__(self) -> None:
        self._parameters: dict[str, object] | None = None
        self._body: Sequence[bytes] | None = None
        self._length = 0
        self._forget()

    def _forget(self) -> None:
        self.risky: list[Input] = []
        self.roaming: list[Input] = []
        """Those of them that could lead a path somewhere else."""
        self.complete = True
        """Whether everything the client sent was read and understood."""
        self.plain = True
        """Whether the parameters, cookies and body are all of the kind that cannot hide an attack, however encoded."""
        self._seen: set[str] = set()
        self._telling: list[tuple[str, Input]] = []
        self._groups: list[tuple[str, list[str]]] = []
        self._counted, self._unsorted = 0, SORTED_AFTER

    def changeable(self) -> list[tuple[str, Input]]:
        """Each input, after a word by which it is known even if the application changed it, if there is one."""
        if len(self._telling) < len(self.risky):
            more = self.risky[len(self._telling) :]
            self._telling += [(telling(item.low) if item.origin == item.value else "", item) for item in more]
        return self._telling

    def absent(self, low: str) -> bool:
        """Whether no input is in a text in lower case, nor one that the application changed.

        The word by which an input is known is a part of it: where the word is not, the input is not either. Where many
        texts are asked about, its rarest character is looked for before a word is.
        """
        groups = self._groups
        if self._unsorted or self._counted != len(self.risky):
            groups = self._group()
        for char, needles in groups:
            if char in low:
                for needle in needles:
                    if needle in low:
                        return False
        return True

    def _group(self) -> list[tuple[str, list[str]]]:
        """The words to look for, by what is rare in them; side by side as long as few texts are asked about."""
        if self._unsorted:
            self._unsorted -= 1
            if self._unsorted and self._counted == len(self.risky):
                return self._groups
        words = [*dict.fromkeys(word or item.low for word, item in self.changeable())]
        found: dict[str, list[str]] = {"": words} if self._unsorted else {}
        if not self._unsorted:
            for word in words:
                found.setdefault(next((char for char in RARE if char in word), word[:1]), []).append(word)
        self._counted, self._groups = len(self.risky), [*found.items()]
        return self._groups

    def refresh(self, ex: Exchange) -> None:
        """Bring the list up to what is known of the request now."""
        if self._parameters is None:
            self._parameters = {}
            self._add(head_inputs(ex))
        if ex.body is not self._body or ex.body_length != self._length:
            self._body, self._length = ex.body, ex.body_length
            if ex.one_of_many and len(self._seen) > MOST_MESSAGES:
                self._forget()
                self._add(head_inputs(ex))
            found, understood = body_inputs(ex.header("content-type"), ex.kept_body())
            self._add(found)
            self.complete = self.complete and understood and ex.body_length <= BODY_KEPT
        parameters = ex.path_parameters
        if parameters != self._parameters:
            self._parameters = dict(parameters)  # a router may go on to fill its own
            self._add((f"path:{name}", str(value)) for name, value in parameters.items())

    def _add(self, found: Iterable[tuple[str, str]]) -> None:
        for name, value in found:
            if len(name) <= SHORT and len(value) <= SHORT:
                known: Iterable[Derived] = (remembered(name, value),)
            else:
                known = (derived(*pair) for pair in with_inner(((name, value),)))
            for plain, items in known:
                self.plain = self.plain and plain
                if not self._take(items):
                    self.complete = False
                    return

    def _take(self, items: Sequence[Input]) -> bool:
        """Keep what is new; False where there are too many."""
        seen = self._seen
        for item in items:
            if item.value not in seen:
                if len(seen) >= MOST:
                    return False
                seen.add(item.value)
                self.risky.append(item)
                if item.roaming:
                    self.roaming.append(item)
        return True


Derived = tuple[bool, tuple[Input, ...]]
"""Whether a value is of the plain kind, and those of its forms that could change some syntax."""


def derived(name: str, value: str) -> Derived:
    """What is to be known of one value."""
    plain = name.startswith("header:") or _TOKEN.fullmatch(value) is not None
    # Of a short word nothing can be decoded either.
    if len(value) < SHORTEST_CODED and _HARMLESS.fullmatch(value):
        return plain, ()
    items = [
        Input(name, form, form.strip().lower(), _ROAMING.search(form) is not None, form)
        for form in decodings(value)
        if not harmless(form)
    ]
    if not harmless(value):  # what changes nothing by itself does not either once it is escaped
        items += [Input(name, form, form.strip().lower(), False, value) for form in escapings(value)]
    return plain, tuple(items)


@lru_cache(maxsize=4_096)
def remembered(name: str, value: str) -> Derived:
    """The same of a short value and of what stands in it: what browsers send comes again with each request."""
    found = [derived(*pair) for pair in with_inner(((name, value),))]
    return all(plain for plain, _ in found), tuple(item for _, items in found for item in items)


def harmless(value: str) -> bool:
    """Whether a value can stand anywhere without changing syntax: one character, a word, a number, a list of those."""
    return len(value.strip()) < 2 or _HARMLESS.fullmatch(value.strip()) is not None


def head_inputs(ex: Exchange) -> Iterator[tuple[str, str]]:
    """Everything but the body."""
    for name, value in pairs(ex.query):
        yield f"query:{name}", value
        yield f"query:{name}", name
    yield from path_inputs(ex.path)
    for name, value in ex.headers():
        if name == "cookie":
            yield from cookie_inputs(value)
        if name not in _IGNORED_HEADERS:
            yield f"header:{name}", value


def every(ex: Exchange) -> Iterator[tuple[str, str]]:
    """Every input as it came, harmless ones too: text that has to be decoded before anybody can tell."""
    yield from with_inner(head_inputs(ex))
    yield from with_inner(body_inputs(ex.header("content-type") or "", ex.kept_body())[0])
    yield from with_inner((f"path:{name}", str(value)) for name, value in ex.path_parameters.items())


def with_inner(found: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Each input, and after it the values that stand in its text."""
    for name, value in found:
        yield name, value
        if nests(name, value):
            yield from inner(name, value)
        elif len(value) >= SHORTEST_CODED and (document := _document(value)):
            yield from inner(name, document)


def _document(value: str) -> str | None:
    """JSON or XML that was sent as base64, or percent-encoded once more, as cookies have it."""
    if len(value) > LONGEST:
        return None
    form = unquote(value, errors="surrogateescape") if value[0] == "%" else _from_base64(value)
    return form if form is not None and form.lstrip()[:1] in _DOCUMENTS else None


def path_inputs(path: str) -> Iterator[tuple[str, str]]:
    """Each segment of the path, and each rest of it: a router may take either."""
    segments = path.split("/")[1:][:64]
    for at, segment in enumerate(segments):
        yield "path", segment
        yield "path", "/".join(segments[at:])


def cookie_inputs(header: str) -> Iterator[tuple[str, str]]:
    """Each cookie, with and without its quotes (RFC 6265, section 4.2.1) and the escapes that some parsers undo."""
    for part in header.split(";"):
        name, found, value = part.strip().partition("=")
        if found:
            yield f"cookie:{name}", value
            if len(value) > 2 and value[0] == value[-1] == '"':
                yield f"cookie:{name}", value[1:-1]
                yield f"cookie:{name}", _ESCAPED.sub(_unescaped, value[1:-1])


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 8)) if found[1] else found[2]


def forms(value: str) -> Iterator[str]:
    """The value, what an application may make of it by decoding it once more, and the value escaped."""
    yield from decodings(value)
    yield from escapings(value)


def decodings(value: str) -> Iterator[str]:
    """The value, and what an application may make of it by decoding it once more."""
    yield value
    if len(value) > LONGEST:
        return
    if "%" in value or "+" in value:
        once = unquote(value, errors="surrogateescape")
        yield once
        yield unquote(value.replace("+", " "), errors="surrogateescape")
        if "%" in once:
            yield unquote(once, errors="surrogateescape")
    if "&" in value:
        yield html.unescape(value)
    if "<" in value and (plain := _TAG.sub("", value)) != value:
        yield plain
    if not value.isascii():
        yield unicodedata.normalize("NFKC", value)
    for decoded in (_from_base64(value), _from_hex(value)):
        if decoded is not None:
            yield decoded


def _from_base64(value: str) -> str | None:
    """Text that was sent as base64, either alphabet (RFC 4648, sections 4 and 5); None if it is anything else."""
    if _BASE64.fullmatch(value) is None:
        return None
    padded = value.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        text = base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return text if text.isprintable() else None


def _from_hex(value: str) -> str | None:
    """Text that was sent as hexadecimal digits (RFC 4648, section 8)."""
    if _HEX.fullmatch(value) is None:
        return None
    try:
        text = bytes.fromhex(value).decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None
