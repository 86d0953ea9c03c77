"""Pages on their way to the browser: the sink of cross-site scripting (CWE-79).

A page is kept back where the request has something that could be markup or code, and judged when it is whole. All
other answers stream as before. A page that is streamed slowly is not kept longer than `PATIENCE`: what has come by then
leaves, and each later part is judged before it does.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape
from time import monotonic

from hauberk.core.exchange import Exchange
from hauberk.guard.coding import Decoder, decoder
from hauberk.guard.glance import capable, inert, telling, worth_reading
from hauberk.guard.html import judge_all, pieces
from hauberk.guard.inputs import Input, Inputs
from hauberk.guard.request import RequestGuard
from hauberk.guard.scripts import scripts
from hauberk.guard.sensor import sense_found
from hauberk.guard.verdict import Judgement

MOST = 1 << 20
"""Octets of a page that are looked at."""
PATIENCE = 0.5
"""Seconds that a streamed page is kept back, at least until its next part comes."""
TARGET = "response"
HTML = frozenset({"text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml"})
SNIFFED = frozenset({"", "unknown/unknown", "application/unknown", "*/*"})
"""Types that browsers do not believe, and look into the content instead (MIME Sniffing, section 7)."""
_XML = re.compile(r"[/+]xml\Z")
_LONGEST_FORM = 4_096
_READ, _EVERY = 8, 16
"""Of how many pages of a path the scripts are learned, and of each how-manieth after those."""


class Known:
    """Scripts of earlier pages in which no input had a part, by path, place and code: what somebody sends who quotes
    the page's own source. Bounded: the oldest are forgotten first.

    Of the same path only: who can have a script shown there needs no input to have it shown once more.
    """

    def __init__(self, limit: int = 2_048, longest: int = 4_096) -> None:
        self._limit, self._longest = limit, longest
        self._scripts: dict[tuple[str, str, str], None] = {}
        self._pages: dict[str, int] = {}
        """How many pages of a path were read."""

    def at(self, path: str) -> Iterator[tuple[str, str]]:
        """Place and code of those that pages of this path have."""
        return ((place, code) for where, place, code in tuple(self._scripts) if where == path)

    def learn(self, path: str, text: str, values: Sequence[str], *, xml: bool) -> None:
        """Remember what a page runs, apart from what holds one of these values.

        Of a path whose pages were read often enough, only now and then: that costs as much as all else together.
        """
        read = self._pages[path] = self._pages.get(path, 0) + 1
        if read > _READ and read % _EVERY:
            return
        for script in scripts(text, xml=xml):
            low = script.code.lower()
            if len(low) <= self._longest and not any(value.lower() in low for value in values):
                self._scripts[path, script.place, script.code] = None
        if len(self._scripts) > self._limit or len(self._pages) > self._limit:
            self._pages.clear()
        while len(self._scripts) > self._limit:
            try:
                self._scripts.pop(next(iter(self._scripts)), None)
            except (RuntimeError, StopIteration):  # another thread was faster
                return

    def clear(self) -> None:
        """Forget everything."""
        self._scripts.clear()
        self._pages.clear()


KNOWN = Known()


def held(ex: Exchange, status: int, content_type: str, coding: str) -> Page | None:
    """The page, if it is one, and the request has something that could become a script in it, or may yet have."""
    page = kind_of(content_type)
    if page is None or ex.method == "HEAD" or status in {204, 304} or status < 200:
        return None
    if not telling(ex) and not ex.body_to_come:
        return None
    encoding, xml = page
    return Page(ex, decoder(coding), encoding, xml=xml)


@lru_cache(maxsize=256)
def kind_of(content_type: str) -> tuple[str, bool] | None:
    """What a page of this type is written in, and whether it is XML; None where browsers run no script in it."""
    essence = content_type.partition(";")[0].strip().lower()
    xml = _XML.search(essence) is not None
    if not (essence in HTML or xml or essence in SNIFFED or "/" not in essence):
        return None
    return charset(content_type), xml


class Page:
    """See `HeldPage`."""

    def __init__(self, ex: Exchange, decode: Decoder | None, encoding: str, *, xml: bool) -> None:
        self.changed = False
        self._ex, self._xml = ex, xml
        self._inputs: list[Input] | None = None
        self._decode, self._encoding = decode, encoding
        self._text = codecs.getincrementaldecoder(encoding)("surrogateescape")
        self._parts: list[bytes] = []
        self._seen, self._length, self._since = "", 0, monotonic()
        self._released = False

    def add(self, part: bytes, *, last: bool) -> bytes | None:
        """See `HeldPage.add`."""
        self._length += len(part)
        if self._released:
            self._follow(part, last=last)
            return part
        self._parts.append(part)
        if not last and self._length < MOST and self._kept():
            return None
        self._released = True
        page = b"".join(self._parts)
        self._parts.clear()
        self._read(page, last=last)
        return self._judged(page, last=last)

    def _kept(self) -> bool:
        """Whether to go on keeping it back, though there is more to come."""
        if len(self._parts) == 1:
            return telling(self._ex)
        return monotonic() - self._since < PATIENCE and bool(self._candidates())

    def _read(self, part: bytes, *, last: bool) -> str:
        """The text of a part, which joins what was read before. What is beyond the bound is not looked at."""
        if self._decode is None or len(self._seen) >= MOST:
            self._unseen()
            return ""
        octets = self._decode(part, MOST)
        if octets is None:
            self._decode = None
            self._unseen()
            return ""
        text = self._text.decode(octets[:MOST], last)
        if len(octets) >= MOST:
            self._unseen()
        self._seen += text
        return text

    def _unseen(self) -> None:
        guard: RequestGuard = self._ex.guard
        guard.say_incomplete(self._ex)

    def _judged(self, page: bytes, *, last: bool) -> bytes:
        """The page as it may leave. In mode `escape`, the input that would run is escaped instead."""
        guard: RequestGuard = self._ex.guard
        if inert(self._seen) or not telling(self._ex) or not worth_reading(self._ex, self._seen.lower()):
            return page
        if guard.modes["html"] != "escape":
            self._say()
            return page
        mendable = last and page and self._decode is not None and self._decode.plain and self._length < MOST
        mended = self._mended() if mendable else None
        self._say(stops=mended is None)
        if mended is None:
            return page
        self.changed = True
        return mended.encode(self._encoding, "surrogateescape")

    def _follow(self, part: bytes, *, last: bool) -> None:
        """A part that comes after the header left: an attack in it cuts the answer off."""
        before = len(self._seen)
        if not self._read(part, last=last):
            return
        near = self._seen[max(0, before - _LONGEST_FORM) :].lower()
        if any(next(pieces(near, item.value), None) for item in self._candidates()):
            self._say(stops=True if self._ex.guard.modes["html"] == "escape" else None)

    def _say(self, *, stops: bool | None = None) -> None:
        sense_found("html", TARGET, "the page", self._search, dialect="html", stops=stops)

    def _search(self, ex: Exchange, inputs: Inputs) -> Iterator[tuple[str, str, Judgement]]:
        found = self._found()
        values = [value for _, value in found]
        judgement, culprit = self._judge(self._seen, values)
        if not judgement.attack and inputs.complete:
            KNOWN.learn(self._ex.path, self._seen, values, xml=self._xml)
        if found and judgement.verdict != "inert":
            yield next((name for name, value in found if value == culprit), found[0][0]), culprit, judgement

    def _candidates(self) -> list[Input]:
        """Those inputs that could be markup or code, each as it came: its escaped forms are looked for with it."""
        if self._inputs is None:
            risky = self._ex.guard.inputs(self._ex).risky
            self._inputs = [item for item in risky if item.origin == item.value and capable(item.name, item.value)]
        return self._inputs

    def _found(self) -> list[tuple[str, str]]:
        """Names of inputs, and what of them is in the page."""
        low = self._seen.lower()
        return [(item.name, piece) for item in self._candidates() for piece in pieces(low, item.value)]

    def _mended(self) -> str | None:
        """The page with its inputs escaped; None where nothing is to be done, or where that does not help."""
        values = [value for _, value in self._found()]
        if not self._judge(self._seen, values)[0].attack:
            return None
        text = self._seen
        for value in sorted(set(values), key=len, reverse=True):
            text = text.replace(value, escape(value))
        return None if self._judge(text, values)[0].attack else text

    def _judge(self, text: str, values: Sequence[str]) -> tuple[Judgement, str]:
        judgement, culprit = judge_all(text, values, xml=self._xml)
        if judgement.attack and (known := frozenset(KNOWN.at(self._ex.path))):
            return judge_all(text, values, known=known, xml=self._xml)
        return judgement, culprit


def charset(content_type: str) -> str:
    """What a page is written in: UTF-8 where nothing else is said that both browsers and Python know."""
    name = content_type.lower().partition("charset=")[2].partition(";")[0].strip("\"' ")
    if name in {"utf-16", "utf-16le", "utf-16be"}:
        return "utf-16-be" if name == "utf-16be" else "utf-16-le"
    try:
        return "utf-8" if not name or "<".encode(name) != b"<" else codecs.lookup(name).name
    except (LookupError, ValueError, TypeError):
        return "utf-8"
