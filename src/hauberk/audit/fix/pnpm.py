"""pnpm-lock.yaml, by `pnpm install --lockfile-only`; overrides as with npm: see there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from hauberk.audit.files import read_text
from hauberk.audit.fix.choosing import Upgrade
from hauberk.audit.fix.job import Job
from hauberk.audit.fix.package_json import PackageJson
from hauberk.audit.fix.tools import find
from hauberk.audit.readers.pnpm import read
from hauberk.audit.text import enumerate_some

_COMMAND = ("install", "--lockfile-only", "--ignore-scripts", "--ignore-pnpmfile", "--no-frozen-lockfile")


def apply(job: Job, upgrades: Sequence[Upgrade]) -> None:
    """See `job.Applier`."""
    pnpm = find("pnpm", job.name)
    major = int(pnpm.run(["--version"], cwd=job.folder).strip().partition(".")[0] or 0)
    manifest = PackageJson(job.folder / "package.json", job.name)
    direct = [one for one in upgrades if manifest.asks_for(one.name)]
    workspace = job.folder / "pnpm-workspace.yaml"
    kept = read_text(workspace) if workspace.is_file() else None
    before = manifest.overrides("pnpm", "overrides")

    def override(some: Sequence[Upgrade]) -> None:
        new = {f"{one.name}@{one.version}": one.to for one in some}
        if major >= 10 and not before:
            _write(workspace, kept, new)
        else:
            manifest.override("pnpm", "overrides", before | new)

    manifest.demand(direct, exactly=True)
    override(upgrades)
    pnpm.run(_COMMAND, cwd=job.folder)
    manifest.demand(direct, exactly=False)
    override(())
    pnpm.run(_COMMAND, cwd=job.folder)
    locked = {(pin.name, pin.version) for pin in read(read_text(job.file), job.name).packages}
    if left := [one for one in upgrades if (one.name, one.version) in locked]:
        override(left)
        pnpm.run(_COMMAND, cwd=job.folder)
        names = enumerate_some(f"{one.name} {one.to}" for one in left)
        job.notes.append(f"{job.name}: beyond what its dependents ask for, so overrides bind it: {names}")


def _write(path: Path, kept: str | None, overrides: Mapping[str, str]) -> None:
    """The workspace file with these overrides added; as it was, if there are none."""
    if not overrides:
        if kept is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(kept.encode())
        return
    rows = "".join(f'  "{name}": "{to}"\n' for name, to in overrides.items())
    text = kept or ""
    head = "overrides:\n"
    at = text.find("\n" + head) + 1 if "\n" + head in text else 0 if text.startswith(head) else -1
    if at >= 0:
        end = at + len(head)
        path.write_bytes((text[:end] + rows + text[end:]).encode())
    else:
        path.write_bytes((text + "\n" * bool(text and not text.endswith("\n")) + head + rows).encode())
