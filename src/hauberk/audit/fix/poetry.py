"""poetry.lock, by `poetry lock`."""

from __future__ import annotations

from collections.abc import Sequence

from hauberk.audit.fix import floors, held, poetry_requirements
from hauberk.audit.fix.choosing import Upgrade
from hauberk.audit.fix.job import Job
from hauberk.audit.fix.tools import Tool, find
from hauberk.core.errors import InputError


def apply(job: Job, upgrades: Sequence[Upgrade]) -> None:
    """See `job.Applier`."""
    poetry = find("poetry", job.name)
    manifest = job.folder / "pyproject.toml"
    if not manifest.is_file():
        raise InputError(job.name, "has no pyproject.toml beside it", "it says what the lock file is made from")
    floors.admit(manifest, upgrades)
    poetry_requirements.admit(manifest, upgrades)
    kept = held.with_pins(manifest, upgrades, poetry=True)
    command = ["lock", *_keeping(poetry, job)]
    poetry.run(command, cwd=job.folder)
    manifest.write_bytes(kept.encode())
    poetry.run(command, cwd=job.folder)


def _keeping(poetry: Tool, job: Job) -> list[str]:
    """What makes `lock` keep the versions that are locked: from 2.0 on it does so unasked."""
    return ["--no-update"] if "--no-update" in poetry.run(["lock", "--help", "--no-ansi"], cwd=job.folder) else []
