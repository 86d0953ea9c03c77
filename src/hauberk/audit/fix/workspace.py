"""A copy to work on, its differences, and putting them in place: every file as a whole, or none."""

from __future__ import annotations

import difflib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from hauberk.audit.files import SKIPPED, inside, read_text, relative
from hauberk.audit.readers import format_of
from hauberk.audit.text import clean
from hauberk.core.errors import InputError

MANIFESTS = frozenset(
    {
        "package.json", ".npmrc", ".yarnrc", ".yarnrc.yml", "pnpm-workspace.yaml",
        "pyproject.toml", "uv.toml", "poetry.toml", "pdm.toml", "Pipfile", ".python-version",
    }
)  # fmt: skip
"""What the tools read beside the lock file."""


class Workspace:
    """Copies of the files of a project, in the same layout, in a folder that only we can read and that goes away."""

    def __init__(self) -> None:
        self._holder = tempfile.TemporaryDirectory(prefix="hauberk-fix-", ignore_cleanup_errors=True)
        self.folder = Path(self._holder.name).resolve()
        self._originals: dict[Path, bytes] = {}
        """By the real path: what was read."""

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self._holder.cleanup()

    def of(self, original: Path) -> Path:
        """Where the copy of a file or folder is."""
        real = original.resolve()
        return self.folder / real.relative_to(real.anchor)

    def take(self, original: Path) -> Path:
        """Copy a file, once. Raises InputError if it cannot be read."""
        real, copy = original.resolve(), self.of(original)
        if real not in self._originals:
            try:
                content = real.read_bytes()
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(content)
            except OSError as error:
                raise InputError(clean(original), f"cannot be copied: {error.strerror}", "check its rights") from error
            self._originals[real] = content
        return copy

    def take_around(self, folder: Path, root: Path) -> None:
        """Copy what the tools read in a folder and below: workspaces have a manifest for each member."""
        for where, names, files in os.walk(folder):
            names[:] = sorted(name for name in names if name not in SKIPPED)
            here = Path(where)
            for name in files:
                if (name in MANIFESTS or format_of(f"{here.name}/{name}")) and inside(here / name, root):
                    self.take(here / name)

    def put(self, original: Path, text: str) -> None:
        """Write a copy that did not exist, or exists already."""
        self.of(original).write_text(text, encoding="utf-8", newline="")

    def snapshot(self, folder: Path) -> dict[Path, bytes]:
        """What the copies in and below a folder hold now."""
        here = self.of(folder)
        known = (real for real in self._originals if self.of(real).is_relative_to(here))
        return {self.of(real): self.of(real).read_bytes() for real in known if self.of(real).exists()}

    def restore(self, snapshot: dict[Path, bytes]) -> None:
        """Go back to what the copies held."""
        for copy, content in snapshot.items():
            copy.write_bytes(content)

    def changed(self) -> list[Path]:
        """The originals whose copies are different."""
        return [
            real
            for real, content in sorted(self._originals.items())
            if self.of(real).exists() and self.of(real).read_bytes() != content
        ]

    def diff(self, root: Path) -> Iterator[str]:
        """A unified diff of all that would change, line by line."""
        for real in self.changed():
            name = relative(real, root)
            before, after = (read_text(path).splitlines() for path in (real, self.of(real)))
            for line in difflib.unified_diff(before, after, f"a/{name}", f"b/{name}", lineterm=""):
                yield clean(line, 10_000)

    def commit(self) -> list[Path]:
        """Put the changed files in place. All of them, or none: an error puts the earlier ones back.

        Raises InputError if a file was changed by someone else meanwhile, or cannot be written.
        """
        changed = self.changed()
        for real in changed:
            if real.read_bytes() != self._originals[real]:
                raise InputError(clean(real), "was changed while it was worked on; nothing was written", "run it again")
        done: list[Path] = []
        try:
            for real in changed:
                replace_whole(real, self.of(real).read_bytes())
                done.append(real)
        except OSError as error:
            for real in done:
                replace_whole(real, self._originals[real])
            problem = f"cannot be written: {error.strerror}; nothing was changed"
            raise InputError(clean(changed[len(done)]), problem, "check its rights and the space left") from error
        return changed


def replace_whole(path: Path, content: bytes) -> None:
    """Write a file so that at any moment, a power cut included, it holds the old or the new content as a whole."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, name)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def names_of(paths: Sequence[Path], root: Path) -> list[str]:
    """As reports show them."""
    return [relative(path, root) for path in paths]
