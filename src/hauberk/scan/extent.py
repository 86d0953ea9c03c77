"""How far a scan goes beside the usual: with a browser, through what destroys, and on from where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from hauberk.core.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How far a scan got: what a later one need not do again."""

    points: frozenset[str] = frozenset()
    """Operations, and inputs, that were attacked to the end: `GET /search`, `GET /search query:q`."""
    attacked: frozenset[str] = frozenset()
    """Inputs that were attacked at all."""
    operations: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()
    sent: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Input and template of each markup probe, by canary: what they became may still turn up."""
    tried: Mapping[str, int] = field(default_factory=dict)
    """How many points each rule was tried at."""
    reads: Mapping[str, Mapping[tuple[str, str], str]] = field(default_factory=dict)
    """What handlers asked for, by path: place and name of each input, and where in the code."""
    asked: Mapping[str, Mapping[str, Collection[str]]] = field(default_factory=dict)
    """In which lines of code, by path and method."""

    def as_json(self) -> dict[str, Any]:
        """For a file."""
        return {
            "points": sorted(self.points),
            "attacked": sorted(self.attacked),
            "operations": sorted(self.operations),
            "findings": [finding.as_json() for finding in self.findings],
            "sent": {word: list(one) for word, one in self.sent.items()},
            "tried": dict(self.tried),
            "reads": [[path, *key, line] for path, read in self.reads.items() for key, line in read.items()],
            "asked": [
                [path, method, *sorted(lines)] for path, by in self.asked.items() for method, lines in by.items()
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What a scan does only when it is asked to."""

    browser: bool = False
    """Look at the front end with Chromium, and attack it there."""
    rollback: Callable[[], object] | None = None
    """Puts the data back as it was. Only with it are operations attacked that delete, reset or pay."""
    begin: Reached = field(default_factory=Reached)
    """Where an earlier scan stopped."""
    checkpoint: Callable[[Reached], None] | None = None
    """Told from time to time how far it is."""


USUAL = Extent()
