"""pdm.lock, by `pdm lock --update-reuse`."""

from __future__ import annotations

from collections.abc import Sequence

from hauberk.audit.fix import floors, held
from hauberk.audit.fix.choosing import Upgrade
from hauberk.audit.fix.job import Job
from hauberk.audit.fix.tools import find
from hauberk.core.errors import InputError


def apply(job: Job, upgrades: Sequence[Upgrade]) -> None:
    """See `job.Applier`."""
    pdm = find("pdm", job.name)
    manifest = job.folder / "pyproject.toml"
    if not manifest.is_file():
        raise InputError(job.name, "has no pyproject.toml beside it", "it says what the lock file is made from")
    floors.admit(manifest, upgrades)
    kept = held.with_pins(manifest, upgrades, poetry=False)
    command = ["lock", "--update-reuse", "--group", ":all"]
    pdm.run(command, cwd=job.folder)
    manifest.write_bytes(kept.encode())
    pdm.run(command, cwd=job.folder)
