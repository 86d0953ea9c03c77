"""pylock.toml (PEP 751), read tolerantly: tools write names unnormalised and times as texts."""

from __future__ import annotations

from typing import Any

from hauberk.audit.readers.documents import broken, entries, load_toml, mapping, text_of
from hauberk.audit.readers.manifest import Manifest, NotJudged, Pinned, Why, wheel
from hauberk.audit.readers.tables import load_tables
from hauberk.audit.versions import normal_name


def read(text: str, name: str) -> Manifest:
    """Read a pylock.toml. Raises InputError if it is none."""
    tables = load_tables(text, name, skip=("wheels", "sdist"))
    document = tables.document
    if not isinstance(document.get("packages"), list):
        raise broken(name, "pylock.toml", "it has no array of tables `packages`")
    found = entries(document.get("packages"))
    if any("version" not in entry for entry in found):  # it may stand in a wheel's name
        found = entries(load_toml(text, name)["packages"])
    packages, not_judged = [], []
    for entry, line in zip(found, tables.lines("packages", len(found)), strict=True):
        own, version = text_of(entry.get("name")), text_of(entry.get("version"))
        keys = (normal_name("PyPI", own),)
        needs = tuple(normal_name("PyPI", text_of(d.get("name"))) for d in entries(entry.get("dependencies")))
        archive = mapping(entry.get("archive"))
        built = wheel(text_of(archive.get("url")) or text_of(archive.get("path"))) or _first_wheel(entry)
        why = _why(entry, built is not None)
        version = version or (built[1] if built else "")
        if why or not version:
            not_judged.append(NotJudged(f"{own}@{version}" if version else own, why or "other", keys, needs))
        else:
            packages.append(Pinned(name=own, version=version, ecosystem="PyPI", line=line, keys=keys, needs=needs))
    return Manifest(packages=tuple(packages), not_judged=tuple(not_judged))


def _first_wheel(entry: dict[str, Any]) -> tuple[str, str] | None:
    """What the first wheel's name says, where the entry leaves its version out."""
    if entry.get("version") or "wheels" not in entry:
        return None
    first = next(iter(entries(entry["wheels"])), {})
    return wheel(text_of(first.get("name")) or text_of(first.get("url")) or text_of(first.get("path")))


def _why(entry: dict[str, Any], built: bool) -> Why | None:
    if "vcs" in entry:
        return "git"
    if "directory" in entry:
        return "path"
    return "url" if "archive" in entry and not built else None
