"""The audit itself: files in, one Result out. Nothing that could not be judged is left unsaid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal, NamedTuple

from hauberk.audit.advisory import Brief
from hauberk.audit.files import relative
from hauberk.audit.health import health
from hauberk.audit.index import Index
from hauberk.audit.judging import Key, Verdict, finding, groups, judge
from hauberk.audit.paths import Paths
from hauberk.audit.readers import FORMATS
from hauberk.audit.reading import Read, Reading, gaps
from hauberk.audit.rules import VULNERABLE
from hauberk.audit.text import enumerate_some
from hauberk.audit.text import name as shown
from hauberk.audit.versions import ECOSYSTEMS, Ecosystem, key
from hauberk.core.errors import NothingToTestError
from hauberk.core.finding import Finding, Location, PackageLocation, Result
from hauberk.core.progress import Progress, silent

OLD = 1
"""Days after which the data's age is a gap of the report: what was published since is not judged."""
Ages = dict[Ecosystem, int | None]


class Audited(NamedTuple):
    """A result, and what it was read from."""

    result: Result
    read: tuple[Read, ...]


def audit(
    paths: Sequence[Path],
    *,
    index: Index,
    root: Path,
    progress: Progress = silent,
    today: date | None = None,
    max_age: int | None = None,
    licences: frozenset[str] = frozenset(),
    registries: Literal["ask", "offline"] | None = None,
) -> Result:
    """Judge the dependencies of files and folders against the advisories of an index.

    `paths` are lock files, manifests, folders of installed packages, virtual environments, or folders to search for
    lock files; `root` is the project, to which reports relate. Data older than `max_age` days makes the result
    incomplete, and so does a file that cannot be read. `licences` are the SPDX ids that are allowed, in lower case;
    empty: none is judged. `registries` asks the package indexes what is outdated, yanked or given up; `offline` says
    that this was wanted and not judged.

    Raises NothingToTestError if no package is there to be judged, InputError if a path does not exist.
    """
    return audited(
        paths,
        index=index,
        root=root,
        progress=progress,
        today=today,
        max_age=max_age,
        licences=licences,
        registries=registries,
    ).result


def audited(
    paths: Sequence[Path],
    *,
    index: Index,
    root: Path,
    progress: Progress = silent,
    today: date | None = None,
    max_age: int | None = None,
    licences: frozenset[str] = frozenset(),
    registries: Literal["ask", "offline"] | None = None,
) -> Audited:
    """As `audit`, with the packages that were read: what a bill of materials is made of."""
    reading = Reading(root)
    reading.take(paths, progress)
    packages = reading.packages
    if not packages and reading.complete and (not reading.read or reading.gaps):
        raise NothingToTestError(_nothing(paths, reading))
    verdicts = _match(packages, index, reading, progress)
    briefs = index.briefs(entry.id for verdict in verdicts.values() for entry in verdict.matched)
    today = today or datetime.now(UTC).date()
    ages = _ages(packages, index, today, max_age, reading)
    findings = [f for read in reading.read for f in _findings(read, verdicts, briefs, ages)]
    failed = [f for f in findings if f.outcome == "fail"]
    if root_folder := next((path for path in paths if path.is_dir()), None):
        findings = [_with_import(finding, root_folder) for finding in findings]
    concerned = {(one[0], one[1]) for one in verdicts}
    findings += [f for read in reading.read for f in health(read, concerned, licences)]
    if registries:
        findings += _of_registries(reading, registries, today, progress)
    result = Result(
        command="audit",
        target=enumerate_some((relative(path, root) for path in paths), 3),
        complete=reading.complete,
        findings=tuple(findings),
        stats={
            "files": len(reading.read),
            "packages": len(packages),
            "vulnerable": len(verdicts),
            "advisories": len({i["id"] for f in failed for i in f.evidence.get("advisories", ())}),
            "index_age_days": _oldest(ages),
            "index_built": index.meta.built,
        },
        gaps=tuple(reading.gaps),
    )
    return Audited(result, tuple(reading.read))


