"""uv.lock (uv documentation, "Locking and syncing": every package has a `source`)."""

from __future__ import annotations

from typing import Any

from hauberk.audit.readers.documents import broken, entries, mapping, text_of
from hauberk.audit.readers.manifest import Manifest, NotJudged, Pinned, Why, wheel
from hauberk.audit.readers.tables import load_tables

_SOURCES: dict[str, Why] = {"git": "git", "url": "url", "path": "path", "directory": "path"}

_PROD = ("dependencies", "optional-dependencies")
_DEV = ("dev-dependencies", "dependency-groups")


def read(text: str, name: str) -> Manifest:
    """Read a uv.lock. Raises InputError if it is none."""
    tables = load_tables(text, name, skip=("wheels", "sdist"))
    document = tables.document
    table = "distribution" if "distribution" in document else "package"  # as it was called at first
    if not isinstance(document.get(table, []), list):
        raise broken(name, "uv.lock", f"`{table}` is no array of tables")
    found = entries(document.get(table))
    members = mapping(document.get("manifest")).get("members")
    members = set(members) if isinstance(members, list) and all(isinstance(m, str) for m in members) else set()
    packages, not_judged, roots, project = [], [], dict[str, None](), ""
    dev: set[str] = set()
    prod: set[str] = set()
    for entry, line in zip(found, tables.lines(table, len(found)), strict=True):
        own, version = text_of(entry.get("name")), text_of(entry.get("version"))
        needs = _needs(entry)
        why = _why(entry, version, own in members)
        if why is None:
            packages.append(Pinned(name=own, version=version, ecosystem="PyPI", line=line, keys=(own,), needs=needs))
            continue
        not_judged.append(NotJudged(f"{own}@{version}" if version else own, why, (own,), needs))
        if why == "project":
            project = project or own
            roots.update(dict.fromkeys(needs))
            prod.update(_needs(entry, _PROD))
            dev.update(_needs(entry, _DEV))
    return Manifest(
        packages=tuple(packages),
        not_judged=tuple(not_judged),
        roots=tuple(roots),
        dev_roots=tuple(sorted(dev - prod)),
        project=project,
    )


def _why(entry: dict[str, Any], version: str, member: bool) -> Why | None:
    source = entry.get("source")
    if isinstance(source, str):  # the first revisions wrote `registry+https://...`
        kind, _, location = source.partition("+")
        source = {kind: location}
    source = mapping(source)
    if member or {"virtual", "editable"} & source.keys():
        return "project"
    if "registry" in source and version:
        return None
    for kind, why in _SOURCES.items():
        if kind in source:
            return None if version and kind in ("url", "path") and wheel(text_of(source[kind])) else why
    return "other"


def _needs(entry: dict[str, Any], members: tuple[str, ...] = (*_PROD, *_DEV)) -> tuple[str, ...]:
    """Names of everything the entry depends on, its extras and groups included."""
    needs = entries(entry.get("dependencies")) if "dependencies" in members else []
    for member in members:
        for group in mapping(entry.get(member)).values():
            needs += entries(group)
    return tuple(dict.fromkeys(text_of(need.get("name")) for need in needs))
