"""CycloneDX in XML (ECMA-424), made into the members that its JSON has. Nothing is fetched, and no entity defined."""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import ParseError, XMLParser

from hauberk.audit.readers.documents import DEPTH_LIMIT, broken, check_size

NAMESPACE = re.compile(r"\{http://cyclonedx\.org/schema/bom/1\.\d\}")
_LONGEST = 4_096
"""Characters of a text that are kept."""
_MEMBERS = ("name", "version", "group", "purl")


class _Element:
    """One element, as far as it is wanted."""

    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name, self.attributes = name, attributes
        self.children: list[_Element] = []
        self.text = ""

    def child(self, name: str) -> _Element:
        """The first child of that name, or an empty element."""
        return next((one for one in self.children if one.name == name), _Element(name, {}))


class _Tree:
    """What the parser calls: its own tree would be recursed into, and the file decides the depth."""

    def __init__(self) -> None:
        self.top = _Element("", {})
        self._open = [self.top]

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if len(self._open) > DEPTH_LIMIT:
            raise ValueError("it is nested too deeply")
        element = _Element(NAMESPACE.sub("", tag), attributes)
        self._open[-1].children.append(element)
        self._open.append(element)

    def end(self, _tag: str) -> None:
        """An element ends."""
        self._open.pop()

    def data(self, text: str) -> None:
        """Text within an element."""
        element = self._open[-1]
        if element.name in _MEMBERS and len(element.text) < _LONGEST:
            element.text += text

    def doctype(self, *_: object) -> None:
        """No document of this kind has one; what defines entities may be a bomb."""
        raise ValueError("it has a document type, which no CycloneDX document needs")

    def close(self) -> _Element:
        """The whole."""
        return self.top


def document(text: str, name: str) -> dict[str, Any]:
    """Components and dependencies, as the JSON of CycloneDX names them. Raises InputError if it is none."""
    check_size(text, name)
    parser: Any = XMLParser(target=_Tree())  # noqa: S314 - a document type, and with it any entity, is refused
    try:
        parser.feed(re.sub(r"^\s*<\?xml[^>]*\?>", "", text.removeprefix("\ufeff"), count=1))
        top: _Element = parser.close()
    except (ParseError, ValueError) as error:
        raise broken(name, "CycloneDX document", error) from None
    bom = top.child("bom")
    about = bom.child("metadata").child("component")
    return {
        "bomFormat": "CycloneDX" if bom.children or bom.attributes else "",
        "metadata": {"component": _component(about) if about.children else {}},
        "components": [_component(one) for one in bom.child("components").children],
        "dependencies": [
            {"ref": one.attributes.get("ref"), "dependsOn": [need.attributes.get("ref") for need in one.children]}
            for one in bom.child("dependencies").children
        ],
    }


def _component(element: _Element) -> dict[str, Any]:
    """Depth is bounded by the parser."""
    found: dict[str, Any] = {member: element.child(member).text.strip() for member in _MEMBERS}
    found["bom-ref"] = element.attributes.get("bom-ref", "")
    found["components"] = [_component(one) for one in element.child("components").children]
    return found
