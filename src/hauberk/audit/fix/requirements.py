"""requirements.txt: new pins and hashes, such that `uv pip compile` accepts the whole set.

First only the vulnerable packages may move; where that has no solution, the other pins become lower bounds and the
lowest versions that get along are taken. Nothing is ever pinned lower than it was.

What the resolver must not do unasked is run code: a package that is published as source only tells what it needs when
its build is run. Builds are made impossible by asking for build tools that do not exist; a package that would need one
is taken to need nothing, and said to be. Its version is still held against what the others ask of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hauberk.audit.files import read_text
from hauberk.audit.fix import pins
from hauberk.audit.fix.choosing import Upgrade
from hauberk.audit.fix.job import Job
from hauberk.audit.fix.python_version import target
from hauberk.audit.fix.tools import RefusedError, Tool, find
from hauberk.audit.fix.uv_settings import without_needs
from hauberk.audit.text import enumerate_some

_BACKENDS = (
    "setuptools", "wheel", "hatchling", "flit-core", "flit", "poetry-core", "poetry", "pdm-backend", "pdm-pep517",
    "uv-build", "maturin", "meson-python", "scikit-build-core", "scikit-build", "cython", "numpy", "pbr", "enscons",
    "sipbuild", "whey", "jupyter-packaging", "setuptools-scm", "setuptools-rust", "cffi", "pybind11", "mesonpy",
)  # fmt: skip
"""What builds ask for first. A version below 0 exists of none of them."""
_BUILT = re.compile(r"(?:[Bb]uild|[Ff]etch metadata for) `([A-Za-z0-9._-]+)(?:==| @|`)")
_UNBUILT = "Failed to resolve requirements from"
_RESOLVED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)")
_HASH = re.compile(r"--hash=([a-z0-9]+:[0-9a-f]+)")
_KEPT = re.compile(r"-i\b|-f\b|--(?:index-url|extra-index-url|find-links|no-index|pre)\b")
_NESTED = re.compile(r"(?:-r|-c|--requirement|--constraint)(?:\s*=\s*|\s*)(\S.*)")
_ROUNDS = 40


@dataclass(slots=True)
class _Solution:
    """What the resolver says."""

    versions: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, list[str]] = field(default_factory=dict)


def apply(job: Job, upgrades: Sequence[Upgrade]) -> None:
    """See `job.Applier`."""
    uv = find("uv", job.name)
    text = read_text(job.file)
    entries = pins.parse(text)
    wanted = {one.name: one.to for one in upgrades}
    hashed = any(entry.hashed for entry in entries)
    solver = _Solver(uv, job, wanted, hashed)
    found = solver.solve(entries)
    present = {entry.name: entry.version for entry in entries if entry.version}
    moved = {name: found.versions[name] for name in present if name in found.versions}
    mended = pins.rewrite(text, moved, found.hashes)
    if hashed:  # then pip demands that the file names everything
        nested = solver.nested_names(entries)
        added = {n: v for n, v in found.versions.items() if n not in {e.name for e in entries} | nested}
        mended = pins.append(mended, added, found.hashes)
    job.file.write_bytes(mended.encode())


class _Solver:
    """The calls of one file."""

    def __init__(self, uv: Tool, job: Job, wanted: dict[str, str], hashed: bool) -> None:
        self.uv, self.job, self.wanted, self.hashed = uv, job, wanted, hashed
        self.apart: set[str] = set()
        """Packages whose needs cannot be known without running their build."""

    def solve(self, entries: Sequence[pins.Entry]) -> _Solution:
        """New versions, at first of the vulnerable ones alone. Raises RefusedError if nothing gets along."""
        try:
            found = self._together(entries, "==")
        except RefusedError as first:
            try:
                found = self._together(entries, ">=")
            except RefusedError:
                raise first from None
        # What has no answer is for another platform, by its marker.
        alone = [f"{name}>={to}" for name, to in self.wanted.items() if name not in found.versions]
        if alone:
            self._merge(found, self._compile(alone, "--no-deps", "--resolution", "lowest"))
        if self.apart:
            names = enumerate_some(sorted(self.apart))
            self.job.notes.append(
                f"{self.job.name}: what these need was not checked, since to learn it their build would have to be "
                f"run (--allow-builds does that): {names}"
            )
        return found

    def nested_names(self, entries: Sequence[pins.Entry]) -> set[str]:
        """What the files that this one includes name."""
        names: set[str] = set()
        for entry in entries:
            if match := _NESTED.fullmatch(entry.text):
                inner = self.job.folder / match[1].strip()
                if inner.is_file():
                    names |= {one.name for one in pins.parse(read_text(inner))}
        return names

    def _together(self, entries: Sequence[pins.Entry], sign: str) -> _Solution:
        """Everything in one resolution; `sign` is how the pins of the others bind."""
        lines = [line for entry in entries if (line := self._line(entry, sign))]
        return self._compile(lines, "--resolution", "lowest-direct")

    def _line(self, entry: pins.Entry, sign: str) -> str:
        if entry.name in self.wanted and entry.version:
            return entry.bounded(">=", self.wanted[entry.name])
        if entry.name:
            return entry.bounded(sign, entry.version) if entry.version else entry.requirement
        if match := _NESTED.fullmatch(entry.text):
            inner = self.job.folder / match[1].strip()
            return f"{entry.text[:2] if entry.text[1] != '-' else entry.text.split()[0]} {inner}" * inner.is_file()
        return entry.text if _KEPT.match(entry.text) else ""

    def _compile(self, lines: Sequence[str], *arguments: str) -> _Solution:
        """One resolution, with what would have to be built taken to need nothing, one after the other."""
        source = self.job.folder / ".hauberk-fix.in"
        for _ in range(_ROUNDS):
            source.write_text("\n".join(lines) + "\n", encoding="utf-8")
            try:
                with without_needs(self.job.folder, self.apart):
                    return _read(self.uv.run([*self._command(source), *arguments], cwd=self.job.folder))
            except RefusedError as error:
                built = _BUILT.search(error.output)
                name = built[1].lower() if built and _UNBUILT in error.output else ""
                if not name or name in self.apart or self.job.options.allow_builds:
                    raise
                self.apart.add(name)
            finally:
                source.unlink(missing_ok=True)
        raise RefusedError("uv", f"over {_ROUNDS} packages are published as source only")

    def _command(self, source: Path) -> list[str]:
        command = ["pip", "compile", source.name, "--no-header", "--no-annotate", "--quiet", "--no-strip-extras"]
        command += ["--python-version", target(self.job)]
        command += ["--generate-hashes"] * self.hashed
        if not self.job.options.allow_builds:
            limits = self.job.folder / ".hauberk-fix-build.txt"
            limits.write_text("".join(f"{name}<0\n" for name in _BACKENDS), encoding="utf-8")
            command += ["--build-constraints", limits.name]
        return command

    def _merge(self, found: _Solution, more: _Solution) -> None:
        found.versions |= {n: v for n, v in more.versions.items() if n not in found.versions}
        found.hashes |= {n: v for n, v in more.hashes.items() if n not in found.hashes}


def _read(output: str) -> _Solution:
    """What `uv pip compile` prints."""
    found = _Solution()
    name = ""
    for line in output.splitlines():
        if match := _RESOLVED.match(line):
            name = re.sub(r"[-_.]+", "-", match[1]).lower()
            found.versions[name] = match[2]
            found.hashes[name] = []
        if name:
            found.hashes[name] += _HASH.findall(line)
    return found
