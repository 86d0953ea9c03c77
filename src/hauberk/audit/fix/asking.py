"""Which versions come after the last affected one: the registry's to say, through the tools' own configuration."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hauberk.audit.fix.tools import RefusedError, find
from hauberk.audit.judging import Key
from hauberk.core.errors import InputError, MissingExtraError

_NAME = {"PyPI": re.compile(r"[A-Za-z0-9._-]+"), "npm": re.compile(r"(?:@[\w.~-]+/)?[\w.~-]+")}
_FOUND = re.compile(r"^[A-Za-z0-9][\w.-]*==(\S+)", re.MULTILINE)
_TIMEOUT = 60


def after(package: Key, last: Sequence[str]) -> tuple[str, ...]:
    """Versions above each of `last`; nothing where no registry answers. The lowest suffices for PyPI."""
    ecosystem, name, _ = package
    if not _NAME[ecosystem].fullmatch(name) or name.startswith("-"):
        return ()
    with tempfile.TemporaryDirectory(prefix="hauberk-ask-") as folder:
        try:
            return _of_pypi(name, last, Path(folder)) if ecosystem == "PyPI" else _of_npm(name, Path(folder))
        except (RefusedError, InputError, MissingExtraError):
            return ()


def _of_pypi(name: str, last: Sequence[str], folder: Path) -> tuple[str, ...]:
    uv = find("uv", name)
    found: list[str] = []
    for text in last:
        (folder / "ask.in").write_text(f"{name}>{text}\n", encoding="utf-8")
        command = ["pip", "compile", "ask.in", "--no-deps", "--resolution", "lowest", "--quiet", "--no-header"]
        try:
            output = uv.run(command, cwd=folder, timeout=_TIMEOUT)
        except RefusedError:  # there is none above it
            continue
        found += _FOUND.findall(output)
    return tuple(found)


def _of_npm(name: str, folder: Path) -> tuple[str, ...]:
    answer = json.loads(find("npm", name).run(["view", name, "versions", "--json"], cwd=folder, timeout=_TIMEOUT))
    return tuple(str(one) for one in answer) if isinstance(answer, list) else (str(answer),)
