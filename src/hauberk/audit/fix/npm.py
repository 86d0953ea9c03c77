"""package-lock.json, by `npm install --package-lock-only`; no script of any package runs.

npm takes the newest version that a range admits. To get the smallest, the safe versions are first demanded exactly
(in `dependencies` for what the project asks for, by `overrides` for the rest), and then the demands are taken away
again: npm keeps what is locked and admitted. An override stays only where a dependent's range excludes what is safe.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hauberk.audit.files import read_text
from hauberk.audit.fix.choosing import Upgrade
from hauberk.audit.fix.job import Job
from hauberk.audit.fix.package_json import PackageJson
from hauberk.audit.fix.tools import Tool, find
from hauberk.audit.readers.documents import load_json, mapping
from hauberk.audit.readers.manifest import split_descriptor
from hauberk.audit.readers.package_lock import read
from hauberk.audit.text import enumerate_some

_AGAINST = re.compile(r"invalid: (\S+)@([^\s@]+) ")
_COMMAND = ("install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund")


def apply(job: Job, upgrades: Sequence[Upgrade]) -> None:
    """See `job.Applier`."""
    npm = find("npm", job.name)
    manifest = PackageJson(job.folder / "package.json", job.name)
    document = load_json(read_text(job.file), job.name)
    lock_version = str(document.get("lockfileVersion", 3))
    direct, nested = split(upgrades, manifest, _top(document))
    before = _carried(manifest.overrides("overrides"), nested)
    manifest.demand(direct, exactly=True)
    manifest.override("overrides", before | _overrides(nested))
    _run(npm, job, lock_version)
    manifest.demand(direct, exactly=False)
    manifest.override("overrides", before)
    _run(npm, job, lock_version)
    against = _invalid(npm, job)
    back = _remaining(job.file, nested)
    left = [one for one in nested if one in back or (one.name, one.to) in against]
    if left:
        manifest.override("overrides", before | _overrides(left))
        _run(npm, job, lock_version)
        if stuck := _remaining(job.file, left):  # npm does not look again at what is locked deep below
            _forget(job.file, stuck)
            _run(npm, job, lock_version)
            job.notes += [f"{job.name}: {note}" for note in _bundled(job.file, _remaining(job.file, stuck))]
        names = enumerate_some(f"{one.name} {one.to}" for one in left)
        job.notes.append(f"{job.name}: beyond what its dependents ask for, so package.json overrides it: {names}")


def split(
    upgrades: Sequence[Upgrade], manifest: PackageJson, top: dict[str, str]
) -> tuple[list[Upgrade], list[Upgrade]]:
    """What the project asks for itself, and the rest: further copies of the same package included."""
    direct = [one for one in upgrades if manifest.asks_for(one.name) and top.get(one.name, one.version) == one.version]
    return direct, [one for one in upgrades if one not in direct]


def _overrides(upgrades: Sequence[Upgrade]) -> dict[str, Any]:
    """Only dependents whose range admits the vulnerable version: other majors keep theirs."""
    return {f"{one.name}@{one.version}": one.to for one in upgrades}


def _carried(overrides: dict[str, Any], upgrades: Sequence[Upgrade]) -> dict[str, Any]:
    """The overrides that are there; those that bind a package to a version that is to go bind it to the new one."""
    new = {(one.name, one.version): one.to for one in upgrades}
    return {
        own: new.get((split_descriptor(own)[0], to), to) if isinstance(to, str) else to for own, to in overrides.items()
    }


def _top(document: dict[str, Any]) -> dict[str, str]:
    """The versions that the project itself gets."""
    tree = mapping(document.get("packages"))
    if tree:
        return {
            path.removeprefix("node_modules/"): str(mapping(entry).get("version", ""))
            for path, entry in tree.items()
            if path.startswith("node_modules/") and path.count("node_modules/") == 1
        }
    return {name: str(mapping(one).get("version", "")) for name, one in mapping(document.get("dependencies")).items()}


def _run(npm: Tool, job: Job, lock_version: str) -> None:
    """Whether `resolved` is written is the project's choice, not that of whoever runs us."""
    bare = '"resolved"' not in read_text(job.file)
    keep = f"--omit-lockfile-registry-resolved={str(bare).lower()}"
    npm.run([*_COMMAND, f"--lockfile-version={lock_version}", keep], cwd=job.folder)


def _invalid(npm: Tool, job: Job) -> set[tuple[str, str]]:
    """What is locked although a dependent's range excludes it: npm keeps such, and its next update takes it away."""
    told = npm.run(["ls", "--all", "--package-lock-only"], cwd=job.folder, judge=False)
    return set(_AGAINST.findall(told))


def _remaining(lock: Path, upgrades: Sequence[Upgrade]) -> list[Upgrade]:
    """Those whose vulnerable version is still there."""
    locked = {(pin.name, pin.version) for pin in read(read_text(lock), lock.name).packages}
    return [one for one in upgrades if (one.name, one.version) in locked]


def _bundled(lock: Path, upgrades: Sequence[Upgrade]) -> list[str]:
    """Which of them come within another package's archive, where no override reaches."""
    tree = mapping(load_json(read_text(lock), lock.name).get("packages"))
    found: list[str] = []
    for path, member in tree.items():
        entry, holder = mapping(member), path.rpartition("/node_modules/")[0]
        name = path.rpartition("node_modules/")[2]
        if entry.get("inBundle") and any((name, entry.get("version")) == (one.name, one.version) for one in upgrades):
            while mapping(tree.get(holder)).get("inBundle"):
                holder = holder.rpartition("/node_modules/")[0]
            of = f"{holder.rpartition('node_modules/')[2]} {mapping(tree.get(holder)).get('version', '')}"
            found.append(f"{name} {entry.get('version')} comes in the archive of {of}, and goes up with that only")
    return found


def _forget(lock: Path, upgrades: Sequence[Upgrade]) -> None:
    """Take entries out of the lock file, with what lies in their folders."""
    text = read_text(lock)
    document = load_json(text, lock.name)
    tree = mapping(document.get("packages"))
    gone = {(one.name, one.version) for one in upgrades}
    places = [
        path
        for path, entry in tree.items()
        if (mapping(entry).get("name") or path.rpartition("node_modules/")[2], mapping(entry).get("version")) in gone
    ]
    for path in list(tree):
        if any(path == place or path.startswith(place + "/") for place in places):
            del tree[path]
    lock.write_bytes((json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode())
