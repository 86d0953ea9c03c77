"""package-lock.json and npm-shrinkwrap.json, of lock file version 1, 2 and 3 (npm documentation, package-lock.json)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hauberk.audit.readers.documents import broken, load_json, mapping, text_of
from hauberk.audit.readers.json_lines import KeyLines, lines_in_order
from hauberk.audit.readers.manifest import Manifest, NotJudged, Pinned, from_registry, origin, split_descriptor

_MODULES = "node_modules/"
_DEEPEST = 100
"""Folders inside one another, beyond which no installation goes; a file may say what it likes."""
_KINDS = ("dependencies", "optionalDependencies", "peerDependencies", "devDependencies")


def read(text: str, name: str) -> Manifest:
    """Read a lock file of npm. Raises InputError if it is none."""
    document = load_json(text, name)
    tree = document.get("packages")
    if isinstance(tree, dict):  # version 2 has both; its `dependencies` are for npm 6
        return _read_packages(tree, text)
    lines = KeyLines(text)
    installed = document.get("dependencies", {})
    # npm 2 to 4 wrote npm-shrinkwrap.json without a version of its own.
    old = bool(installed) and all(isinstance(one, dict) for one in mapping(installed).values())
    if not isinstance(installed, dict) or not (old or "lockfileVersion" in document):
        raise broken(name, "package-lock.json", "it has neither `packages` nor `lockfileVersion`")
    packages: list[Pinned] = []
    not_judged: list[NotJudged] = []
    for installed, entry in _walk(mapping(document.get("dependencies"))):
        found = _read_v1(installed, entry, lines)
        if isinstance(found, Pinned):
            packages.append(found)
        else:
            not_judged.append(found)
    return Manifest(packages=tuple(packages), not_judged=tuple(not_judged), project=text_of(document.get("name")))


def _read_packages(tree: dict[str, Any], text: str) -> Manifest:
    packages, not_judged, roots = [], [], list[str]()
    known = KeyLines(text)
    lines = lines_in_order(text, tree)
    for number, (path, member) in enumerate(tree.items()):
        entry = mapping(member)
        needs = tuple(_resolve(path, need, tree) for kind in _KINDS[:3] for need in mapping(entry.get(kind)))
        if path == "":
            roots = [_resolve("", need, tree) for kind in _KINDS for need in mapping(entry.get(kind))]
        elif entry.get("link"):  # to a workspace or a folder, which has an entry of its own
            continue
        elif _MODULES not in path:
            own = text_of(entry.get("name")) or path
            not_judged.append(NotJudged(own, "path" if path.startswith("..") else "project", (path,), needs))
            roots += [_resolve(path, need, tree) for kind in _KINDS for need in mapping(entry.get(kind))]
        else:
            own = text_of(entry.get("name")) or path.rpartition(_MODULES)[2]
            version, resolved = text_of(entry.get("version")), text_of(entry.get("resolved"))
            if version and from_registry(resolved):
                packages.append(
                    Pinned(
                        name=own,
                        version=version,
                        ecosystem="npm",
                        line=lines[number] if lines else known.of(path, version),
                        dev=entry.get("dev") is True,
                        keys=(path,),
                        needs=needs,
                        licence=text_of(entry.get("license")),
                        deprecated=text_of(entry.get("deprecated")),
                    )
                )
            else:
                why = origin(resolved) if resolved else "other"
                not_judged.append(NotJudged(f"{own}@{resolved or version}", why, (path,), needs))
    return Manifest(
        packages=tuple(packages),
        not_judged=tuple(not_judged),
        roots=tuple(roots),
        project=text_of(mapping(tree.get("")).get("name")),
    )


def _resolve(path: str, need: str, tree: dict[str, Any]) -> str:
    """Where Node finds `need` from `path`: in the nearest node_modules on the way up; then a link's target."""
    folder = path
    for _ in range(_DEEPEST):
        place = f"{folder}/{_MODULES}{need}" if folder else _MODULES + need
        if place in tree:
            entry = mapping(tree[place])
            return text_of(entry.get("resolved")) or place if entry.get("link") else place
        if not folder:
            break
        cut = folder.rfind("/" + _MODULES)
        folder = folder[:cut] if cut >= 0 else ""
    return _MODULES + need


def _walk(dependencies: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every entry of version 1 under the name it is installed by; no recursion, since the file decides the depth."""
    stack = [dependencies]
    while stack:
        for own, member in stack.pop().items():
            entry = mapping(member)
            yield own, entry
            if nested := mapping(entry.get("dependencies")):
                stack.append(nested)


def _read_v1(installed: str, entry: dict[str, Any], lines: KeyLines) -> Pinned | NotJudged:
    own, version = installed, text_of(entry.get("version"))
    line = lines.of(own, version)
    if version.startswith("npm:"):
        own, version = split_descriptor(version.removeprefix("npm:"))
    keys, needs = (installed,), tuple(mapping(entry.get("requires")))
    if not version:
        return NotJudged(own, "other", keys, needs)
    if not version[0].isdigit() and not version.startswith(("v", "=")):
        return NotJudged(f"{own}@{version}", origin(version), keys, needs)
    resolved = text_of(entry.get("resolved"))
    if not from_registry(resolved):
        return NotJudged(f"{own}@{resolved}", origin(resolved), keys, needs)
    dev = entry.get("dev") is True
    return Pinned(name=own, version=version, ecosystem="npm", line=line, dev=dev, keys=keys, needs=needs)
