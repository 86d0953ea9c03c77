"""The run: batches out, answers in, one Result at the end."""

from __future__ import annotations

import hashlib
from bisect import insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from hauberk._version import __version__
from hauberk.audit.files import read_text
from hauberk.audit.fleet.engines import answers, cores
from hauberk.audit.fleet.journal import Journal
from hauberk.audit.fleet.work import Answer, Fault, Row, batch
from hauberk.audit.index import Index
from hauberk.audit.rules import RULES
from hauberk.audit.text import clean
from hauberk.core.errors import InputError, NothingToTestError
from hauberk.core.finding import Finding, PackageLocation, Result
from hauberk.core.progress import Progress, silent

BATCH = 8
"""Repositories that a worker gets at once."""
SHOWN = 20
"""Repositories that a finding names, and gaps that the report lists; the journal has all."""


def read_list(path: Path) -> list[str]:
    """The folders and lock files that a list names, one a line, relative to the list; `#` begins a comment line."""
    lines = (line.strip() for line in read_text(path).splitlines())
    found = [str(path.parent / line) for line in lines if line and not line.startswith("#")]
    if not found:
        raise NothingToTestError(f"{clean(path)}: names no repository")
    return list(dict.fromkeys(found))


def fleet(
    targets: Sequence[str],
    *,
    index: Path,
    jobs: int = 0,
    journal: Path | None = None,
    engine: str = "processes",
    max_age: int | None = None,
    progress: Progress = silent,
) -> Result:
    """Audit every repository, `jobs` at a time (0: as many as there are cores). Each fault is one finding.

    With a journal, what a killed run had done is not done again. Raises InputError if the index or the journal cannot
    be used, NothingToTestError if no repository has anything to judge.
    """
    with Index.open(index) as opened:
        sources = [[one.name, one.digest, one.records] for one in opened.meta.sources]
        about = {"hauberk": __version__, "index": [opened.meta.built, sources], "max_age": max_age}
    digest = hashlib.sha256("\0".join(targets).encode("utf-8", "surrogatepass")).hexdigest()
    gathered = _Gathered()
    noted = Journal(journal, about | {"list": digest}) if journal else None
    try:
        for answer in noted.begin() if noted else ():
            gathered.take(answer)
        left = ((number, target) for number, target in enumerate(targets) if number not in gathered.done)
        progress("auditing repositories", len(gathered.done), len(targets))
        work = ((str(index), max_age, part) for part in _batches(left))
        for answer in answers(engine, jobs or cores(), batch, work):
            if noted:
                noted.note(answer)
            gathered.take(answer)
            progress("auditing repositories", len(gathered.done), len(targets))
    finally:
        if noted:
            noted.close()
    return gathered.result(len(targets))


def _batches(items: Iterator[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    while part := list(islice(items, BATCH)):
        yield part


@dataclass(slots=True)
class _Where:
    """Where a fault is: how often, and the first few of the list."""

    count: int = 0
    last: int = -1
    first: list[tuple[int, str, str, int | None]] = field(default_factory=list)


@dataclass(slots=True)
class _Gathered:
    """Grows with the faults that are different, not with the repositories."""

    done: set[int] = field(default_factory=set)
    told: dict[Fault, dict[str, Any]] = field(default_factory=dict)
    where: dict[Fault, _Where] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    files: int = 0
    packages: int = 0
    gaps: list[tuple[int, str]] = field(default_factory=list)
    unlisted: int = 0

    def take(self, answer: Answer) -> None:
        """Add a batch up."""
        for fault, said in answer.faults.items():
            self.told.setdefault(fault, said)
        for row in answer.rows:
            if row.number not in self.done:
                self._row(row)

    def _row(self, row: Row) -> None:
        self.done.add(row.number)
        self.counts[row.outcome] = self.counts.get(row.outcome, 0) + 1
        self.files += row.files
        self.packages += row.packages
        for fault, file, line in row.seen:
            where = self.where.setdefault(fault, _Where())
            where.count += where.last != row.number
            if where.last != row.number:
                insort(where.first, (row.number, row.target, file, line or 0))
                del where.first[SHOWN:]
            where.last = row.number
        for gap in row.gaps:
            shown = f"{clean(row.target)}: {gap}"
            # What was not finished outranks what was only left out.
            insort(self.gaps, (row.number if row.outcome in ("failed", "incomplete") else 1 << 40, shown))
        self.unlisted += max(len(self.gaps) - SHOWN, 0)
        del self.gaps[SHOWN:]

    def result(self, total: int) -> Result:
        """Each fault as one finding, the widest spread first."""
        if self.counts.get("nothing") == total:
            raise NothingToTestError(f"none of {total} repositories has a lock file that can be judged")
        if missing := [fault for fault in self.where if fault not in self.told]:
            raise InputError("the journal", f"says nothing of {missing[0][2]}", "remove it to begin anew")
        order = sorted(self.where, key=lambda fault: (-self.where[fault].count, fault))
        gaps = [gap for _, gap in self.gaps]
        gaps += [f"{self.unlisted} more gaps, which the journal lists"] if self.unlisted else []
        unfinished = self.counts.get("failed", 0) + self.counts.get("incomplete", 0)
        return Result(
            command="audit",
            target=f"{total} repositories",
            complete=not unfinished and len(self.done) == total,
            findings=tuple(self._finding(fault, total) for fault in order),
            stats={
                "repositories": total,
                "files": self.files,
                "packages": self.packages,
                "vulnerable": len({fault[1:4] for fault in self.where}),
                **{name: self.counts.get(name, 0) for name in ("judged", "incomplete", "nothing", "failed")},
            },
            gaps=tuple(gaps),
        )

    def _finding(self, fault: Fault, total: int) -> Finding:
        rule, ecosystem, package, version, key = fault
        said, where = self.told[fault], self.where[fault]
        _, target, file, line = where.first[0]
        repositories = [clean(one[1]) for one in where.first]
        return Finding(
            rule=next(one for one in RULES if one.id == rule),
            outcome="fail",
            message=f"{said['message']} (in {where.count} of {total} repositories)",
            location=PackageLocation(
                file=f"{clean(target)}/{file}" if not target.endswith(file) else clean(target),
                line=line or None,
                package=package,
                version=version,
                ecosystem="PyPI" if ecosystem == "PyPI" else "npm",
            ),
            evidence=said["evidence"] | {"repositories": where.count, "first_repositories": repositories},
            key=key,
            own_severity=said["severity"],
            own_title=said["title"],
            own_fix=said["fix"],
        )
