"""SQL that makes the database wait, for statements of which no answer tells anything."""

from __future__ import annotations

from hauberk.scan.lab import Lab
from hauberk.scan.oracles.delay import LONG, Ask, Kind, delayed, quick
from hauberk.scan.trial import Proof

ROWS = 3_000_000
"""Rows that SQLite counts in about a second."""
_PAUSES: tuple[tuple[str, str, Kind], ...] = (
    ("PostgreSQL", "(SELECT 0 FROM {f}pg_sleep({d}))", "sleeps"),
    ("MySQL", "(SELECT z FROM (SELECT {f}SLEEP({d}) z)t)", "sleeps"),
    (
        "SQLite",
        "({f}WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM r WHERE i<{n}) SELECT count(*)*0 FROM r)",
        "computes",
    ),
)
"""Each is the number 0, evaluated once a statement and not once a row. `{f}` spoils it."""
_FRAMES = ("{c}'||{p}||'", "{k}-{p}")
"""Within quotes and bare: part of a value, so that no other row is reached, whatever the statement does."""


def by_time(lab: Lab) -> Proof | None:
    """Where the budget allows it: seven requests if nothing is slow, and about twenty if something is."""
    if not lab.timed or not quick(lab):
        return None
    known = lab.value if lab.value.isdigit() else "1"
    for frame in _FRAMES[lab.point.is_typed :]:
        for database, pause, kind in _PAUSES:
            found = delayed(lab, _ask(frame, pause, known), _ask(frame, pause, known, spoilt="hbk_"), kind)
            if found is not None:
                return Proof(
                    reason=f"answers come as much later as the value tells {database} to wait, twice in mixed order",
                    shot=found.shot,
                    control=found.quick,
                    confidence=found.confidence,
                    seen={"seconds": [list(pair) for pair in found.seconds], "asked": kind, "at_most": LONG},
                )
    return None


def _ask(frame: str, pause: str, known: str, spoilt: str = "") -> Ask:
    def ask(delay: float) -> str:
        filled = pause.replace("{f}", spoilt).replace("{d}", f"{delay:.2f}").replace("{n}", str(int(delay * ROWS) or 1))
        return frame.replace("{p}", filled).replace("{k}", known)

    return ask
