"""`[tool.poetry...dependencies]`: what Poetry's own tables ask for.

Source: Poetry documentation, "Dependency specification".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from hauberk.audit.files import read_text
from hauberk.audit.fix.choosing import Upgrade
from hauberk.audit.versions import normal_name

_TABLE = re.compile(r"^\s*\[([^\[\]]+)\]\s*(?:#.*)?$")
_OURS = re.compile(r"tool\.poetry\.(?:dev-dependencies|dependencies|group\.[\w.\"-]+\.dependencies)")
_LINE = re.compile(r"""^(\s*["']?([A-Za-z0-9._-]+)["']?\s*=\s*(?:\{.*?\bversion\s*=\s*)?)(["'])([^"']*)\3""")


def admit(path: Path, upgrades: Sequence[Upgrade]) -> None:
    """Rewrite what excludes the safe versions; the sign stays, where it has one."""
    targets = {one.name: one.to for one in upgrades}
    lines = read_text(path).split("\n")
    ours = False
    for number, line in enumerate(lines):
        if table := _TABLE.match(line):
            ours = bool(_OURS.fullmatch(table[1].strip()))
        elif ours and (match := _LINE.match(line)):
            to = targets.get(normal_name("PyPI", match[2]))
            if to and not admits(match[4], to):
                lines[number] = line[: match.end(1)] + match[3] + _raised(match[4], to) + match[3] + line[match.end() :]
    path.write_bytes("\n".join(lines).encode())


def admits(constraint: str, version: str) -> bool:
    """Whether Poetry's constraint takes the version. One that cannot be read is taken to: Poetry will say."""
    return any(_admits_one(part.strip(), version) for part in constraint.split("||"))


def _admits_one(constraint: str, version: str) -> bool:
    try:
        if constraint[:1] in "^~" and not constraint.startswith("~="):
            low = Version(constraint[1:].strip())
            return low <= Version(version) < _end(constraint[0], low)
        return SpecifierSet(f"=={constraint}" if constraint[:1].isdigit() else constraint.replace("*", "")).contains(
            version
        )
    except (InvalidSpecifier, InvalidVersion):
        return True


def _end(sign: str, low: Version) -> Version:
    """`^1.2` ends before 2, `^0.2` before 0.3; `~1.2.3` and `~1.2` before 1.3, `~1` before 2."""
    parts = list(low.release)
    first = next((n for n, part in enumerate(parts) if part), len(parts) - 1)
    at = min(len(parts) - 1, 1) if sign == "~" else first
    return Version(".".join(map(str, [*parts[:at], parts[at] + 1])))


def _raised(old: str, to: str) -> str:
    if old[:1] in "^~" and not old.startswith("~="):
        return old[0] + to
    if old[:1].isdigit() or old.startswith("=="):
        return ("==" if old.startswith("==") else "") + to
    return f">={to}"
