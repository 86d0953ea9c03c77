"""Which files are to be mended, and by what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from hauberk.audit.files import discover, inside, read_text, relative
from hauberk.audit.fix.job import Applier
from hauberk.audit.readers import FORMATS, detect, reader
from hauberk.audit.text import clean
from hauberk.core.errors import InputError

APPLIERS: dict[str, tuple[str, str | None]] = {
    "requirements": ("requirements", None),
    "pyproject": ("floors", "pyproject.toml"),
    "uv": ("uv", "uv.lock"),
    "poetry": ("poetry", "poetry.lock"),
    "pdm": ("pdm", "pdm.lock"),
    "pipfile-lock": ("pipenv", "Pipfile.lock"),
    "package-lock": ("npm", "package-lock.json"),
    "yarn-classic": ("yarn", "yarn.lock"),
    "yarn-berry": ("yarn", "yarn.lock"),
    "pnpm": ("pnpm", "pnpm-lock.yaml"),
}
"""By format: the module, and the name by which the tool finds the file."""


@dataclass(frozen=True, slots=True)
class Target:
    """A file that is judged, and mended if need be."""

    path: Path
    kind: str
    name: str
    """As reports show it."""


def applier(target: Target) -> Applier | None:
    """What mends files of this format; None if nothing of ours does. Raises InputError for a name no tool reads."""
    if target.kind not in APPLIERS:
        return None
    module, base = APPLIERS[target.kind]
    names = {base, "npm-shrinkwrap.json"} if target.kind == "package-lock" else {base}
    if base is not None and target.path.name not in names:
        raise InputError(target.name, "has a name by which its tool does not find it", f"name it {base}")
    found: Applier = import_module(f"hauberk.audit.fix.{module}").apply
    return found


def collect(paths: Sequence[Path], root: Path) -> tuple[list[Target], list[InputError]]:
    """The files to mend, those first that others include; and what cannot be read. Raises InputError if none exists."""
    found: dict[Path, Target] = {}
    broken: list[InputError] = []
    for path in paths:
        if not path.exists():
            raise InputError(relative(path, root), "does not exist", "name a lock file, a manifest or a folder")
        files = discover(path) if path.is_dir() else [path]
        for file in files:
            if path.is_dir() and not inside(file, path):
                broken.append(InputError(relative(file, root), "is a link out of the project, and was not read"))
                continue
            try:
                _add(file, root, found)
            except InputError as error:
                broken.append(error)
    return list(found.values()), broken


def _add(file: Path, root: Path, found: dict[Path, Target], depth: int = 0) -> None:
    """The file, after those it includes."""
    real = file.resolve()
    if real in found or depth > 20:
        return
    name, text = relative(file, root), read_text(file)
    kind = detect(f"{real.parent.name}/{real.name}", text)
    if kind is None:
        raise InputError(name, "is of no format that is known", f"hauberk reads {', '.join(FORMATS)}")
    if kind == "requirements":
        for include in reader(kind)(text, name).includes:
            target = file.parent / include.path
            if "://" in include.path or not inside(target, root):
                problem = f"refers to {clean(include.path)}, which is outside the project and was not read"
                raise InputError(name, problem, "run it from the folder that holds both")
            _add(target, root, found, depth + 1)
    found[real] = Target(real, kind, name)
