"""pyproject.toml without a lock file: what it pins is judged, what it leaves open is named (PEP 621, PEP 735).

Poetry's, PDM's and uv's own tables are read too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hauberk.audit.readers.documents import load_toml, mapping, text_of
from hauberk.audit.readers.manifest import Manifest, NotJudged, Pinned, Why, origin
from hauberk.audit.readers.requirements import read_requirement
from hauberk.audit.versions import key

Entry = tuple[str, str | NotJudged]
"""The text to find the line by, or the package's name; the pinned version, or why there is none."""


def read(text: str, name: str) -> Manifest:
    """Read a pyproject.toml. Raises InputError if it is no TOML."""
    document = load_toml(text, name)
    lines = text.split("\n")
    packages: list[Pinned] = []
    not_judged: list[NotJudged] = []
    for own, found, dev in dependencies(document):
        if isinstance(found, NotJudged):
            not_judged.append(found)
        else:
            line = next((n for n, shown in enumerate(lines, 1) if own in shown and found in shown), None)
            packages.append(Pinned(name=own, version=found, ecosystem="PyPI", line=line, dev=dev, keys=(own,)))
    project = text_of(mapping(document.get("project")).get("name")) or text_of(_poetry(document).get("name"))
    return Manifest(packages=tuple(packages), not_judged=tuple(not_judged), project=project)


def dependencies(document: dict[str, Any]) -> Iterator[tuple[str, str | NotJudged, bool]]:
    """Name, pinned version (or why there is none), and whether only development asks for it."""
    for line, dev in _lines(document):
        found = read_requirement(line)
        if isinstance(found, NotJudged):
            yield found.what, found, dev
        else:
            yield *found, dev
    poetry = _poetry(document)
    yield from _of_poetry(poetry.get("dependencies"), dev=False)
    yield from _of_poetry(poetry.get("dev-dependencies"), dev=True)
    for group, member in mapping(poetry.get("group")).items():
        yield from _of_poetry(mapping(member).get("dependencies"), dev=group != "main")


def _lines(document: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Every requirement that is written as PEP 508 has it."""
    project, tool = mapping(document.get("project")), mapping(document.get("tool"))
    groups: list[tuple[object, bool]] = [(project.get("dependencies"), False)]
    groups += [(one, False) for one in mapping(project.get("optional-dependencies")).values()]
    groups += [(one, True) for one in mapping(document.get("dependency-groups")).values()]
    groups += [(one, True) for one in mapping(mapping(tool.get("pdm")).get("dev-dependencies")).values()]
    groups.append((mapping(tool.get("uv")).get("dev-dependencies"), True))
    for texts, dev in groups:
        for line in texts if isinstance(texts, list) else []:
            if isinstance(line, str) and line.strip():
                yield " ".join(line.split()), dev


def _poetry(document: dict[str, Any]) -> dict[str, Any]:
    return mapping(mapping(document.get("tool")).get("poetry"))


def _of_poetry(table: object, *, dev: bool) -> Iterator[tuple[str, str | NotJudged, bool]]:
    for own, wanted in mapping(table).items():
        if own.lower() == "python":
            continue
        for one in wanted if isinstance(wanted, list) else [wanted]:
            yield own, _one_of_poetry(own, one), dev


def _one_of_poetry(own: str, wanted: object) -> str | NotJudged:
    entry = mapping(wanted)
    for member in ("git", "path", "file", "url"):
        if member in entry:
            location = text_of(entry[member])
            why: Why = "git" if member == "git" else origin(location) if member == "url" else "path"
            return NotJudged(own, why)
    asked = wanted if isinstance(wanted, str) else text_of(entry.get("version"))
    version = asked.removeprefix("===").removeprefix("==").strip()
    if key("PyPI", version) is not None and "*" not in version:  # a bare version is an exact one (Poetry)
        return version
    return NotJudged(f"{own} {asked}".strip(), "unpinned")
