"""Production and development told apart, by the graph of a file and by the manifest beside it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hauberk.audit.files import inside, read_text
from hauberk.audit.readers import Manifest, NotJudged, Pinned
from hauberk.audit.readers.documents import mapping, text_of
from hauberk.audit.readers.pyproject import dependencies
from hauberk.audit.versions import normal_name
from hauberk.core.errors import InputError

_MOST_MEMBERS = 2_000
Roots = tuple[list[str], list[str], str]
"""Keys that production asks for, that development asks for, and the project's name."""


def tell_apart(manifest: Manifest, kind: str, path: Path, root: Path) -> Manifest:
    """The manifest with `dev` of each package, where its own file or the one beside it lets that be known."""
    if manifest.dev_roots is None and (beside := _BESIDE.get(kind)):
        manifest = _with_roots(manifest, beside(path.parent, root))
    if manifest.dev_roots is None:
        return manifest
    entries: list[Pinned | NotJudged] = [*manifest.packages, *manifest.not_judged]
    development = set(manifest.dev_roots)
    production = _reached(entries, [key for key in manifest.roots if key not in development])
    only = _reached(entries, manifest.dev_roots) - production
    packages = tuple(
        pin if pin.dev is not None or id(pin) not in production | only else pin._replace(dev=id(pin) in only)
        for pin in manifest.packages
    )
    return manifest._replace(packages=packages)


def _with_roots(manifest: Manifest, found: Roots) -> Manifest:
    production, development, project = found
    if not production and not development:
        return manifest
    return manifest._replace(
        roots=tuple(dict.fromkeys([*production, *development])) or manifest.roots,
        dev_roots=tuple(key for key in development if key not in set(production)),
        project=manifest.project or project,
    )


def _reached(entries: list[Pinned | NotJudged], first: Any) -> set[int]:
    """The identities of the entries that the keys lead to."""
    by_key: dict[str, list[Pinned | NotJudged]] = {}
    for entry in entries:
        for key in entry.keys:
            by_key.setdefault(key, []).append(entry)
    reached: set[int] = set()
    stack = list(first)
    done: set[str] = set()
    while stack:
        key = stack.pop()
        if key in done:
            continue
        done.add(key)
        for entry in by_key.get(key, ()):
            if id(entry) not in reached:
                reached.add(id(entry))
                stack += entry.needs
    return reached


def _of_package_json(folder: Path, root: Path) -> Roots:
    """What package.json and those of the workspaces ask for, as yarn's keys have it: `name@range`."""
    production: list[str] = []
    development: list[str] = []
    first = _json(folder / "package.json", root)
    for document in (first, *_members(first, folder, root)):
        for kind, keys in (
            ("dependencies", production),
            ("optionalDependencies", production),
            ("devDependencies", development),
        ):
            for name, wanted in mapping(document.get(kind)).items():
                keys.append(f"{name}@{text_of(wanted).removeprefix('npm:')}")
                if text_of(wanted).startswith("npm:"):
                    keys.append(f"{name}@{wanted}")
    return production, development, text_of(first.get("name"))


def _members(first: dict[str, Any], folder: Path, root: Path) -> Iterator[dict[str, Any]]:
    workspaces = first.get("workspaces")
    patterns = mapping(workspaces).get("packages") if isinstance(workspaces, dict) else workspaces
    count = 0
    for pattern in patterns if isinstance(patterns, list) else []:
        if not isinstance(pattern, str) or ".." in pattern or pattern.startswith(("/", "!", "~")):
            continue
        try:
            found = list(folder.glob(f"{pattern.rstrip('/')}/package.json"))
        except (ValueError, NotImplementedError, OSError):
            continue
        for path in found:
            count += 1
            if count > _MOST_MEMBERS:
                return
            if "node_modules" not in path.parts:
                yield _json(path, root)


def _json(path: Path, root: Path) -> dict[str, Any]:
    try:
        return mapping(json.loads(read_text(path))) if inside(path, root) else {}
    except (InputError, ValueError, RecursionError):
        return {}


def _of_pyproject(folder: Path, root: Path) -> Roots:
    """What pyproject.toml asks for, by normalised names."""
    path = folder / "pyproject.toml"
    try:
        document = tomllib.loads(read_text(path)) if inside(path, root) else {}
    except (InputError, ValueError, RecursionError):
        document = {}
    production: list[str] = []
    development: list[str] = []
    for name, _, dev in dependencies(document):
        bare = name
        for sign in " [<>=!~;@(":
            bare = bare.partition(sign)[0]
        (development if dev else production).append(normal_name("PyPI", bare))
    project = mapping(document.get("project"))
    return production, development, text_of(project.get("name"))


_BESIDE: dict[str, Callable[[Path, Path], Roots]] = {
    "yarn-classic": _of_package_json,
    "yarn-berry": _of_package_json,
    "poetry": _of_pyproject,
    "pylock": _of_pyproject,
}
