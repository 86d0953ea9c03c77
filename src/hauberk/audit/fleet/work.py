"""What a worker does: audit a few repositories, and say each fault in full only once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hauberk.audit.auditing import audit
from hauberk.audit.index import Index
from hauberk.audit.text import clean
from hauberk.core.errors import HauberkError, NothingToTestError
from hauberk.core.finding import Finding, PackageLocation

Fault = tuple[str, str, str, str, str]
"""Rule, ecosystem, package, version, and the key that names the fault: the same in every repository."""


class Seen(NamedTuple):
    """A fault in one repository."""

    fault: Fault
    file: str
    line: int | None


class Row(NamedTuple):
    """What came of one repository."""

    number: int
    """Its place in the list, from 0."""
    target: str
    outcome: str
    """`judged`, `incomplete`, `nothing` or `failed`."""
    files: int = 0
    packages: int = 0
    gaps: tuple[str, ...] = ()
    seen: tuple[Seen, ...] = ()


class Answer(NamedTuple):
    """What came of a batch; `faults` are those that this worker had not said before."""

    rows: list[Row]
    faults: dict[Fault, dict[str, Any]]


class Worker:
    """One process's index, and the faults it has said."""

    __slots__ = ("_index", "_max_age", "_said")

    def __init__(self, index: Path, max_age: int | None) -> None:
        self._index, self._max_age, self._said = Index.open(index), max_age, set[Fault]()

    def batch(self, work: Sequence[tuple[int, str]]) -> Answer:
        """Audit each."""
        faults: dict[Fault, dict[str, Any]] = {}
        return Answer([self._one(number, target, faults) for number, target in work], faults)

    def _one(self, number: int, target: str, faults: dict[Fault, dict[str, Any]]) -> Row:
        path = Path(target)
        try:
            root = path if path.is_dir() else path.parent
            result = audit([path], index=self._index, root=root, max_age=self._max_age)
        except NothingToTestError as error:
            return Row(number, target, "nothing", gaps=(clean(error, 400),))
        except (HauberkError, OSError) as error:
            return Row(number, target, "failed", gaps=(clean(error, 400),))
        seen = []
        for finding in result.findings:
            if finding.outcome != "fail" or not isinstance(finding.location, PackageLocation):
                continue
            where = finding.location
            fault = (finding.rule.id, where.ecosystem, where.package, where.version, finding.key)
            if fault not in self._said:
                self._said.add(fault)
                faults[fault] = told(finding)
            seen.append(Seen(fault, where.file or "", where.line))
        outcome = "judged" if result.complete else "incomplete"
        stats = result.stats
        return Row(number, target, outcome, stats["files"], stats["packages"], result.gaps, tuple(seen))


def told(finding: Finding) -> dict[str, Any]:
    """What is said of a fault wherever it is; whether it is a development dependency differs from place to place."""
    evidence = {name: value for name, value in finding.evidence.items() if name != "dev"}
    return {
        "message": finding.message,
        "severity": finding.severity,
        "title": finding.title,
        "fix": finding.fix,
        "evidence": evidence,
    }


_workers: dict[tuple[str, int | None], Worker] = {}


def batch(index: str, max_age: int | None, work: Sequence[tuple[int, str]]) -> Answer:
    """Audit some repositories in this process, which keeps its index open for the next ones."""
    worker = _workers.get((index, max_age))
    if worker is None:
        _workers.clear()
        worker = _workers[(index, max_age)] = Worker(Path(index), max_age)
    return worker.batch(work)
