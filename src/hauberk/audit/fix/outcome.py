"""What `fix` did, and what it could not do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hauberk.audit.text import clean
from hauberk.audit.text import name as shown
from hauberk.audit.versions import Ecosystem


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A package that moved."""

    file: str
    package: str
    ecosystem: Ecosystem
    before: tuple[str, ...]
    """Versions that are no longer there; empty where the package came in anew."""
    after: tuple[str, ...]
    """Versions that were not there before; empty where nothing needs the package any more."""
    advisories: tuple[str, ...] = ()
    """Those that it clears; none where the package moved since an upgraded one asks for it."""

    def as_json(self) -> dict[str, Any]:
        """One member of `changed`."""
        return {
            "package": shown(self.package),
            "ecosystem": self.ecosystem,
            "from": ", ".join(map(shown, self.before)) or None,
            "to": ", ".join(map(shown, self.after)) or None,
            "file": self.file,
            "advisories": [clean(one) for one in self.advisories],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A vulnerable package that is still there."""

    file: str
    package: str
    ecosystem: Ecosystem
    version: str
    reason: str
    advisories: tuple[str, ...]
    safe: str | None = None
    """A version that would clear them, where there is one and the resolver did not take it."""

    def as_json(self) -> dict[str, Any]:
        """One member of `no_fix` (no safe version exists) or of `left` (one exists, and could not be reached)."""
        return {
            "package": shown(self.package),
            "ecosystem": self.ecosystem,
            "version": shown(self.version),
            "file": self.file,
            "safe_version": shown(self.safe) if self.safe else None,
            "reason": clean(self.reason, 600),
            "advisories": [clean(one) for one in self.advisories],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A file that could not be worked on, and was left as it is."""

    file: str
    problem: str

    def as_json(self) -> dict[str, Any]:
        """One member of `failed`."""
        return {"file": self.file, "problem": clean(self.problem, 800)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixes:
    """The outcome of one run."""

    target: str
    dry_run: bool
    files: int
    """Files that were judged."""
    changed: tuple[Change, ...] = ()
    no_fix: tuple[Left, ...] = ()
    left: tuple[Left, ...] = ()
    failed: tuple[Failure, ...] = ()
    written: tuple[str, ...] = ()
    """Files whose content is (or, with `dry_run`, would be) another."""
    diff: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """What was not checked."""

    @property
    def status(self) -> int:
        """0: nothing vulnerable is left; 1: something is; 2: a file could not be worked on, which outranks 1."""
        return 2 if self.failed else int(bool(self.no_fix or self.left))

    def as_json(self) -> dict[str, Any]:
        """The document of `--format json`."""
        return {
            "command": "fix",
            "target": self.target,
            "complete": not self.failed,
            "dry_run": self.dry_run,
            "changed": [one.as_json() for one in self.changed],
            "no_fix": [one.as_json() for one in self.no_fix],
            "left": [one.as_json() for one in self.left],
            "failed": [one.as_json() for one in self.failed],
            "files": list(self.written),
            "stats": {
                "files": self.files,
                "changed": len(self.changed),
                "no_fix": len(self.no_fix),
                "left": len(self.left),
            },
            "gaps": list(self.notes),
        }
