"""HTML that cannot be forgotten to be escaped: every `str` is text, only `Markup` is markup, and only `el` makes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from hauberk.report.plain import block

VOID = frozenset({"br", "hr", "input", "meta", "link"})


class Markup(str):
    """Finished HTML. Made by the functions of this module; a literal of our own may be wrapped, data never."""

    __slots__ = ()

    @property
    def size(self) -> int:
        """Octets it takes in the file."""
        return len(self.encode())


Child = str | Markup | None | Iterable["Child"]
Attributes = Mapping[str, str | int | bool | None]

EMPTY = Markup()


def text(data: str) -> Markup:
    """Data as text: escaped, and what cannot be seen (controls, bidirectional marks, lone surrogates) written out."""
    return Markup(escape(block(data), quote=True))


def join(*children: Child) -> Markup:
    """Children side by side."""
    return Markup("".join(_flat(children)))


def el(tag: str, attributes: Attributes | str | None = None, *children: Child) -> Markup:
    """One element. Attributes are a mapping or just a class; None and False leave one out, True has no value."""
    given: Attributes = {"class": attributes} if isinstance(attributes, str) else attributes or {}
    written = "".join(_attribute(name, value) for name, value in given.items())
    if tag in VOID:
        return Markup(f"<{tag}{written}>")
    return Markup(f"<{tag}{written}>{join(*children)}</{tag}>")


def link(address: str, *children: Child) -> Markup:
    """A link to a public page or to a place on this one; anything else, such as `javascript:`, stays plain text."""
    if address.startswith("https://"):
        return el("a", {"href": address, "rel": "noopener noreferrer"}, *children)
    if address.startswith("#"):
        return el("a", {"href": address}, *children)
    return join(*children)


def within(parts: Iterable[Markup], room: int) -> tuple[list[Markup], bool]:
    """As many parts as fit in `room` octets, and whether any did not."""
    kept: list[Markup] = []
    for part in parts:
        room -= part.size
        if room < 0:
            return kept, True
        kept.append(part)
    return kept, False


def _attribute(name: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{text(str(value))}"'


def _flat(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if isinstance(child, Markup):
            yield child
        elif isinstance(child, str):
            yield text(child)
        elif child is not None:
            yield from _flat(child)
