"""What is installed: the metadata in site-packages (PyPA core metadata, PEP 610), and in node_modules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from hauberk.audit.readers.documents import load_json, mapping, text_of
from hauberk.audit.readers.manifest import Manifest, NotJudged, Pinned, Why, origin, wheel
from hauberk.audit.versions import normal_name
from hauberk.core.errors import InputError

HEADERS_LIMIT = 1 << 20
"""Bytes of a package's metadata that are read: its headers come first."""
_MOST = 50_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_HEADER = re.compile(r"^(Name|Version|Requires-Dist|License-Expression|License):[ \t]*(.*)$", re.MULTILINE)


def folders(path: Path) -> list[Path]:
    """The folders of installed packages that a folder is, or, as a virtual environment, has; none if it is neither."""
    if path.name in ("site-packages", "dist-packages", "node_modules"):
        return [path]
    if (path / "pyvenv.cfg").is_file():
        return sorted([*path.glob("lib*/python*/site-packages"), *path.glob("Lib/site-packages")])
    return [path] if next(path.glob("*.dist-info"), None) else []


def read_folder(folder: Path, name: str) -> Manifest:
    """Read a folder of installed packages. Raises InputError if it cannot be listed."""
    return _read_node_modules(folder, name) if folder.name == "node_modules" else _read_site(folder, name)


def _read_site(folder: Path, name: str) -> Manifest:
    packages: list[Pinned] = []
    not_judged: list[NotJudged] = []
    try:
        found = sorted([*folder.glob("*.dist-info"), *folder.glob("*.egg-info")])[:_MOST]
    except OSError as error:
        raise InputError(name, f"cannot be listed: {error.strerror}", "check its rights") from error
    for info in found:
        headers = _headers(info)
        own, version = headers.get("Name", [""])[0], headers.get("Version", [""])[0]
        if not own or not version:
            not_judged.append(NotJudged(info.name, "other"))
            continue
        keys = (normal_name("PyPI", own),)
        needs = tuple(dict.fromkeys(_needed(headers.get("Requires-Dist", []))))
        if why := _elsewhere(info):
            not_judged.append(NotJudged(f"{own}@{version}", why, keys, needs))
        else:
            packages.append(
                Pinned(name=own, version=version, ecosystem="PyPI", keys=keys, needs=needs, licence=_licence(headers))
            )
    return Manifest(packages=tuple(packages), not_judged=tuple(not_judged))


def _headers(info: Path) -> dict[str, list[str]]:
    """The headers that matter; a folder or file without any gives none."""
    for file in (info / "METADATA", info / "PKG-INFO", info):
        try:
            if not file.is_file():
                continue
            with file.open("rb") as stream:
                text = stream.read(HEADERS_LIMIT).decode("utf-8", "replace").replace("\r\n", "\n")
        except OSError:
            continue
        found: dict[str, list[str]] = {}
        for match in _HEADER.finditer(text.partition("\n\n")[0]):
            found.setdefault(match[1], []).append(match[2].strip())
        return found
    return {}


def _licence(headers: dict[str, list[str]]) -> str:
    """The expression (PEP 639), or the older field where it is no whole text."""
    found = headers.get("License-Expression") or headers.get("License") or [""]
    return found[0] if len(found[0]) < 80 else ""


def _needed(requirements: list[str]) -> Iterator[str]:
    for text in requirements:
        if (match := _NAME.match(text)) and "extra ==" not in text:
            yield normal_name("PyPI", match.group())


def _elsewhere(info: Path) -> Why | None:
    """Where it was taken from, if that was no index (PEP 610)."""
    try:
        text = (info / "direct_url.json").read_text(encoding="utf-8")[:HEADERS_LIMIT]
        document = mapping(json.loads(text))
    except (OSError, ValueError, RecursionError):
        return None
    url = text_of(document.get("url"))
    if "vcs_info" in document:
        return "git"
    if "dir_info" in document:
        return "path"
    return None if wheel(url) else origin(url)


def _read_node_modules(folder: Path, name: str) -> Manifest:
    """Every package.json that lies where Node finds it."""
    packages: list[Pinned] = []
    not_judged: list[NotJudged] = []
    stack = [folder]
    while stack and len(packages) < _MOST:
        here = stack.pop()
        try:
            members = sorted(member for member in here.iterdir() if member.is_dir() and not member.name.startswith("."))
        except OSError as error:
            raise InputError(name, f"cannot be listed: {error.strerror}", "check its rights") from error
        for member in members:
            if member.name.startswith("@") and here.name == "node_modules":
                stack.append(member)
                continue
            found = _package(member, folder)
            if isinstance(found, Pinned):
                packages.append(found)
            elif found:
                not_judged.append(found)
            if not member.is_symlink() and (member / "node_modules").is_dir():
                stack.append(member / "node_modules")
    return Manifest(packages=tuple(packages), not_judged=tuple(not_judged))


def _package(folder: Path, top: Path) -> Pinned | NotJudged | None:
    file = folder / "package.json"
    place = folder.relative_to(top.parent).as_posix()
    try:
        if not file.is_file():
            return None
        with file.open("rb") as stream:
            document = load_json(stream.read(HEADERS_LIMIT).decode("utf-8", "replace"), place)
    except (OSError, InputError):
        return NotJudged(place, "other")
    own, version = text_of(document.get("name")), text_of(document.get("version"))
    if folder.is_symlink():  # a workspace's member
        return NotJudged(own or place, "project")
    if not own or not version:
        return NotJudged(place, "other")
    needs = tuple(mapping(document.get("dependencies")))
    return Pinned(
        name=own, version=version, ecosystem="npm", keys=(own,), needs=needs, licence=text_of(document.get("license"))
    )
