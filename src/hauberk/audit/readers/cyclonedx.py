"""A CycloneDX bill of materials (ECMA-424), JSON or XML, whose components are identified by package URLs (ECMA-427)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from hauberk.audit.readers.documents import broken, entries, load_json, mapping, text_of
from hauberk.audit.readers.json_lines import value_lines
from hauberk.audit.readers.manifest import Manifest, NotJudged, Pinned, Why
from hauberk.audit.versions import Ecosystem

WRITER = "hauberk"
"""As what hauberk names itself among the tools that made a document."""
TYPES: dict[str, Ecosystem] = {"pypi": "PyPI", "npm": "npm"}


def read(text: str, name: str) -> Manifest:
    """Read a CycloneDX document. Raises InputError if it is none."""
    document = load_json(text, name) if not text.lstrip("\ufeff \t\r\n").startswith("<") else _of_xml(text, name)
    if document.get("bomFormat") != "CycloneDX":
        raise broken(name, "CycloneDX document", "its bomFormat is another")
    graph = {
        text_of(d.get("ref")): tuple(ref for ref in d.get("dependsOn") or () if isinstance(ref, str))
        for d in entries(document.get("dependencies"))
    }
    top = mapping(mapping(document.get("metadata")).get("component"))
    top_ref = text_of(top.get("bom-ref"))
    lines = value_lines(text, "purl", "bom-ref")
    packages, not_judged = [], []
    for component in _components(document):
        ref = text_of(component.get("bom-ref"))
        kind, own, version, repository = split_purl(text_of(component.get("purl")))
        own, version = own or text_of(component.get("name")), version or text_of(component.get("version"))
        what, needs = f"{own}@{version}" if version else own, graph.get(ref, ())
        ecosystem = TYPES.get(kind)
        if top_ref and ref == top_ref:
            not_judged.append(NotJudged(what, "project", (ref,), needs))
        elif ecosystem is None or not version or repository or is_range(version):
            why: Why = "git" if repository else "unpinned" if ecosystem and version else "other"
            not_judged.append(NotJudged(what, why, (ref,), needs))
        else:
            line = lines.get(text_of(component.get("purl"))) or lines.get(ref)
            packages.append(Pinned(name=own, version=version, ecosystem=ecosystem, line=line, keys=(ref,), needs=needs))
    return Manifest(
        packages=tuple(packages),
        not_judged=tuple(not_judged),
        roots=graph.get(top_ref, ()),
        project=text_of(top.get("name")),
    )


def is_ours(text: str) -> bool:
    """Whether it says that hauberk made it: then all that is in it was read from other files."""
    try:
        tools = json.loads(text)["metadata"]["tools"]["components"]
        return any(tool["name"] == WRITER for tool in tools)
    except (ValueError, LookupError, TypeError, RecursionError):
        return False


def _of_xml(text: str, name: str) -> dict[str, Any]:
    from hauberk.audit.readers.cyclonedx_xml import document

    return document(text, name)


def is_range(version: str) -> bool:
    """Whether it is what a manifest asks for, rather than a version: some tools write that into bills of materials."""
    return re.search(r"[\s,|*<>^~]|^=", version.strip()) is not None


def _components(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every component, nested ones too; no recursion, since the file decides the depth."""
    stack = entries(document.get("components"))[::-1]
    while stack:
        component = stack.pop()
        yield component
        stack += entries(component.get("components"))[::-1]


def split_purl(purl: str) -> tuple[str, str, str, bool]:
    """Type, name (with its scope), version, and whether it was taken from a repository, of `pkg:npm/%40s/n@1.0?...`."""
    scheme, _, rest = purl.partition(":")
    if scheme.lower() != "pkg":
        return "", "", "", False
    rest, _, qualifiers = rest.partition("#")[0].partition("?")
    kind, _, path = rest.strip("/").partition("/")
    path = path.lstrip("/")
    at = path.rfind("@")
    version = ""
    if at > path.rfind("/") + (path.startswith("@") and "/" not in path):
        path, version = path[:at], unquote(path[at + 1 :])
    return kind.lower(), unquote(path), version, "vcs_url=" in qualifiers
