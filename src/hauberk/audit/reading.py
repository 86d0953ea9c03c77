"""From paths to what their files pin. What cannot be read or judged is a gap, never left out in silence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hauberk.audit.files import discover, inside, read_text, relative
from hauberk.audit.judging import Key, key_of
from hauberk.audit.readers import FORMATS, MANIFESTS, Manifest, NotJudged, Pinned, detect, format_of, reader
from hauberk.audit.readers.cyclonedx import is_ours
from hauberk.audit.text import clean, enumerate_some
from hauberk.audit.text import name as shown
from hauberk.audit.versions import normal_name
from hauberk.core.errors import InputError
from hauberk.core.progress import Progress

BILL = "cyclonedx"
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_REASONS = {
    "git": "taken from a repository, where a version says nothing",
    "url": "taken from a URL, where a version says nothing",
    "path": "taken from a local path",
    "unpinned": "not pinned to a version",
    "conda": "installed by conda, for which there are no advisories here",
    "other": "of no ecosystem or form that is judged here",
}


@dataclass(slots=True)
class Read:
    """A file that was read."""

    name: str
    """As reports show it."""
    manifest: Manifest
    pins: dict[Key, list[Pinned]]
    """The entries of each package and version: npm installs copies."""
    folder: Path


@dataclass(slots=True)
class Reading:
    """What has been read so far."""

    root: Path
    read: list[Read] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    complete: bool = True
    _seen: set[Path] = field(default_factory=set)

    def failed(self, problem: str) -> None:
        """A part that should have been judged was not."""
        self.gaps.append(problem)
        self.complete = False

    def take(self, paths: Sequence[Path], progress: Progress) -> None:
        """Read all that the paths name. Raises InputError if one does not exist."""
        # A bill of materials last: of what it was made from, if that is there.
        files = sorted(_files(paths, self.root), key=lambda found: format_of(found[0].name) == BILL)
        for number, (path, base) in enumerate(files):
            progress("reading lock files", number, len(files))
            if path.is_dir():
                self._installed(path)
            elif base is not None and not inside(path, base):
                name = f"{relative(path.parent, self.root)}/{clean(path.name)}"
                self.failed(f"{name}: is a link out of the project, and was not read")
            else:
                self._file(path, named=base is None)
        for path in paths:
            if path.is_dir():
                self._scripts(path)
        progress("reading lock files", len(files), len(files))

    @property
    def packages(self) -> set[Key]:
        """Everything that is pinned."""
        return {one for read in self.read for one in read.pins}

    def _scripts(self, folder: Path) -> None:
        """JavaScript libraries that are served, each file a reading of its own."""
        from hauberk.audit.readers.javascript import discover as scripts
        from hauberk.audit.readers.javascript import read_file

        for path in scripts(folder):
            if manifest := read_file(path):
                self._keep(relative(path, self.root), manifest, path.parent, set())

    def _installed(self, folder: Path) -> None:
        from hauberk.audit.readers.installed import read_folder

        name = relative(folder, self.root)
        try:
            self._keep(name, read_folder(folder, name), folder, set())
        except InputError as error:
            self.failed(f"{name}: {error.problem}")

    def _file(self, path: Path, *, named: bool = False) -> Manifest | None:
        """Read one file and those that it refers to; what cannot be read becomes a gap."""
        resolved = path.resolve()
        if resolved in self._seen:
            return None
        self._seen.add(resolved)
        name = relative(path, self.root)
        try:
            text = read_text(path)
            kind = detect(f"{resolved.parent.name}/{resolved.name}", text)
            if kind is None:
                fix = f"hauberk reads {', '.join(FORMATS)}"
                raise InputError(name, "is of no format that is known by its name or its content", fix)  # noqa: TRY301
            if kind == BILL and not named and self.read and is_ours(text):
                self.gaps.append(
                    f"{name}: hauberk made it from other files, so it was not read; name it to have it read"
                )
                return None
            manifest = reader(kind)(text, name)
        except InputError as error:
            self.failed(f"{name}: {error.problem}" + f" ({error.fix})" * bool(error.fix and named))
            return None
        if kind in MANIFESTS and not named and not manifest.packages and not manifest.not_judged:
            return None  # it configures tools, and asks for nothing
        if any(pin.dev is None for pin in manifest.packages):
            from hauberk.audit.apart import tell_apart

            manifest = tell_apart(manifest, kind, path, self.root)
        self._keep(name, manifest, path.parent, self._include(manifest, path, name))
        return manifest

    def _keep(self, name: str, manifest: Manifest, folder: Path, bounds: set[str]) -> None:
        pins: dict[Key, list[Pinned]] = {}
        for pin in manifest.packages:
            pins.setdefault(key_of(pin), []).append(pin)
        self.read.append(Read(name, manifest, pins, folder))
        self.gaps += gaps(name, [entry for entry in manifest.not_judged if not _bounded(entry, bounds)])

    def _include(self, manifest: Manifest, path: Path, name: str) -> set[str]:
        """Read the files that this one refers to. Returns the names that constraints pin."""
        pinned: set[str] = set()
        for include in manifest.includes:
            target = path.parent / include.path
            if "://" in include.path or not inside(target, self.root):
                self.failed(f"{name}: refers to {clean(include.path)}, which is outside the project and was not read")
            elif (found := self._file(target, named=True)) and include.constraint:
                pinned |= {normal_name("PyPI", pin.name) for pin in found.packages}
        return pinned


def _files(paths: Sequence[Path], root: Path) -> Iterator[tuple[Path, Path | None]]:
    """Files, and for those that were found, the folder they were found in."""
    for path in paths:
        if path.is_dir():
            from hauberk.audit.readers.installed import folders

            environment = folders(path)
            yield from ((one, None) for one in environment)
            yield from () if environment else ((found, path) for found in discover(path))
        elif path.exists():
            yield path, None
        else:
            raise InputError(relative(path, root), "does not exist", "name a lock file or a folder")


def _bounded(entry: NotJudged, bounds: set[str]) -> bool:
    """Whether a constraint pins what the requirement leaves open: then it is judged there."""
    name = _NAME.match(entry.what)
    return entry.why == "unpinned" and name is not None and normal_name("PyPI", name.group()) in bounds


def gaps(name: str, entries: Sequence[NotJudged]) -> list[str]:
    """One sentence for each reason."""
    by_reason: dict[str, list[str]] = {}
    for entry in entries:
        if entry.why != "project":  # the project itself is no dependency of its own
            by_reason.setdefault(_REASONS[entry.why], []).append(shown(entry.what))
    return [
        f"{name}: {len(items)} {'entries' if len(items) > 1 else 'entry'} {reason}: {enumerate_some(items)}"
        for reason, items in by_reason.items()
    ]
