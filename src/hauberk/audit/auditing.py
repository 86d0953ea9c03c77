"""The audit itself: files in, one Result out. Nothing that could not be judged is left unsaid."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from hauberk.audit.advisory import Brief
from hauberk.audit.files import discover, inside, read_text, relative
from hauberk.audit.index import Index
from hauberk.audit.judging import Key, Verdict, finding, groups, judge, key_of
from hauberk.audit.paths import Paths
from hauberk.audit.readers import FORMATS, Manifest, NotJudged, Pinned, detect, reader
from hauberk.audit.rules import VULNERABLE
from hauberk.audit.text import clean, enumerate_some
from hauberk.audit.text import name as shown
from hauberk.audit.versions import ECOSYSTEMS, Ecosystem, key, normal_name
from hauberk.core.errors import InputError, NothingToTestError
from hauberk.core.finding import Finding, Location, Result
from hauberk.core.progress import Progress, silent

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
class _Read:
    """A file that was read."""

    name: str
    """As reports show it."""
    manifest: Manifest
    pins: dict[Key, list[Pinned]]
    """The entries of each package and version: npm installs copies."""


@dataclass(slots=True)
class _Run:
    """What an audit has gathered so far."""

    root: Path
    read: list[_Read] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    complete: bool = True
    seen: set[Path] = field(default_factory=set)

    def failed(self, problem: str) -> None:
        """A part that should have been judged was not."""
        self.gaps.append(problem)
        self.complete = False


def audit(
    paths: Sequence[Path],
    *,
    index: Index,
    root: Path,
    progress: Progress = silent,
    today: date | None = None,
) -> Result:
    """Judge the dependencies of files and folders against the advisories of an index.

    `paths` are lock files, manifests, or folders to search for them; `root` is the project, to which reports relate.
    Raises NothingToTestError if no package is there to be judged, InputError if a path does not exist. A file that
    cannot be read makes the result incomplete.
    """
    run = _Run(root)
    files = list(_files(paths, root))
    for number, (path, base) in enumerate(files):
        progress("reading lock files", number, len(files))
        if base is not None and not inside(path, base):
            run.failed(
                f"{relative(path.parent, root)}/{clean(path.name)}: is a link out of the project, and was not read"
            )
        else:
            _read(path, run, named=base is None)
    progress("reading lock files", len(files), len(files))
    packages = {one for read in run.read for one in read.pins}
    if not packages and run.complete and (not run.read or run.gaps):
        raise NothingToTestError(_nothing(paths, run))
    verdicts = _match(packages, index, run, progress)
    briefs = index.briefs(entry.id for verdict in verdicts.values() for entry in verdict.matched)
    day = today or datetime.now(UTC).date()
    needed = {ecosystem for ecosystem, _, _ in packages}
    ages = {e: index.meta.age(e, day) for e in ECOSYSTEMS if e in needed and index.meta.live.get(e)}
    findings = [f for read in run.read for f in _findings(read, verdicts, briefs, ages)]
    failed = [f for f in findings if f.outcome == "fail"]
    return Result(
        command="audit",
        target=enumerate_some((relative(path, root) for path in paths), 3),
        complete=run.complete,
        findings=tuple(findings),
        stats={
            "files": len(run.read),
            "packages": len(packages),
            "vulnerable": len(verdicts),
            "advisories": len({i["id"] for f in failed for i in f.evidence["advisories"]}),
            "index_age_days": _oldest(ages),
        },
        gaps=tuple(run.gaps),
    )


def _files(paths: Sequence[Path], root: Path) -> Iterator[tuple[Path, Path | None]]:
    """Files, and for those that were found, the folder they were found in."""
    for path in paths:
        if path.is_dir():
            yield from ((found, path) for found in discover(path))
        elif path.exists():
            yield path, None
        else:
            raise InputError(relative(path, root), "does not exist", "name a lock file or a folder")


def _nothing(paths: Sequence[Path], run: _Run) -> str:
    where = enumerate_some((relative(path, run.root) for path in paths), 3)
    if run.gaps:
        return f"{where}: no dependency that can be judged; {'; '.join(run.gaps)}"
    return f"{where}: there is no lock file or manifest; hauberk reads {', '.join(FORMATS)}"


def _read(path: Path, run: _Run, *, named: bool = False) -> Manifest | None:
    """Read one file and those that it refers to; what cannot be read becomes a gap."""
    resolved = path.resolve()
    if resolved in run.seen:
        return None
    run.seen.add(resolved)
    name = relative(path, run.root)
    try:
        text = read_text(path)
        kind = detect(f"{resolved.parent.name}/{resolved.name}", text)
        if kind is None:
            fix = f"hauberk reads {', '.join(FORMATS)}"
            raise InputError(name, "is of no format that is known by its name or its content", fix)  # noqa: TRY301
        manifest = reader(kind)(text, name)
    except InputError as error:
        run.failed(f"{name}: {error.problem}" + f" ({error.fix})" * bool(error.fix and named))
        return None
    bounds = _include(manifest, path, name, run)
    pins: dict[Key, list[Pinned]] = {}
    for pin in manifest.packages:
        pins.setdefault(key_of(pin), []).append(pin)
    run.read.append(_Read(name, manifest, pins))
    run.gaps += _gaps(name, [entry for entry in manifest.not_judged if not _bounded(entry, bounds)])
    return manifest


def _include(manifest: Manifest, path: Path, name: str, run: _Run) -> set[str]:
    """Read the files that this one refers to. Returns the names that constraints pin."""
    pinned: set[str] = set()
    for include in manifest.includes:
        target = path.parent / include.path
        if "://" in include.path or not inside(target, run.root):
            run.failed(f"{name}: refers to {clean(include.path)}, which is outside the project and was not read")
        elif (found := _read(target, run, named=True)) and include.constraint:
            pinned |= {normal_name("PyPI", pin.name) for pin in found.packages}
    return pinned


def _bounded(entry: NotJudged, bounds: set[str]) -> bool:
    """Whether a constraint pins what the requirement leaves open: then it is judged there."""
    name = _NAME.match(entry.what)
    return entry.why == "unpinned" and name is not None and normal_name("PyPI", name.group()) in bounds


def _gaps(name: str, entries: Sequence[NotJudged]) -> list[str]:
    """One sentence for each reason."""
    by_reason: dict[str, list[str]] = {}
    for entry in entries:
        if entry.why != "project":  # the project itself is no dependency of its own
            by_reason.setdefault(_REASONS[entry.why], []).append(shown(entry.what))
    return [
        f"{name}: {len(items)} {'entries' if len(items) > 1 else 'entry'} {reason}: {enumerate_some(items)}"
        for reason, items in by_reason.items()
    ]


def _match(packages: set[Key], index: Index, run: _Run, progress: Progress) -> dict[Key, Verdict]:
    """The verdict on every package that an advisory concerns."""
    verdicts: dict[Key, Verdict] = {}
    for ecosystem in ECOSYSTEMS:
        mine = sorted(k for k in packages if k[0] == ecosystem)
        if not mine:
            continue
        if not index.meta.live.get(ecosystem):
            run.failed(f"the advisory index has nothing on {ecosystem}: {len(mine)} packages were not judged")
            continue
        known = index.lookup(ecosystem, (name for _, name, _ in mine))
        for number, one in enumerate(mine):
            if one[1] in known and (verdict := judge(one, known[one[1]])):
                verdicts[one] = verdict
            if number % 500 == 0:
                progress(f"matching {ecosystem} packages", number, len(mine))
        progress(f"matching {ecosystem} packages", len(mine), len(mine))
        _note_unreadable(ecosystem, [one for one in mine if one[1] in known], run)
    return verdicts


def _note_unreadable(ecosystem: Ecosystem, packages: Sequence[Key], run: _Run) -> None:
    """Versions that are none, of packages on which there are advisories."""
    odd = [f"{shown(name)} {shown(version)}" for _, name, version in packages if key(ecosystem, version) is None]
    if odd:
        listed = enumerate_some(odd)
        run.gaps.append(f"not judged, since {ecosystem} knows no such version: {listed}")


def _findings(
    read: _Read, verdicts: dict[Key, Verdict], briefs: dict[str, Brief], ages: dict[Ecosystem, int | None]
) -> Iterator[Finding]:
    """A failure for each fault, or the record that the file was read and nothing was found."""
    paths = Paths(read.manifest)
    clean_file = True
    for one, copies in read.pins.items():
        verdict = verdicts.get(one)
        if verdict is None:
            continue
        clean_file = False
        # The copy that the project can be seen to ask for says most.
        pin = next((copy for copy in copies if paths.to(copy)), copies[0])
        for ids in groups(verdict, briefs):
            yield finding(pin, verdict, ids, briefs, read.name, paths.to(pin), ages[one[0]])
    judged = [one for one in read.pins if one[0] in ages]
    empty = not judged and not _gaps("", read.manifest.not_judged)
    if clean_file and len(judged) == len(read.pins) and (judged or empty):
        yield Finding(
            rule=VULNERABLE,
            outcome="pass",
            message=f"No advisory concerns any of the {len(judged)} packages that {read.name} pins.",
            location=Location(file=read.name),
            evidence={"packages": len(judged), "data_age": _oldest(ages)},
        )


def _oldest(ages: dict[Ecosystem, int | None]) -> int | None:
    """Days since the last change in the older of the databases that were asked."""
    return max((age for age in ages.values() if age is not None), default=None)
