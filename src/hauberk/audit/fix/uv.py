"""uv.lock, by `uv lock`; pyproject.toml where it does not admit what is needed."""

from __future__ import annotations

from collections.abc import Sequence

from hauberk.audit.fix import floors
from hauberk.audit.fix.choosing import Upgrade
from hauberk.audit.fix.job import Job
from hauberk.audit.fix.tools import find


def apply(job: Job, upgrades: Sequence[Upgrade]) -> None:
    """See `job.Applier`."""
    uv = find("uv", job.name)
    for manifest in floors.manifests(job.folder):
        floors.admit(manifest, upgrades)
    command = ["lock", "--quiet"] if job.options.allow_builds else ["lock", "--quiet", "--no-build"]
    for one in upgrades:
        command += ["--upgrade-package", f"{one.name}=={one.to}"]
    uv.run(command, cwd=job.folder)
