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
MADE = frozenset({"pnpm-workspace.yaml"})
"""What may have to be made, to hold overrides."""
Snapshot = dict[Path, bytes | None]


class Workspace:
    """Copies of the files of a project, in the same layout, in a folder that only we can read and that goes away."""

    def __init__(self) -> None:
        self._holder = tempfile.TemporaryDirectory(prefix="hauberk-fix-", ignore_cleanup_errors=True)
        self.folder = Path(self._holder.name).resolve()
        self._originals: dict[Path, bytes | None] = {}
        """By the real path: what was read; None where there was nothing."""

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

    def snapshot(self, folder: Path) -> Snapshot:
        """What the copies in and below a folder hold now; None for a file that is not there, and may come."""
        here = self.of(folder)
        known = [self.of(real) for real in self._originals if self.of(real).is_relative_to(here)]
        may_come = [here / name for name in sorted(MADE)]
        return {copy: copy.read_bytes() if copy.exists() else None for copy in [*known, *may_come]}

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to what the copies held."""
        for copy, content in snapshot.items():
            if content is None:
                copy.unlink(missing_ok=True)
            else:
                copy.write_bytes(content)

    def adopt(self, folder: Path) -> None:
        """Take up the files that a tool's settings made necessary and that the project did not have."""
        for name in sorted(MADE):
            real = folder.resolve() / name
            if self.of(real).exists() and real not in self._originals and not real.exists():
                self._originals[real] = None

    def changed(self) -> list[Path]:
        """The originals whose copies are different, and those that are to be made."""
        return [
            real
            for real, content in sorted(self._originals.items())
            if self.of(real).exists() and self.of(real).read_bytes() != content
        ]

    def diff(self, root: Path) -> Iterator[str]:
        """A unified diff of all that would change, line by line."""
        for real in self.changed():
            name = relative(real, root)
            before = read_text(real).splitlines() if self._originals[real] is not None else []
            after = read_text(self.of(real)).splitlines()
            for line in difflib.unified_diff(before, after, f"a/{name}", f"b/{name}", lineterm=""):
                yield clean(line, 10_000)

    def commit(self) -> list[Path]:
        """Put the changed files in place. All of them, or none: an error puts the earlier ones back.

        Raises InputError if a file was changed by someone else meanwhile, or cannot be written.
        """
        changed = self.changed()
        for real in changed:
            if (real.read_bytes() if real.exists() else None) != self._originals[real]:
                raise InputError(clean(real), "was changed while it was worked on; nothing was written", "run it again")
        done: list[Path] = []
        try:
            for real in changed:
                replace_whole(real, self.of(real).read_bytes())
                done.append(real)
        except OSError as error:
            self._take_back(done)
            problem = f"cannot be written: {error.strerror}; nothing was changed"
            raise InputError(clean(changed[len(done)]), problem, "check its rights and the space left") from error
        return changed

    def _take_back(self, done: Sequence[Path]) -> None:
        for real in done:
            content = self._originals[real]
            if content is None:
                real.unlink()
            else:
                replace_whole(real, content)


def replace_whole(path: Path, content: bytes) -> None:
    """Write a file so that at any moment, a power cut included, it holds the old or the new content as a whole."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, name)
        else:
            os.chmod(name, 0o644)  # mkstemp's are the owner's alone
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
