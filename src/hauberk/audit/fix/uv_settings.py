"""Telling uv, in the copy's settings, that packages need nothing (uv documentation, "dependency-metadata")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hauberk.audit.files import read_text


@contextmanager
def without_needs(folder: Path, packages: Iterable[str]) -> Iterator[None]:
    """While the block runs, uv asks none of these packages what it needs. The settings that hold are the project's."""
    rows = [f'dependency-metadata]]\nname = "{name}"\nrequires-dist = []\n' for name in sorted(packages)]
    if not rows:
        yield
        return
    path = _settings(folder)
    table = "[[tool.uv." if path.name == "pyproject.toml" else "[["
    kept = path.read_bytes() if path.exists() else None
    path.write_bytes((kept or b"") + ("\n" + "".join(table + row for row in rows)).encode())
    try:
        yield
    finally:
        if kept is None:
            path.unlink()
        else:
            path.write_bytes(kept)


def _settings(folder: Path) -> Path:
    """The file that uv finds first, going up; where there is none, one in the folder itself."""
    for place in (folder, *folder.parents):
        if (place / "uv.toml").is_file():
            return place / "uv.toml"
        manifest = place / "pyproject.toml"
        if manifest.is_file() and "[tool.uv" in read_text(manifest):
            return manifest
    return folder / "uv.toml"
