"""Collected violations, from a file of ours or as browsers sent them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from hauberk.shield.csp.noise import noise
from hauberk.shield.csp.table import Entry, Table
from hauberk.wire import csp_report

MOST = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a file holds."""

    entries: tuple[Entry, ...]
    noise: dict[str, int]
    """Why reports were left out, and how many."""
    unreadable: int = 0
    """Lines that are neither."""


def read(text: str) -> Reading:
    """Entries of a file of `CSPReports`, or reports as browsers send them: one JSON text, or one on each line."""
    table, dropped, unreadable = Table(MOST), dict[str, int](), 0
    for chunk in _chunks(text):
        try:
            document = json.loads(chunk)
        except (ValueError, RecursionError):
            unreadable += 1
            continue
        if isinstance(document, dict) and "directive" in document and "csp-report" not in document:
            entry = Entry.from_record(document)
            unreadable += entry is None
            if entry is not None:
                table.merge(entry)
            continue
        try:
            violations = csp_report.parse(chunk.encode("utf-8", "replace"))
        except csp_report.ReportError:
            unreadable += 1
            continue
        for violation in violations:
            if why := noise(violation):
                dropped[why] = dropped.get(why, 0) + 1
            else:
                table.add(violation)
    return Reading(entries=tuple(table.entries()), noise=dropped, unreadable=unreadable)


def _chunks(text: str) -> Iterable[str]:
    """The whole, where it is one JSON text; else its lines."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return [line for line in text.splitlines() if line.strip()]
    return [text]
