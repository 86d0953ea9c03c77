"""Pipfile.lock: `default`, `develop` and the categories that a project names itself."""

from __future__ import annotations

from typing import Any

from hauberk.audit.readers.documents import load_json, mapping, text_of
from hauberk.audit.readers.json_lines import KeyLines
from hauberk.audit.readers.manifest import Manifest, NotJudged, Pinned, Why, origin, wheel


def read(text: str, name: str) -> Manifest:
    """Read a Pipfile.lock. Raises InputError if it is none."""
    document = load_json(text, name)
    lines = KeyLines(text)
    packages, not_judged = [], []
    for section, members in document.items():
        if section == "_meta":
            continue
        for own, entry in mapping(members).items():
            found = _read_entry(own, {"version": entry} if isinstance(entry, str) else mapping(entry))
            if isinstance(found, NotJudged):
                not_judged.append(found)
            else:
                line = lines.of(own)
                packages.append(
                    Pinned(name=own, version=found, ecosystem="PyPI", line=line, dev=section == "develop", keys=(own,))
                )
    return Manifest(packages=tuple(packages), not_judged=tuple(not_judged))


def _read_entry(own: str, entry: dict[str, Any]) -> str | NotJudged:
    """The pinned version, or why there is none."""
    for member in ("git", "hg", "svn", "bzr", "path", "file"):
        if member in entry:
            location = text_of(entry[member])
            if member in ("path", "file") and (built := wheel(location)):
                return built[1]
            why: Why = origin(location) if member == "file" else "path" if member == "path" else "git"
            return NotJudged(own, why)
    if entry.get("editable"):
        return NotJudged(own, "path")
    version = text_of(entry.get("version"))
    if not version.startswith("==") or version.endswith(".*") or "," in version:
        return NotJudged(own, "unpinned")
    return version.lstrip("=").strip()
