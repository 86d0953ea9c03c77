"""package.json without a lock file: exact versions are judged, ranges are named as open."""

from __future__ import annotations

import re

from hauberk.audit.readers.documents import load_json, mapping, text_of
from hauberk.audit.readers.json_lines import value_lines
from hauberk.audit.readers.manifest import Manifest, NotJudged, Pinned, Why, origin, split_descriptor

_EXACT = re.compile(r"[=v]?\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?")
_ELSEWHERE = re.compile(r"[\w.-]+/[\w.-]+(?:#.*)?|(?!npm:)[\w+.-]+:.*|\.{0,2}/.*|~/.*")
"""What is no range of a registry's versions: `owner/repository`, `git+ssh://...`, `file:...`."""
_KINDS = ("dependencies", "optionalDependencies", "devDependencies")


def read(text: str, name: str) -> Manifest:
    """Read a package.json. Raises InputError if it is no JSON object."""
    document = load_json(text, name)
    packages: list[Pinned] = []
    not_judged: list[NotJudged] = []
    for kind in _KINDS:
        for installed, member in mapping(document.get(kind)).items():
            wanted = text_of(member).strip()
            own = installed
            if wanted.startswith("npm:"):
                own, wanted = split_descriptor(wanted.removeprefix("npm:"))
            if _EXACT.fullmatch(wanted):
                line = value_lines(text, installed).get(text_of(member))
                dev = kind == "devDependencies"
                version = wanted.lstrip("=v")
                packages.append(Pinned(name=own, version=version, ecosystem="npm", line=line, dev=dev, keys=(own,)))
            else:
                not_judged.append(NotJudged(f"{own}@{wanted}", _why(wanted)))
    return Manifest(packages=tuple(packages), not_judged=tuple(not_judged), project=text_of(document.get("name")))


def _why(wanted: str) -> Why:
    if wanted.startswith(("workspace:", "catalog:")):
        return "project" if wanted.startswith("workspace:") else "unpinned"
    if _ELSEWHERE.fullmatch(wanted):
        shorthand = "/" in wanted and ":" not in wanted and not wanted.startswith((".", "/", "~"))
        return origin(f"github:{wanted}" if shorthand else wanted)
    return "unpinned"
