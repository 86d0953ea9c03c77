"""bun.lock: JSON with comments and trailing commas, in which each package is a list headed by `name@version`."""

from __future__ import annotations

from typing import Any

from hauberk.audit.readers.documents import broken, load_json, mapping, text_of
from hauberk.audit.readers.manifest import Manifest, NotJudged, Pinned, Why, origin, split_descriptor

_DEEPEST = 100
"""Steps of a path, beyond which no installation goes; a file may say what it likes."""
_KINDS = ("dependencies", "optionalDependencies", "peerDependencies", "devDependencies")


def read(text: str, name: str) -> Manifest:
    """Read a bun.lock. Raises InputError if it is none (or the binary bun.lockb)."""
    document = load_json(text, name, comments=True)
    tree = document.get("packages", {})
    if "lockfileVersion" not in document or not isinstance(tree, dict):
        raise broken(name, "bun.lock", "it has no lockfileVersion")
    lines = _lines(text)
    packages, not_judged = [], []
    for key, member in tree.items():
        items = member if isinstance(member, list) else []
        own, version = split_descriptor(text_of(items[0]) if items else "")
        needs = tuple(_resolve(key, need, tree) for need in _named(items))
        if version[:1].isdigit():
            line = lines.get(key)
            packages.append(Pinned(name=own, version=version, ecosystem="npm", line=line, keys=(key,), needs=needs))
        else:
            not_judged.append(NotJudged(f"{own or key}@{version}", _why(version), (key,), needs))
    workspaces = mapping(document.get("workspaces"))
    roots = [need for w in workspaces.values() for kind in _KINDS for need in mapping(mapping(w).get(kind))]
    prod = {need for w in workspaces.values() for kind in _KINDS[:3] for need in mapping(mapping(w).get(kind))}
    return Manifest(
        packages=tuple(packages),
        not_judged=tuple(not_judged),
        roots=tuple(dict.fromkeys(roots)),
        dev_roots=tuple(need for need in dict.fromkeys(roots) if need not in prod),
        project=text_of(mapping(workspaces.get("")).get("name")),
    )


def _why(reference: str) -> Why:
    if reference.startswith(("workspace:", "root:")):
        return "project"
    return origin(reference) if reference else "other"


def _named(items: list[Any]) -> list[str]:
    """The dependencies of an entry: its first member that is an object."""
    info = next((item for item in items if isinstance(item, dict)), {})
    return [need for kind in _KINDS[:3] for need in mapping(info.get(kind))]


def _resolve(key: str, need: str, tree: dict[str, Any]) -> str:
    """Nested packages have the path to them as their key: the nearest one on the way up counts."""
    folder = key
    for _ in range(_DEEPEST):
        if f"{folder}/{need}" in tree:
            return f"{folder}/{need}"
        folder = folder.rpartition("/")[0]
        if not folder:
            break
    return need


def _lines(text: str) -> dict[str, int]:
    """bun writes each package on a line of its own."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        key, colon, _ = line.strip().partition('": [')
        if colon and key.startswith('"'):
            found[key[1:]] = number
    return found
