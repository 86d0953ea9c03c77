"""pdm.lock, of lock version 2 to 4.5."""

from __future__ import annotations

import re
from typing import Any

from hauberk.audit.readers.documents import broken, entries, text_of
from hauberk.audit.readers.manifest import Manifest, NotJudged, Pinned, Why, origin, wheel
from hauberk.audit.readers.tables import load_tables
from hauberk.audit.versions import normal_name

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def read(text: str, name: str) -> Manifest:
    """Read a pdm.lock. Raises InputError if it is none."""
    tables = load_tables(text, name, skip=("files",))
    document = tables.document
    if not isinstance(document.get("package", []), list):
        raise broken(name, "pdm.lock", "`package` is no array of tables")
    found = entries(document.get("package"))
    packages, not_judged = [], []
    for entry, line in zip(found, tables.lines("package", len(found)), strict=True):
        own, version = text_of(entry.get("name")), text_of(entry.get("version"))
        keys, needs = (normal_name("PyPI", own),), _needs(entry)
        why = _why(entry, version)
        if why:
            not_judged.append(NotJudged(f"{own}@{version}" if version else own, why, keys, needs))
        else:
            packages.append(
                Pinned(name=own, version=version, ecosystem="PyPI", line=line, dev=_dev(entry), keys=keys, needs=needs)
            )
    return Manifest(packages=tuple(packages), not_judged=tuple(not_judged))


def _why(entry: dict[str, Any], version: str) -> Why | None:
    for kind in ("git", "hg", "svn", "bzr"):
        if kind in entry:
            return "git"
    if "path" in entry or entry.get("editable"):
        return None if version and wheel(text_of(entry.get("path"))) else "path"
    if "url" in entry:
        return None if version and wheel(text_of(entry["url"])) else origin(text_of(entry["url"]))
    return None if version else "other"


def _needs(entry: dict[str, Any]) -> tuple[str, ...]:
    dependencies = entry.get("dependencies")
    texts = dependencies if isinstance(dependencies, list) else []
    names = (_NAME.match(item) for item in texts if isinstance(item, str))
    return tuple(normal_name("PyPI", match.group()) for match in names if match)


def _dev(entry: dict[str, Any]) -> bool | None:
    groups = entry.get("groups")
    return "default" not in groups if isinstance(groups, list) else None
