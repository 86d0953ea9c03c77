"""The requirements of pyproject.toml (PEP 621, PEP 735): moved where they exclude what is safe, else left alone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

from hauberk.audit.files import SKIPPED, read_text
from hauberk.audit.fix.choosing import Upgrade
from hauberk.audit.fix.job import Job
from hauberk.audit.readers.documents import load_toml, mapping
from hauberk.audit.versions import normal_name


def manifests(folder: Path) -> list[Path]:
    """The pyproject.toml of a project and of the members below it."""
    found: list[Path] = []
    for where, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if name not in SKIPPED)
        found += [Path(where) / "pyproject.toml"] * ("pyproject.toml" in files)
    return found


def admit(path: Path, upgrades: Sequence[Upgrade]) -> bool:
    """Rewrite what excludes the safe versions. Returns whether anything was."""
    text = read_text(path)
    targets = {one.name: one.to for one in upgrades}
    mended = text
    for written, requirement in requirements(load_toml(text, path.name)):
        to = targets.get(normal_name("PyPI", requirement.name))
        if to and not requirement.specifier.contains(to, prereleases=True):
            mended = _replaced(mended, written, raised(written, requirement, to))
    if mended != text:
        path.write_bytes(mended.encode())
    return mended != text


def apply(job: Job, upgrades: Sequence[Upgrade]) -> None:
    """See `job.Applier`: lower bounds go up to the safe versions, for a project that has no lock file."""
    text = read_text(job.file)
    targets = {(one.name, one.version): one.to for one in upgrades}
    for written, requirement in requirements(load_toml(text, job.name)):
        to = targets.get((normal_name("PyPI", requirement.name), floor(requirement) or ""))
        if to:
            text = _replaced(text, written, raised(written, requirement, to))
    job.file.write_bytes(text.encode())


def requirements(document: dict[str, Any]) -> Iterator[tuple[str, Requirement]]:
    """Every requirement on a registry's package, as it is written and as it is meant."""
    project = mapping(document.get("project"))
    lists = [project.get("dependencies")]
    lists += mapping(project.get("optional-dependencies")).values()
    lists += mapping(document.get("dependency-groups")).values()
    for texts in lists:
        for text in texts if isinstance(texts, list) else ():
            if not isinstance(text, str):
                continue  # `include-group`
            try:
                requirement = Requirement(text)
            except InvalidRequirement:
                continue
            if requirement.url is None:
                yield text, requirement


def floor(requirement: Requirement) -> str | None:
    """The lowest version that is asked for, where the requirement has such a bound."""
    bounds = [one.version for one in requirement.specifier if one.operator in (">=", "~=", "==")]
    try:
        return max(bounds, key=Version) if bounds else None
    except InvalidVersion:  # `==1.*`
        return None


def raised(written: str, requirement: Requirement, to: str) -> str:
    """The requirement with `to` as its lower bound; a pin stays a pin, and an upper bound stays if it admits it."""
    head = written[: _end_of_name(written)]
    pinned = [one for one in requirement.specifier if one.operator in ("==", "===") and not one.version.endswith(".*")]
    compatible = [one for one in requirement.specifier if one.operator == "~="]
    if pinned:
        bounds = [f"=={to}"]
    elif compatible and "." in to:  # `~=2` says nothing (PEP 440, compatible release)
        bounds = [f"~={to}"]
    else:
        upper = [one for one in requirement.specifier if one.operator in ("<", "<=", "!=") and one.contains(to)]
        bounds = [f">={to}", *sorted(map(str, upper))]
    marker = written[written.index(";") :] if ";" in written else ""
    return head.rstrip() + ",".join(bounds) + (" " * bool(marker) + marker)


def _end_of_name(written: str) -> int:
    """Where name and extras end."""
    if "[" in written.partition(";")[0]:
        return written.index("]") + 1
    return next((n for n, char in enumerate(written) if char in "<>=!~;( "), len(written))


def _replaced(text: str, old: str, new: str) -> str:
    for quote in "\"'":
        text = text.replace(f"{quote}{old}{quote}", f"{quote}{new}{quote}")
    return text
