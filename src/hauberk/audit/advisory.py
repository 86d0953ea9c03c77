"""What the index keeps of an advisory.

Plain tuples, packed as JSON arrays: reading them takes the standard library only, whose decoder is in every process
that reads a lock file anyway.
"""

from __future__ import annotations

from typing import NamedTuple

from hauberk.core.finding import Severity

Interval = tuple[str | None, str | None, bool]
"""From (None: from the first version), to (None: open), and whether the end belongs to it."""


class Affected(NamedTuple):
    """What one advisory says about one package."""

    id: str
    intervals: tuple[Interval, ...] = ()
    """The walk over the events of all ranges, done once: see `matching.intervals`."""
    fixed: tuple[str, ...] = ()
    """Every version that a range calls fixed."""
    versions: tuple[str, ...] = ()
    """Versions that are affected whatever the ranges say."""
    known: str = ""
    """GitHub's `last_known_affected_version_range`, where it bounds ranges that nothing else ends."""


class Brief(NamedTuple):
    """What a finding says of an advisory; its whole body is kept apart."""

    id: str
    aliases: tuple[str, ...] = ()
    summary: str = ""
    severity: Severity | None = None
    """None where the advisory does not say."""
    score: float | None = None
    """CVSS, 0 to 10."""
    vector: str = ""
    malicious: bool = False
    exploited: bool = False
    """Whether CISA knows of its exploitation (KEV)."""
    modified: str = ""
    """The day of its last change, as `2026-01-31`."""
    epss: float | None = None
    """FIRST's estimate of the probability, 0 to 1, that it is exploited within 30 days."""
    percentile: float | None = None
    """The share of all rated vulnerabilities that have the same estimate or a lower one."""
