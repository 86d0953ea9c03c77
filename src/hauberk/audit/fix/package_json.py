"""package.json: what the project asks for, and the overrides that bind what it does not."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hauberk.audit.files import read_text
from hauberk.audit.fix.choosing import Upgrade
from hauberk.audit.readers.documents import load_json, mapping
from hauberk.core.errors import InputError

_KINDS = ("dependencies", "devDependencies", "optionalDependencies")
_RANGE = re.compile(r"\s*(\^|~|>=|=|v)?\s*\d[\w.+-]*\s*")
"""One version with at most one sign: what keeps its sign."""
_ELSEWHERE = re.compile(r"[a-z+]+:|[^@\s]+/", re.IGNORECASE)
"""An alias, a workspace, a repository, a path."""
_INDENT = re.compile(r"^([ \t]+)\"", re.MULTILINE)


class PackageJson:
    """A package.json that is edited; what is not touched keeps its order and its indentation."""

    def __init__(self, path: Path, lock: str) -> None:
        if not path.is_file():
            raise InputError(lock, "has no package.json beside it", "it says what the lock file is made from")
        self.path = path
        text = read_text(path)
        self._document = load_json(text, path.name)
        indent = _INDENT.search(text)
        self._indent = indent[1] if indent else "  "
        self._end = "\n" if text.endswith("\n") else ""
        self._signs: dict[tuple[str, str], str] = {}

    def asks_for(self, name: str) -> bool:
        """Whether the project itself names the package, with a range of a registry."""
        return any(self._range(kind, name) is not None for kind in _KINDS)

    def demand(self, upgrades: Sequence[Upgrade], *, exactly: bool) -> None:
        """Ask for the new versions: exactly, or with the sign that stood before the old one."""
        for one in upgrades:
            for kind in _KINDS:
                old = self._range(kind, one.name)
                if old is None:
                    continue
                sign = self._signs.setdefault((kind, one.name), _sign(old))
                self._document[kind][one.name] = one.to if exactly else sign + one.to
        self._write()

    def overrides(self, *member: str) -> dict[str, Any]:
        """The overrides that are there, at `overrides`, `resolutions` or `pnpm`, `overrides`."""
        found: Any = self._document
        for name in member:
            found = mapping(found).get(name)
        return dict(mapping(found))

    def override(self, *path_and_value: Any) -> None:
        """Set them, and take the member away where nothing is left in it: `override("overrides", {...})`."""
        *path, last, value = path_and_value
        holder = self._document
        for name in path:
            holder = holder.setdefault(name, {})
        if value:
            holder[last] = value
        else:
            holder.pop(last, None)
            if path and not holder:
                self._document.pop(path[0])
        self._write()

    def _range(self, kind: str, name: str) -> str | None:
        found = mapping(self._document.get(kind)).get(name)
        return found if isinstance(found, str) and not _ELSEWHERE.match(found) else None

    def _write(self) -> None:
        text = json.dumps(self._document, indent=self._indent, ensure_ascii=False) + self._end
        self.path.write_bytes(text.encode())


def _sign(old: str) -> str:
    match = _RANGE.fullmatch(old)
    if match is None:
        return "^"
    return {"=": "", "v": "", None: ""}.get(match[1], match[1] or "")
