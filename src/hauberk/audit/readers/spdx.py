"""SPDX documents: version 2.2 and 2.3 in JSON, YAML and as tags and values, and the graph of version 3.0."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from hauberk.audit.readers.cyclonedx import TYPES, is_range, split_purl
from hauberk.audit.readers.documents import broken, check_size, entries, load_json, load_yaml, mapping, text_of
from hauberk.audit.readers.json_lines import value_lines
from hauberk.audit.readers.manifest import Manifest, NotJudged, Pinned, Why
from hauberk.audit.readers.spdx_tags import document as tags

_BELOW = frozenset({"DEPENDS_ON", "CONTAINS", "HAS_PREREQUISITE", "DEPENDSON", "HASPREREQUISITE"})
_ABOVE = frozenset({"DEPENDENCY_OF", "CONTAINED_BY", "PREREQUISITE_FOR", "DEV_DEPENDENCY_OF",
                    "OPTIONAL_DEPENDENCY_OF", "RUNTIME_DEPENDENCY_OF", "PROVIDED_DEPENDENCY_OF"})  # fmt: skip
Graph = dict[str, list[str]]


def read(text: str, name: str) -> Manifest:
    """Read an SPDX document. Raises InputError if it is none."""
    document, lines = _document(text, name)
    if text_of(document.get("spdxVersion")).startswith("SPDX-2"):
        return _read_2(document, lines)
    if isinstance(document.get("@graph"), list):
        return _read_3(entries(document["@graph"]), lines)
    raise broken(name, "SPDX document", "it has neither spdxVersion SPDX-2 nor @graph")


def _document(text: str, name: str) -> tuple[dict[str, Any], dict[str, int]]:
    """The document in the members of its JSON, and the lines of what names its packages."""
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        found = load_json(text, name)
        members = ("referenceLocator", "software_packageUrl", "packageUrl", "SPDXID", "spdxId")
        # GitHub's interface wraps the document.
        return (mapping(found["sbom"]) if "sbom" in found else found), value_lines(text, *members)
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        for match in re.finditer(r"\bpkg:[^\s\"']+", line):
            lines.setdefault(match.group(), number)
    if re.search(r"^SPDXVersion:", text.removeprefix("\ufeff"), re.MULTILINE):
        check_size(text, name)
        return tags(text), lines
    documents = load_yaml(text, name)
    return (documents[0] if documents else {}), lines


def _read_2(document: dict[str, Any], lines: dict[str, int]) -> Manifest:
    graph: Graph = {}
    top = {item for item in document.get("documentDescribes") or () if isinstance(item, str)}
    for one in entries(document.get("relationships")):
        first, kind, second = (
            text_of(one.get(key)) for key in ("spdxElementId", "relationshipType", "relatedSpdxElement")
        )
        if kind in _BELOW:
            graph.setdefault(first, []).append(second)
        elif kind in _ABOVE:
            graph.setdefault(second, []).append(first)
        elif kind == "DESCRIBES":
            top.add(second)
    found = [
        (text_of(one.get("SPDXID")), text_of(one.get("name")), text_of(one.get("versionInfo")), _purls(one))
        for one in entries(document.get("packages"))
    ]
    return _manifest(found, graph, top, lines)


def _purls(package: dict[str, Any]) -> list[str]:
    return [
        text_of(reference.get("referenceLocator"))
        for reference in entries(package.get("externalRefs"))
        if reference.get("referenceType") == "purl"
    ]


def _read_3(elements: list[dict[str, Any]], lines: dict[str, int]) -> Manifest:
    graph: Graph = {}
    top: set[str] = set()
    found = []
    for one in elements:
        kind = text_of(one.get("type"))
        if kind == "Relationship":
            targets = [item for item in one.get("to") or () if isinstance(item, str)]
            if text_of(one.get("relationshipType")).upper() in _BELOW:
                graph.setdefault(text_of(one.get("from")), []).extend(targets)
        elif kind == "software_Package":
            purls = [text_of(one.get("software_packageUrl")) or text_of(one.get("packageUrl"))]
            purls += [
                text_of(other.get("identifier"))
                for other in entries(one.get("externalIdentifier"))
                if text_of(other.get("externalIdentifierType")) in ("packageUrl", "purl")
            ]
            version = text_of(one.get("software_packageVersion")) or text_of(one.get("packageVersion"))
            found.append((text_of(one.get("spdxId")), text_of(one.get("name")), version, purls))
        elif kind in ("SpdxDocument", "software_Sbom"):
            top |= {item for item in one.get("rootElement") or () if isinstance(item, str)}
    return _manifest(found, graph, top, lines)


def _manifest(
    found: Iterable[tuple[str, str, str, list[str]]], graph: Graph, top: set[str], lines: dict[str, int]
) -> Manifest:
    packages, not_judged, project = [], [], ""
    for ref, own, version, purls in found:
        purl = next(filter(None, purls), "")
        kind, name, exact, repository = split_purl(purl)
        name, exact = name or own, exact or version
        needs, what = tuple(graph.get(ref, ())), f"{name}@{exact}" if exact else name
        ecosystem = TYPES.get(kind)
        if ref in top and (ecosystem is None or graph.get(ref)):
            project = project or own
            not_judged.append(NotJudged(what, "project", (ref,), needs))
        elif ecosystem is None or not exact or repository or is_range(exact):
            why: Why = "git" if repository else "unpinned" if ecosystem and exact else "other"
            not_judged.append(NotJudged(what, why, (ref,), needs))
        else:
            line = lines.get(purl) or lines.get(ref)
            packages.append(Pinned(name=name, version=exact, ecosystem=ecosystem, line=line, keys=(ref,), needs=needs))
    roots = tuple(need for ref in sorted(top) for need in graph.get(ref, ()))
    return Manifest(packages=tuple(packages), not_judged=tuple(not_judged), roots=roots, project=project)
