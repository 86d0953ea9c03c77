"""What became of a canary in a page, as a browser's parser sees it: text, or a part of the markup."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from hauberk.scan.html import parse
from hauberk.scan.oracles.script import OUTSIDE, states

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

URLS = frozenset({"href", "src", "action", "formaction", "data", "xlink:href"})
"""Attributes where `javascript:` runs."""
RAW = frozenset({"textarea", "title", "style", "xmp", "iframe", "noembed", "noframes", "noscript"})
"""Elements whose content is text whatever it looks like (HTML, section 13.1.2)."""
JAVASCRIPT = frozenset({"", "module", "text/javascript", "application/javascript", "text/ecmascript"})

Kind = Literal["text", "attribute", "url", "handler", "script", "data", "raw", "comment"]


@dataclass(frozen=True, slots=True)
class Context:
    """Where a canary stands in a page."""

    kind: Kind
    tag: str = ""
    attribute: str = ""
    quote: str = ""
    """In JavaScript: the state, see `oracles.script.states`."""


def contexts(html: str, canary: str) -> list[Context]:
    """Every place where a reflected canary stands, each once."""
    if canary not in html:
        return []
    found: dict[Context, None] = {}
    for node in _nodes(html):
        for context in _of(node, canary):
            found[context] = None
    return list(found)


def _of(node: LexborNode, canary: str) -> Iterator[Context]:
    tag = node.tag or ""
    if tag == "-comment":
        if canary in (node.html or ""):
            yield Context("comment")
        return
    for name, value in node.attributes.items():
        if value and canary in value:
            if name.startswith("on"):
                yield from (Context("handler", tag, name, state) for state in states(value, canary))
            elif name in URLS and value.strip().removeprefix("../").startswith(canary):
                yield Context("url", tag, name)
            else:
                yield Context("attribute", tag, name)
    text = node.text(deep=False) or ""
    if canary in text:
        if tag == "script":
            if _runs(node):
                yield from (Context("script", tag, quote=state) for state in states(text, canary))
            else:
                yield Context("data", tag)
        else:
            yield Context("raw" if tag in RAW else "text", tag)


def escape(html: str, canary: str) -> str | None:
    """How the canary left its place and became markup or code, in words; None if it is still a mere value."""
    if canary not in html.lower():
        return None
    for node in _nodes(html):
        tag = node.tag or ""
        if tag == canary:
            return f"the input became an element: <{canary}>"
        for name, value in node.attributes.items():
            if name == canary:
                return f"the input became an attribute of <{tag}>"
            if name in URLS and _scheme(value or "") == f"javascript:{canary}":
                return f"the input became the javascript: URL of <{tag} {name}>"
            if name.startswith("on") and value and _code(value, canary):
                return f"the input left its string and became code in {name} of <{tag}>"
        if tag == "script" and _runs(node) and _code(node.text(deep=False) or "", canary):
            return "the input left its string and became code in a <script>"
    return None


def _code(code: str, canary: str) -> bool:
    """Whether the probe began in a string and went on outside: the first canary within, a later one without."""
    found = list(states(code, canary))
    return any(first not in OUTSIDE and second == "" for first, second in pairwise(found))


def _scheme(value: str) -> str:
    """The URL as a browser's parser begins to read it: without controls and spaces (URL, section 4.4)."""
    kept = "".join(c for c in value.lower().lstrip("".join(map(chr, range(33)))) if c not in "\t\r\n")
    scheme, _, rest = kept.partition(":")
    return f"{scheme}:{rest[:11]}"


def _runs(node: LexborNode) -> bool:
    return (node.attributes.get("type") or "").partition(";")[0].strip().lower() in JAVASCRIPT


def _nodes(html: str) -> Iterator[LexborNode]:
    root = parse(html).root
    document = root.parent if root is not None else None
    if document is not None:  # comments may stand beside the root element
        yield from (node for node in document.traverse(include_text=False) if node.tag not in {"-document", "-doctype"})
