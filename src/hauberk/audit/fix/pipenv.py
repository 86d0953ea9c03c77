"""Pipfile.lock, by `pipenv upgrade --lock-only`.

Pipenv writes each package that it upgrades into Pipfile. For those that the project does not ask for itself, that is
taken back, and with it the checksum of Pipfile in the lock.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from hauberk.audit.files import read_text
from hauberk.audit.fix.choosing import Upgrade
from hauberk.audit.fix.job import Job
from hauberk.audit.fix.tools import Tool, find
from hauberk.audit.readers.documents import load_json, load_toml, mapping
from hauberk.audit.versions import normal_name
from hauberk.core.errors import InputError


def apply(job: Job, upgrades: Sequence[Upgrade]) -> None:
    """See `job.Applier`."""
    pipenv = find("pipenv", job.name)
    manifest = job.folder / "Pipfile"
    if not manifest.is_file():
        raise InputError(job.name, "has no Pipfile beside it", "it says what the lock file is made from")
    text = read_text(manifest)
    document, locked = load_toml(text, "Pipfile"), load_json(read_text(job.file), job.name)
    asked = _names(document.get("packages")) | _names(document.get("dev-packages"))
    develop = _names(locked.get("develop")) - _names(locked.get("default"))
    nested = [one for one in upgrades if one.name not in asked]
    _upgrade(pipenv, job, nested, develop)
    if nested:
        manifest.write_bytes(text.encode())
        mended = load_json(read_text(job.file), job.name)
        mapping(mended.get("_meta"))["hash"] = mapping(locked.get("_meta")).get("hash")
        job.file.write_bytes((json.dumps(mended, indent=4, separators=(",", ": "), ensure_ascii=False) + "\n").encode())
    _upgrade(pipenv, job, [one for one in upgrades if one.name in asked], develop)


def _upgrade(pipenv: Tool, job: Job, upgrades: Sequence[Upgrade], develop: set[str]) -> None:
    for dev in (False, True):
        pins = [f"{one.name}=={one.to}" for one in upgrades if (one.name in develop) == dev]
        if pins:
            pipenv.run(["upgrade", "--lock-only", *["--dev"] * dev, *pins], cwd=job.folder)


def _names(section: object) -> set[str]:
    return {normal_name("PyPI", name) for name in mapping(section)}
