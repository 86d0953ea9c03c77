"""Start tags of a page as a browser's tokeniser reads them (HTML, section 13.2.5), mistakes and all.

Only what can start a script matters here: elements, their attributes, and the text of raw elements. No tree is built;
of the tree is known only what changes the reading: whether the tokeniser is in SVG or MathML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

RAW = frozenset({"script", "style", "xmp", "iframe", "noembed", "noframes", "noscript", "textarea", "title"})
"""Elements whose content is text up to their end tag, except in SVG and MathML (section 13.2.6.4)."""
_FOREIGN = frozenset({"svg", "math"})
_HTML_AGAIN = {
    "svg": frozenset({"foreignobject", "desc", "title"}),
    "math": frozenset({"mi", "mo", "mn", "ms", "mtext", "annotation-xml"}),
}
"""Elements of each whose content is HTML once more ("integration points")."""
_GLYPHS = frozenset({"mglyph", "malignmark"})
"""Elements that stay MathML all the same."""
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_BREAKOUT = frozenset(
    """
    b big blockquote body br center code dd div dl dt em embed font h1 h2 h3 h4 h5 h6 head hr i img li listing menu
    meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var
    """.split()
)
"""Tags that end SVG and MathML wherever they stand (section 13.2.6.5)."""

_DEEPEST = 256
"""Open elements of SVG and MathML that are remembered."""

_TAG = re.compile(
    r"<(?:(?P<close>/?)(?P<name>[A-Za-z][^\t\n\f\r />]*+)|(?P<comment>!--)|(?P<cdata>!\[CDATA\[)|(?P<bogus>[!?/]))"
)
_ATTRIBUTE = re.compile(
    r"""[\t\n\f\r /]*+(?P<name>=?[^\t\n\f\r />=]++|=)
    (?:[\t\n\f\r ]*+=[\t\n\f\r ]*+(?:
        "(?P<double>[^"]*+)(?P<closed>"?)|'(?P<single>[^']*+)(?P<shut>'?)|(?P<bare>[^\t\n\f\r >]*+)
    ))?+""",
    re.VERBOSE,
)
_CLOSE = re.compile(r"[\t\n\f\r /]*+>")
_COMMENT_END = re.compile(r"--!?>|\Z")
_ENDS = {name: re.compile(rf"</{name}(?=[\t\n\f\r />])", re.IGNORECASE) for name in RAW}
_SCRIPT_PARTS = re.compile(r"<!--|-->|<(?P<end>/?)script(?=[\t\n\f\r />])", re.IGNORECASE)


_FAR = 512
"""Characters of plain text in which a place is looked for from where reading can go on."""
_PLAIN_NAME = (
    "(?!(?:script|style|xmp|iframe|frame|noembed|noframes|noscript|textarea|title|svg|math|plaintext|base|object|embed"
    "|meta)[\\t\\n\\f\\r />])[a-z][a-z0-9]*+"
)
_PLAIN_ATTRIBUTE = r"""[\t\n\f\r ]++(?:
    (?:class|id|style|title|alt|name|value|type|for|role|placeholder|lang|dir|width|height|colspan|rowspan|rel|target
        |method|tabindex|aria-[a-z]+|data-(?!ng-|hx-)[a-z0-9-]+)
        (?:="[^"]*+"|='[^']*+'|=[^\t\n\f\r "'=<>`]++)?+
    |(?!on|srcdoc|x-|v-|ng-|hx-|data-)[a-z][a-z0-9-]*+
        (?:="(?:https?:(?=//))?[^":&\t\n\r]*+"|='(?:https?:(?=//))?[^':&\t\n\r]*+'|=[^\t\n\f\r "'=<>`:&]++)?+
    )(?=[\t\n\f\r />])"""
_PLAIN = re.compile(
    rf"""(?:[^<]++|</[a-z][a-z0-9]*+[\t\n\f\r ]*+>|<{_PLAIN_NAME}(?:{_PLAIN_ATTRIBUTE})*+[\t\n\f\r ]*+/?>)*+""",
    re.VERBOSE | re.IGNORECASE,
)
"""What most of a page is: text, and tags in which nothing can run and after which nothing is read otherwise. They are
passed over in one go: a shorter way to the same end."""


class Tag(NamedTuple):
    """A start tag that was closed: an open one at the end of a page makes no element."""

    name: str
    """In lower case."""
    attributes: dict[str, str]
    """Names in lower case to values without character references; of those that came twice the first."""
    content: str = ""
    """The text of a raw element."""


class _Foreign(NamedTuple):
    """An open element of SVG or MathML."""

    name: str
    space: str
    """`svg` or `math`."""
    html: bool
    """Whether its content is HTML again."""


class Reading:
    """How far a page is read: `at` is a place in text outside of SVG and MathML, where nothing that stands before it
    has a say in how the rest is read."""

    __slots__ = ("at", "before", "enough")

    def __init__(self, at: int = 0, *, before: int | None = None, enough: int | None = None) -> None:
        self.at = at
        self.before = before
        """Read on from the last such place up to here, and no further."""
        self.enough = enough
        """Or read up to the first such place from here on."""

    def over(self, page: str, at: int, ahead: int) -> bool:
        """Take note of such a place, at or soon after this one; whether it was the last that is wanted.

        `ahead` is where the text of a raw element ends, which is not known before its end tag is read.
        """
        bound = self.before if self.before is not None else (self.enough or 0) + _FAR
        passed = _PLAIN.match(page, at, bound)  # cut there: it would be passed over in one go
        end = at if passed is None else passed.end()
        if self.before is not None and end > self.before:
            return True
        if end > ahead:
            self.at = end
        return self.at == self.before or (self.enough is not None and self.at >= self.enough)


def start_tags(page: str, *, xml: bool = False, reading: Reading | None = None) -> Iterator[Tag]:
    """The elements that the page starts, in order, but for those in which nothing could run.

    Never raises; takes time proportional to the page.

    `xml` is for XHTML and SVG documents, which have CDATA sections everywhere, and references in scripts. `reading` is
    for a part of a page that is not XML.
    """
    at = 0 if reading is None else reading.at
    inside: list[_Foreign] = []
    """The elements of SVG and MathML around, which decide on the reading."""
    ahead = -1
    while True:
        plain = not inside and not xml
        found = _next(page, at, plain=plain) if reading is None else _ahead(page, at, ahead, inside, reading)
        if found is None:
            return
        at, name = found.end(), (found["name"] or "").lower()
        foreign = xml or (bool(inside) and (not inside[-1].html or (name in _GLYPHS and inside[-1].space == "math")))
        if found["comment"]:
            at = _after_comment(page, at, xml=xml)
        elif found["cdata"] and foreign:
            at = _after(page, "]]>", at)
        elif not name:
            at = _after(page, ">", at)
        else:
            attributes, at, empty = _attributes(page, at)
            if at > len(page):
                return
            if found["close"]:
                _leave(inside, name)
                continue
            if foreign and not xml and _breaks_out(name, attributes):
                foreign = _out(inside)
            content, after = "", at
            if name == "plaintext" and not foreign:
                content, after = page[at:], len(page)
            elif name in RAW and (not foreign or (name == "script" and not empty)):
                content, after = _content(page, at, name, foreign=foreign)
            if not empty and not xml and (foreign or name in _FOREIGN) and len(inside) < _DEEPEST:
                stays = foreign and not (name == "svg" and inside[-1].name == "annotation-xml")
                space = inside[-1].space if stays else name  # of `<math><svg>`, both are MathML
                inside.append(_Foreign(name, space, stays and _html_again(space, name, attributes)))
            yield Tag(name, attributes, content)
            ahead = max(ahead, after) if name in RAW else ahead
            at = at if foreign else after  # in SVG, there may be elements in a script


def _next(page: str, at: int, *, plain: bool) -> re.Match[str] | None:
    """The next tag, comment or the like; past all that is plain, where it is read as HTML."""
    if plain and (passed := _PLAIN.match(page, at)) is not None:
        at = passed.end()
    return _TAG.search(page, at)


def _ahead(page: str, at: int, ahead: int, inside: list[_Foreign], reading: Reading) -> re.Match[str] | None:
    """The same for a part of a page; None where that is at its end."""
    if not inside:
        if reading.over(page, at, ahead):
            return None
        at = max(at, reading.at)
    return _TAG.search(page, at)


def _leave(inside: list[_Foreign], name: str) -> None:
    """An end tag: of the elements that matter, the innermost of that name ends, with what it holds."""
    if any(element.name == name for element in inside):
        while inside.pop().name != name:
            pass
    elif name in {"p", "br"}:
        _out(inside)


def _out(inside: list[_Foreign]) -> bool:
    """Out of SVG and MathML, up to where it is HTML: it is no longer foreign."""
    while inside and not inside[-1].html:
        inside.pop()
    return False


def _breaks_out(name: str, attributes: dict[str, str]) -> bool:
    return name in _BREAKOUT and (name != "font" or not attributes.keys().isdisjoint({"color", "face", "size"}))


def _html_again(space: str, name: str, attributes: dict[str, str]) -> bool:
    if name not in _HTML_AGAIN[space]:
        return False
    return name != "annotation-xml" or attributes.get("encoding", "").lower() in _HTML_TYPES


def _attributes(page: str, at: int) -> tuple[dict[str, str], int, bool]:
    """Attributes, where the tag ends (beyond the page where it does not), and whether it says that it is empty."""
    found: dict[str, str] = {}
    while (close := _CLOSE.match(page, at)) is None:
        match = _ATTRIBUTE.match(page, at)
        unclosed = match is not None and (
            (match["double"] is not None and not match["closed"]) or (match["single"] is not None and not match["shut"])
        )
        if match is None or unclosed or match.end() >= len(page):
            return found, len(page) + 1, False
        value = match["double"] or match["single"] or match["bare"] or ""
        found.setdefault(match["name"].lower(), unescape(value) if "&" in value else value)
        at = match.end()
    return found, close.end(), close[0][-2:] == "/>"


def _after(page: str, end: str, at: int) -> int:
    """Where it goes on after this text; the end of the page where it does not come."""
    found = page.find(end, at)
    return len(page) if found < 0 else found + len(end)


def _after_comment(page: str, at: int, *, xml: bool) -> int:
    if xml:
        return _after(page, "-->", at)
    for short in (">", "->"):  # comments that are over at once
        if page.startswith(short, at):
            return at + len(short)
    end = _COMMENT_END.search(page, at)
    return len(page) if end is None else end.end()


def _content(page: str, at: int, name: str, *, foreign: bool) -> tuple[str, int]:
    """The text up to the end tag, and where that begins."""
    if name == "script" and not foreign:
        end = _script_end(page, at)
    else:
        found = _ENDS[name].search(page, at)
        end = len(page) if found is None else found.start()
    text = page[at:end]
    return (unescape(text) if foreign and "&" in text else text), end


def _script_end(page: str, at: int) -> int:
    """Where the end tag of a script begins: one that follows `<!--<script` is text (section 13.2.5.20 and on)."""
    commented = nested = False
    while (found := _SCRIPT_PARTS.search(page, at)) is not None:
        at = found.end()
        if found[0] == "<!--":
            commented, at = True, at - (0 if commented else 2)  # its dashes may be those of the end
        elif found[0] == "-->":
            commented = nested = False
        elif found["end"]:
            if not nested:
                return found.start()
            nested = False
        else:
            nested = nested or commented
    return len(page)
