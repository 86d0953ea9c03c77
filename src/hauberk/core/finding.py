"""Rule and Finding, named after SARIF: the one currency in which everything that judges speaks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["critical", "high", "medium", "low", "info"]
Outcome = Literal["fail", "pass", "not-applicable", "review"]
Confidence = Literal["certain", "firm", "tentative"]
Place = Literal["query", "form", "json", "path", "header", "cookie", "body", "upload", "fragment"]

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")
"""Worst first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is judged: a sentence, how bad, which weakness, and how to mend it."""

    id: str
    """`command.kebab-case`, such as `scan.sql-injection`: stable for ever."""
    title: str
    """The fault in a few words, as a heading."""
    severity: Severity
    """The usual one; a Finding may say otherwise."""
    why: str
    """What an attacker gains, in a sentence or two."""
    fix: str
    """What to change, in the imperative."""
    cwe: tuple[int, ...] = ()
    asvs: tuple[str, ...] = ()
    """OWASP ASVS 5.0.0 requirements, as `v5.0.0-1.2.4`."""
    top10: tuple[str, ...] = ()
    """OWASP Top 10 categories, as `A05:2025`."""
    docs: str = ""
    """A public page about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place in a file. `file` is relative to the project where it lies inside it."""

    file: str | None = None
    line: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The members that are known."""
        return {name: value for name, value in (("file", self.file), ("line", self.line)) if value is not None}

    def key(self) -> str:
        """What makes the place the same place in the next run: never the line."""
        return self.file or ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.file and self.line else self.file or "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageLocation(Location):
    """A package in a lock file, a manifest or an environment."""

    package: str
    version: str
    ecosystem: Literal["PyPI", "npm"]
    path: tuple[str, ...] = ()
    """Why it is there: from the root to the package."""

    def as_json(self) -> dict[str, Any]:
        """The members that are known."""
        known: dict[str, Any] = {"package": self.package, "version": self.version, "ecosystem": self.ecosystem}
        # Written out: zero-argument super() does not survive the class that slots=True makes anew.
        return Location.as_json(self) | known | ({"path": list(self.path)} if self.path else {})

    def key(self) -> str:
        """File, ecosystem, package and version."""
        return f"{self.file or ''} {self.ecosystem} {self.package} {self.version}"

    def __str__(self) -> str:
        return f"{self.package} {self.version}" + f" ({Location.__str__(self)})" * bool(self.file)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLocation(Location):
    """A request's part; `file` and `line` are those of the sink, or of the handler."""

    method: str
    path: str
    """The route's template where known: `/items/{id}`."""
    place: Place | None = None
    """Serialised as `in`."""
    parameter: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The members that are known."""
        known: dict[str, Any] = {"method": self.method, "path": self.path}
        if self.place:
            known["in"] = self.place
        if self.parameter is not None:
            known["parameter"] = self.parameter
        return Location.as_json(self) | known

    def key(self) -> str:
        """Method, route and parameter."""
        return f"{self.method} {self.path} {self.place or ''} {self.parameter or ''}"

    def __str__(self) -> str:
        where = f" {self.place}:{self.parameter}" if self.place and self.parameter else ""
        return f"{self.method} {self.path}{where}" + f" ({Location.__str__(self)})" * bool(self.file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One judgement: proof needs recorded passes and honest gaps as much as failures."""

    rule: Rule
    outcome: Outcome
    message: str
    """What was seen, here: one or two plain sentences."""
    location: Location = Location()
    confidence: Confidence = "certain"
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """JSON values only."""
    key: str = ""
    """What tells it from others of the same rule at the same place, such as an advisory's id."""
    own_severity: Severity | None = None
    """Where it differs from the rule's."""
    own_title: str = ""
    """Where it says more than the rule's."""
    own_fix: str = ""
    """Where it says more than the rule's."""

    @property
    def severity(self) -> Severity:
        """How bad it is here."""
        return self.own_severity or self.rule.severity

    @property
    def title(self) -> str:
        """The fault in a few words."""
        return self.own_title or self.rule.title

    @property
    def fix(self) -> str:
        """What to change."""
        return self.own_fix or self.rule.fix

    @property
    def fingerprint(self) -> str:
        """The same for the same fault in the next run, whatever line it moved to."""
        text = "\0".join((self.rule.id, self.location.key(), self.key))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def as_json(self) -> dict[str, Any]:
        """One member of `findings` in the JSON of every judging command."""
        return {
            "rule": self.rule.id,
            "outcome": self.outcome,
            "severity": self.severity,
            "confidence": self.confidence,
            "title": self.title,
            "message": self.message,
            "location": self.location.as_json(),
            "cwe": list(self.rule.cwe),
            "asvs": list(self.rule.asvs),
            "top10": list(self.rule.top10),
            "evidence": dict(self.evidence),
            "fix": self.fix,
            "fingerprint": self.fingerprint,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a judging command says: its findings, its figures, and whether it got to the end."""

    command: str
    target: str
    complete: bool = True
    """False when a part could not be judged; `gaps` says which. Then nothing may be called clean."""
    findings: tuple[Finding, ...] = ()
    stats: Mapping[str, Any] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()
    """What was not judged, and why: one sentence each."""

    @property
    def failures(self) -> tuple[Finding, ...]:
        """Only what is wrong, worst first, in a stable order."""
        failed = (f for f in self.findings if f.outcome == "fail")
        return tuple(sorted(failed, key=lambda f: (SEVERITIES.index(f.severity), f.rule.id, str(f.location))))

    @classmethod
    def merge(cls, command: str, target: str, parts: Sequence[Result]) -> Result:
        """Several parts as one: `prove` is check, audit and scan."""
        return cls(
            command=command,
            target=target,
            complete=all(p.complete for p in parts),
            findings=tuple(f for p in parts for f in p.findings),
            stats={p.command: dict(p.stats) for p in parts},
            gaps=tuple(f"{p.command}: {gap}" for p in parts for gap in p.gaps),
        )


def at_least(severity: Severity, floor: Severity) -> bool:
    """Whether a severity is as bad as `floor`, or worse."""
    return SEVERITIES.index(severity) <= SEVERITIES.index(floor)
