"""yarn.lock, by `yarn install`: `resolutions` bind what the project does not ask for itself.

Yarn's classic line knows no lock-only run: there its install happens in the copy, without any script, and goes with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from hauberk.audit.files import read_text
from hauberk.audit.fix.choosing import Upgrade
from hauberk.audit.fix.job import Job
from hauberk.audit.fix.package_json import PackageJson
from hauberk.audit.fix.stanzas import descriptors, forget, locked
from hauberk.audit.fix.tools import find
from hauberk.audit.text import enumerate_some
from hauberk.audit.versions import semver_key
from hauberk.core.errors import InputError


def _lowered(before: dict[str, tuple[str, str]], after: dict[str, tuple[str, str]], *, berry: bool) -> dict[str, str]:
    """What somebody locked above the range that asks for it: yarn does not believe that, and takes a lower version.

    Classic yarn binds packages by name only: one of several versions cannot be held there.
    """
    found: dict[str, str] = {}
    for descriptor, (name, version) in before.items():
        now = after.get(descriptor, (name, version))[1]
        was, becomes = semver_key(version), semver_key(now)
        if was is None or becomes is None or becomes >= was:
            continue
        if berry or len({v for n, v in before.values() if n == name}) == 1:
            found[descriptor if berry else name] = version
    return found


def apply(job: Job, upgrades: Sequence[Upgrade]) -> None:
    """See `job.Applier`."""
    yarn = find("yarn", job.name)
    text = read_text(job.file)
    berry = "__metadata:" in text
    major = yarn.run(["--version"], cwd=job.folder).strip().partition(".")[0]
    if berry == (major == "1"):  # another line would rewrite the file in its own format
        fix = "corepack enable, or npm install --global yarn@1" if not berry else "corepack enable"
        raise InputError(job.name, f"is of another line of yarn than the one installed ({major})", fix)
    command = ["install", "--mode=update-lockfile"] if berry else ["install", "--ignore-scripts", "--non-interactive"]
    manifest = PackageJson(job.folder / "package.json", job.name)
    direct = [one for one in upgrades if manifest.asks_for(one.name)]
    manifest.demand(direct, exactly=False)
    # What is no longer locked is resolved anew, within what its dependents ask for.
    job.file.write_bytes(forget(text, upgrades).encode())
    yarn.run(command, cwd=job.folder)
    before = manifest.overrides("resolutions")
    if held := _lowered(locked(text), locked(read_text(job.file)), berry=berry):
        before |= held
        manifest.override("resolutions", before)
        yarn.run(command, cwd=job.folder)
        job.notes.append(f"{job.name}: locked above what is asked for, so resolutions hold it: {enumerate_some(held)}")
    left = {key: one for one in upgrades for key in descriptors(read_text(job.file), one)}
    if left:
        bound = {key if berry else one.name: one.to for key, one in left.items()}
        manifest.override("resolutions", before | bound)
        yarn.run(command, cwd=job.folder)
        names = enumerate_some(dict.fromkeys(f"{one.name} {one.to}" for one in left.values()))
        job.notes.append(f"{job.name}: beyond what its dependents ask for, so resolutions bind it: {names}")
