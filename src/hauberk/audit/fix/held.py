"""For tools that only know "newest": demand the safe versions exactly, lock, take the demands away, lock again.

A locked version that the requirements admit is kept by the second run, so that the smallest stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from hauberk.audit.files import read_text
from hauberk.audit.fix.choosing import Upgrade
from hauberk.audit.readers.documents import load_toml, mapping

_GROUP = "hauberk-fix"
_HEAD = re.compile(r"^\[dependency-groups\][^\n]*\n", re.MULTILINE)


def with_pins(path: Path, upgrades: Sequence[Upgrade], *, poetry: bool) -> str:
    """Demand exact versions in a group of its own. Returns the text as it was."""
    text = read_text(path)
    document = load_toml(text, path.name)
    if poetry:
        table = f"\n[tool.poetry.group.{_GROUP}.dependencies]\n"
        rows = "".join(f'{one.name} = "=={one.to}"\n' for one in upgrades)
        path.write_bytes((text.rstrip("\n") + "\n" + table + rows).encode())
        return text
    pins = ", ".join(f'"{one.name}=={one.to}"' for one in upgrades)
    if mapping(document.get("dependency-groups")):
        mended = re.sub(
            r"^\[dependency-groups\][^\n]*\n",
            lambda m: f"{m[0]}{_GROUP} = [{pins}]\n",
            text,
            count=1,
            flags=re.MULTILINE,
        )
    else:
        mended = f"{text.rstrip()}\n\n[dependency-groups]\n{_GROUP} = [{pins}]\n"
    path.write_bytes(mended.encode())
    return text
