"""package-lock.json, by `npm install --package-lock-only`; no script of any package runs.

npm takes the newest version that a range admits. To get the smallest, the safe versions are first demanded exactly
(in `dependencies` for what the project asks for, by `overrides` for the rest), and then the demands are taken away
again: npm keeps what is locked and admitted. An override stays only where a dependent's range excludes what is safe.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hauberk.audit.files import read_text
from hauberk.audit.fix.choosing import Upgrade
from hauberk.audit.fix.job import Job
from hauberk.audit.fix.package_json import PackageJson
from hauberk.audit.fix.tools import Tool, find
from hauberk.audit.readers.documents import load_json, mapping
from hauberk.audit.readers.package_lock import read

_COMMAND = ("install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund")


def apply(job: Job, upgrades: Sequence[Upgrade]) -> None:
    """See `job.Applier`."""
    npm = find("npm", job.name)
    manifest = PackageJson(job.folder / "package.json", job.name)
    document = load_json(read_text(job.file), job.name)
    lock_version = str(document.get("lockfileVersion", 3))
    direct, nested = split(upgrades, manifest, _top(document))
    before = manifest.overrides("overrides")
    manifest.demand(direct, exactly=True)
    manifest.override("overrides", before | _overrides(nested))
    _run(npm, job, lock_version)
    manifest.demand(direct, exactly=False)
    manifest.override("overrides", before)
    _run(npm, job, lock_version)
    left = _remaining(job.file, nested)
    if left:
        manifest.override("overrides", before | _overrides(left))
        _run(npm, job, lock_version)


def split(
    upgrades: Sequence[Upgrade], manifest: PackageJson, top: dict[str, str]
) -> tuple[list[Upgrade], list[Upgrade]]:
    """What the project asks for itself, and the rest: further copies of the same package included."""
    direct = [one for one in upgrades if manifest.asks_for(one.name) and top.get(one.name, one.version) == one.version]
    return direct, [one for one in upgrades if one not in direct]


def _overrides(upgrades: Sequence[Upgrade]) -> dict[str, Any]:
    """Only dependents whose range admits the vulnerable version: other majors keep theirs."""
    return {f"{one.name}@{one.version}": one.to for one in upgrades}


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
    npm.run([*_COMMAND, f"--lockfile-version={lock_version}"], cwd=job.folder)


def _remaining(lock: Path, upgrades: Sequence[Upgrade]) -> list[Upgrade]:
    """Those whose vulnerable version came back, or that went past what was wanted and may be pinned instead."""
    locked = {(pin.name, pin.version) for pin in read(read_text(lock), lock.name).packages}
    return [one for one in upgrades if (one.name, one.version) in locked]