def _of_registries(
    reading: Reading, registries: Literal["ask", "offline"], today: date, progress: Progress
) -> list[Finding]:
    """What the package indexes say; what they do not answer is a gap, and an index out of reach an unfinished run."""
    if registries == "offline":
        reading.gaps.append("what is outdated, yanked or given up was not judged: the network is forbidden")
        return []
    from hauberk.audit.registry import ask, judged

    answers = ask({(ecosystem, name) for ecosystem, name, _ in reading.packages}, progress)
    reading.gaps += answers.gaps()
    reading.complete = reading.complete and not answers.failed
    return [finding for read in reading.read for finding in judged(read, answers.releases, today)]


def _with_import(finding: Finding, folder: Path) -> Finding:
    """With whether the project's own code imports the package, where that can be known."""
    from hauberk.audit.imported import imported

    where = finding.location
    if finding.outcome != "fail" or not isinstance(where, PackageLocation):
        return finding
    found = imported(folder, where.ecosystem, where.package)
    return finding if found is None else replace(finding, evidence={**finding.evidence, "imported": found})


def _nothing(paths: Sequence[Path], reading: Reading) -> str:
    where = enumerate_some((relative(path, reading.root) for path in paths), 3)
    if reading.gaps:
        return f"{where}: no dependency that can be judged; {'; '.join(reading.gaps)}"
    return f"{where}: there is no lock file or manifest; hauberk reads {', '.join(FORMATS)}"


def _ages(packages: set[Key], index: Index, today: date, max_age: int | None, reading: Reading) -> Ages:
    """Days since the last change of the data that was asked; a gap where that is long ago, or nobody knows."""
    needed = {ecosystem for ecosystem, _, _ in packages}
    ages = {e: index.meta.age(e, today) for e in ECOSYSTEMS if e in needed and index.meta.live.get(e)}
    for ecosystem, age in ages.items():
        known = "of no known age" if age is None else f"{age} days old"
        told = f"the advisories for {ecosystem} are {known} (newest of {index.meta.newest.get(ecosystem) or 'no day'})"
        if max_age is not None and (age is None or age > max_age):
            reading.failed(f"{told}, over the {max_age} that --max-age allows: run `hauberk db update`")
        elif age is None or age > OLD:
            reading.gaps.append(f"{told}: what was published since was not judged; `hauberk db update` fetches it")
    return ages


def _match(packages: set[Key], index: Index, reading: Reading, progress: Progress) -> dict[Key, Verdict]:
    """The verdict on every package that an advisory concerns."""
    verdicts: dict[Key, Verdict] = {}
    for ecosystem in ECOSYSTEMS:
        mine = sorted(k for k in packages if k[0] == ecosystem)
        if not mine:
            continue
        if not index.meta.live.get(ecosystem):
            reading.failed(f"the advisory index has nothing on {ecosystem}: {len(mine)} packages were not judged")
            continue
        known = index.lookup(ecosystem, (name for _, name, _ in mine))
        for number, one in enumerate(mine):
            if one[1] in known and (verdict := judge(one, known[one[1]])):
                verdicts[one] = verdict
            if number % 500 == 0:
                progress(f"matching {ecosystem} packages", number, len(mine))
        progress(f"matching {ecosystem} packages", len(mine), len(mine))
        _note_unreadable(ecosystem, [one for one in mine if one[1] in known], reading)
    return verdicts


def _note_unreadable(ecosystem: Ecosystem, packages: Sequence[Key], reading: Reading) -> None:
    """Versions that are none, of packages on which there are advisories."""
    odd = [f"{shown(name)} {shown(version)}" for _, name, version in packages if key(ecosystem, version) is None]
    if odd:
        listed = enumerate_some(odd)
        reading.gaps.append(f"not judged, since {ecosystem} knows no such version: {listed}")


def _findings(read: Read, verdicts: dict[Key, Verdict], briefs: dict[str, Brief], ages: Ages) -> Iterator[Finding]:
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
    empty = not judged and not gaps("", read.manifest.not_judged)
    if clean_file and len(judged) == len(read.pins) and (judged or empty):
        yield Finding(
            rule=VULNERABLE,
            outcome="pass",
            message=f"No advisory concerns any of the {len(judged)} packages that {read.name} pins.",
            location=Location(file=read.name),
            evidence={"packages": len(judged), "data_age": _oldest(ages)},
        )


def _oldest(ages: Ages) -> int | None:
    """Days since the last change in the older of the databases that were asked."""
    return max((age for age in ages.values() if age is not None), default=None)
