"""uv.lock, by `uv lock`; pyproject.toml where it does not admit what is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hauberk.audit.files import read_text
from hauberk.audit.fix import floors
from hauberk.audit.fix.choosing import Upgrade
from hauberk.audit.fix.interpreters import interpreter
from hauberk.audit.fix.job import Job
from hauberk.audit.fix.tools import find
from hauberk.audit.readers.documents import entries, load_toml, text_of
from hauberk.core.errors import InputError


def apply(job: Job, upgrades: Sequence[Upgrade]) -> None:
    """See `job.Applier`."""
    uv = find("uv", job.name)
    if not (job.folder / "pyproject.toml").is_file():
        raise InputError(job.name, "has no pyproject.toml beside it", "it says what the lock file is made from")
    for manifest in floors.manifests(job.folder):
        floors.admit(manifest, upgrades)
    command = ["lock", "--quiet", *(() if job.options.allow_builds else _builds(job))]
    for one in upgrades:
        command += ["--upgrade-package", f"{one.name}=={one.to}"]
    try:
        uv.run(command, cwd=job.folder)
    except InputError as error:
        requires = text_of(load_toml(read_text(job.file), job.name).get("requires-python"))
        python = interpreter(requires) if "interpreter" in error.problem else None
        if python is None:
            raise
        uv.run([*command, "--python", python], cwd=job.folder)


def _builds(job: Job) -> Iterator[str]:
    """No build, but of what is locked as source only: the project cannot be locked without."""
    packages = entries(load_toml(read_text(job.file), job.name).get("package"))
    source_only = [one for one in packages if one.get("sdist") and not one.get("wheels")]
    if not source_only:
        yield "--no-build"
        return
    for one in packages:
        if one.get("wheels"):
            yield from ("--no-build-package", text_of(one.get("name")))
