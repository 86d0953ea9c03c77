"""SPDX 2.2 and 2.3 as tags and values (ISO/IEC 5962:2021, annex F), made into the members that its JSON has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_LINE = re.compile(r"([A-Za-z][A-Za-z0-9]*):[ \t]*(.*)")
_OTHERS = frozenset({"FileName", "SnippetSPDXID", "LicenseID", "Annotator", "Reviewer"})
"""With what elements of other kinds begin."""
_RELATIONSHIP = ("spdxElementId", "relationshipType", "relatedSpdxElement")
_MOST = 100_000
"""Lines that a text in `<text>` may go on for, so that an unclosed one is no whole file."""


def document(text: str) -> dict[str, Any]:
    """Packages and relationships, as `spdxVersion`, `packages` and `relationships`."""
    packages: list[dict[str, Any]] = []
    relationships: list[dict[str, str]] = []
    version = ""
    package: dict[str, Any] | None = None
    for tag, value in _pairs(text):
        if tag == "SPDXVersion":
            version = value
        elif tag == "PackageName":
            package = {"name": value, "externalRefs": []}
            packages.append(package)
        elif tag == "Relationship":
            parts = value.split()
            if len(parts) >= 3:
                relationships.append(dict(zip(_RELATIONSHIP, parts, strict=False)))
        elif tag in _OTHERS:
            package = None
        elif package is not None:
            _member(package, tag, value)
    return {"spdxVersion": version, "packages": packages, "relationships": relationships}


def _member(package: dict[str, Any], tag: str, value: str) -> None:
    if tag == "SPDXID":
        package["SPDXID"] = value
    elif tag == "PackageVersion":
        package["versionInfo"] = value
    elif tag == "ExternalRef":
        parts = value.split(None, 2)
        if len(parts) == 3:
            package["externalRefs"].append({"referenceType": parts[1], "referenceLocator": parts[2].strip()})


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    lines = iter(text.removeprefix("\ufeff").splitlines())
    for line in lines:
        match = _LINE.match(line.strip())
        if match is None:
            continue
        tag, value = match[1], match[2].strip()
        if value.startswith("<text>"):
            parts = [value]
            while "</text>" not in parts[-1] and len(parts) < _MOST and (following := next(lines, None)) is not None:
                parts.append(following)
            value = "\n".join(parts).removeprefix("<text>").partition("</text>")[0]
        yield tag, value
