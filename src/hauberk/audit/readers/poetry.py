"""poetry.lock, of lock version 1.0 to 2.1."""

from __future__ import annotations

from typing import Any

from hauberk.audit.readers.documents import broken, entries, mapping, text_of
from hauberk.audit.readers.manifest import Manifest, NotJudged, Pinned, Why, wheel
from hauberk.audit.readers.tables import load_tables
from hauberk.audit.versions import normal_name

_SOURCES: dict[str, Why] = {"git": "git", "url": "url", "file": "path", "directory": "path"}
"""`legacy` and `pypi` are registries."""


def read(text: str, name: str) -> Manifest:
    """Read a poetry.lock. Raises InputError if it is none."""
    tables = load_tables(text, name, skip=("files",), mere=("dependencies", "extras"))
    document = tables.document
    if not isinstance(document.get("package", []), list):
        raise broken(name, "poetry.lock", "`package` is no array of tables")
    found = entries(document.get("package"))
    packages, not_judged = [], []
    for entry, line in zip(found, tables.lines("package", len(found)), strict=True):
        own, version = text_of(entry.get("name")), text_of(entry.get("version"))
        keys = (normal_name("PyPI", own),)
        needs = tuple(normal_name("PyPI", need) for need in mapping(entry.get("dependencies")))
        why = _why(entry, version)
        if why:
            not_judged.append(NotJudged(f"{own}@{version}" if version else own, why, keys, needs))
        else:
            packages.append(
                Pinned(name=own, version=version, ecosystem="PyPI", line=line, dev=_dev(entry), keys=keys, needs=needs)
            )
    return Manifest(packages=tuple(packages), not_judged=tuple(not_judged))


def _why(entry: dict[str, Any], version: str) -> Why | None:
    source = mapping(entry.get("source"))
    why = _SOURCES.get(text_of(source.get("type")))
    if why in ("url", "path") and wheel(text_of(source.get("url"))):
        why = None
    return why if version else why or "other"


def _dev(entry: dict[str, Any]) -> bool | None:
    if groups := entry.get("groups"):  # lock version 2.1
        return "main" not in groups if isinstance(groups, list) else None
    category = entry.get("category")  # lock version 1
    return category != "main" if category else None
