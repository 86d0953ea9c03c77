"""Reading back what `json` wrote."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from hauberk.core.errors import InputError
from hauberk.core.finding import (
    Confidence,
    Finding,
    HttpLocation,
    Location,
    Outcome,
    PackageLocation,
    Place,
    Result,
    Rule,
    Severity,
)


def load(path: Path | str, rules: Iterable[Rule] = ()) -> Result:
    """See `json.load`."""
    source = str(path)
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(source, error.strerror or str(error), "name a file written with --format json=FILE") from error
    return loads(data, source=source, rules=rules)


def loads(data: bytes | str, *, source: str = "report", rules: Iterable[Rule] = ()) -> Result:
    """See `json.loads`."""
    fix = "write it again with hauberk's --format json=FILE"
    try:
        # Not msgspec's own decoder: it refuses the lone surrogates that JSON may carry as escapes.
        document = msgspec.convert(json.loads(data), _Document)
    except UnicodeDecodeError as error:
        raise InputError(source, "is not UTF-8 text", fix) from error
    except json.JSONDecodeError as error:
        raise InputError(
            source, f"is not JSON (line {error.lineno}, column {error.colno}: {error.msg})", fix
        ) from error
    except RecursionError as error:
        raise InputError(source, "is nested too deeply", fix) from error
    except msgspec.ValidationError as error:
        raise InputError(source, f"is not a report of hauberk: {error}", fix) from error
    known = {rule.id: rule for rule in rules}
    return Result(
        command=document.command,
        target=document.target,
        complete=document.complete,
        stats=document.stats,
        gaps=tuple(document.gaps),
        findings=tuple(_finding(row, known) for row in document.findings),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFinding(Finding):
    """A finding read from a file: it keeps the fingerprint it had, since what it was made from is not written."""

    recorded: str = ""

    @property
    def fingerprint(self) -> str:
        """The one in the file."""
        return self.recorded


class _Location(msgspec.Struct, kw_only=True):
    file: str | None = None
    line: int | None = None
    package: str | None = None
    version: str | None = None
    ecosystem: Literal["PyPI", "npm"] | None = None
    path: str | list[str] | None = None
    method: str | None = None
    place: Place | None = msgspec.field(default=None, name="in")
    parameter: str | None = None


class _Finding(msgspec.Struct, kw_only=True):
    rule: str
    outcome: Outcome
    severity: Severity
    confidence: Confidence
    title: str
    message: str
    location: _Location
    fingerprint: str
    cwe: list[int] = []
    asvs: list[str] = []
    top10: list[str] = []
    evidence: dict[str, Any] = {}
    fix: str = ""


class _Document(msgspec.Struct, kw_only=True):
    hauberk: str
    command: str
    target: str
    complete: bool
    findings: list[_Finding]
    stats: dict[str, Any] = {}
    gaps: list[str] = []


def _finding(row: _Finding, known: dict[str, Rule]) -> Finding:
    """The first finding of a rule that we do not know makes that rule; the others say where they differ from it."""
    rule = known.setdefault(row.rule, _rule(row))
    if (rule.cwe, rule.asvs, rule.top10) != (tuple(row.cwe), tuple(row.asvs), tuple(row.top10)):
        rule = _rule(row)
    return RecordedFinding(
        rule=rule,
        outcome=row.outcome,
        message=row.message,
        location=_place(row.location),
        confidence=row.confidence,
        evidence=row.evidence,
        own_severity=None if row.severity == rule.severity else row.severity,
        own_title="" if row.title == rule.title else row.title,
        own_fix="" if row.fix == rule.fix else row.fix,
        recorded=row.fingerprint,
    )


def _rule(row: _Finding) -> Rule:
    return Rule(
        id=row.rule,
        title=row.title,
        severity=row.severity,
        why="",
        fix=row.fix,
        cwe=tuple(row.cwe),
        asvs=tuple(row.asvs),
        top10=tuple(row.top10),
    )


def _place(where: _Location) -> Location:
    """Which kind of place it is shows in its members."""
    if where.package is not None and where.ecosystem is not None:
        return PackageLocation(
            file=where.file,
            line=where.line,
            package=where.package,
            version=where.version or "",
            ecosystem=where.ecosystem,
            path=tuple(where.path) if isinstance(where.path, list) else (),
        )
    if where.method is not None and isinstance(where.path, str):
        return HttpLocation(
            file=where.file,
            line=where.line,
            method=where.method,
            path=where.path,
            place=where.place,
            parameter=where.parameter,
        )
    return Location(file=where.file, line=where.line)
