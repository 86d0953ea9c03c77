"""The newest events and what they add up to, kept in memory: counted as they come, uncounted as they leave."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from typing import Any

from hauberk.events import Kind, kind

MOST = 100_000
"""Events that are held."""
MINUTE = 60
SHOWN = 100
"""Rows of the table."""
NAMES = 5_000
"""Different sources and routes that are told apart; the rest is `other`."""
Event = Mapping[str, Any]

RANGES: dict[str, tuple[int, int]] = {"1h": (60, 1), "6h": (72, 5), "24h": (96, 15), "7d": (84, 120)}
"""Range of time to how many bars of how many minutes."""


class Row:
    """One event with what is asked of it again and again."""

    __slots__ = ("at", "data", "kind", "route", "source")

    def __init__(self, data: Event) -> None:
        self.data = data
        self.kind: Kind = kind(data)
        self.at = _number(data.get("at"))
        self.source = str(data.get("client") or "unknown")[:64]
        self.route = f"{data.get('method') or ''} {_path(data)}".strip()[:200] or "(no request)"

    def matches(self, wanted: Mapping[str, str]) -> bool:
        """Whether it passes a filter: class, source, route, name, and words anywhere."""
        return (
            wanted.get("class") in (None, "", self.kind.of)
            and wanted.get("source") in (None, "", self.source)
            and wanted.get("route") in (None, "", self.route)
            and wanted.get("name") in (None, "", self.data.get("event"))
            and (not (words := wanted.get("q", "").lower()) or words in self._text())
        )

    def _text(self) -> str:
        return " ".join([self.kind.title, *(str(value) for value in self.data.values())]).lower()

    def short(self) -> dict[str, Any]:
        """What a row of the table shows."""
        data = self.data
        return {
            "id": str(data.get("id", "")),
            "at": self.at,
            "name": str(data["event"]),
            "title": self.kind.title,
            "class": self.kind.of,
            "severity": self.kind.severity,
            "stopped": self.kind.stopped,
            "source": self.source,
            "route": self.route,
            "why": str(data.get("reason") or data.get("why") or data.get("rate") or data.get("limit") or "")[:200],
        }


class Board:
    """What the dashboard shows. Takes events in the order of the log; holds the newest `most`."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.rows: deque[Row] = deque()
        self.totals: Counter[tuple[str, str, bool]] = Counter()
        """Since this process began: name, class, stopped. Only these never go down."""
        self.classes: Counter[str] = Counter()
        self.names: Counter[str] = Counter()
        self.sources: Counter[str] = Counter()
        self.routes: Counter[str] = Counter()
        self.workers: dict[str, float] = {}
        self.minutes: dict[int, Counter[str]] = {}
        self.held: dict[str, tuple[float, str]] = {}
        """Actors to until when they are held back, in seconds since 1970, and for what."""
        self.stopped = self.dropped = self.seen = 0

    def take(self, events: Iterable[Event]) -> list[Row]:
        """Count these; the rows that they became."""
        new = [Row(event) for event in events]
        for row in new:
            self.rows.append(row)
            self._count(row, 1)
            self.seen += 1
            self.totals[str(row.data["event"]), row.kind.of, row.kind.stopped] += 1
            if row.data["event"] == "events-dropped":
                self.dropped += int(_number(row.data.get("count")))
            self._hold(row)
            if isinstance(worker := row.data.get("worker"), str) and len(self.workers) < NAMES:
                self.workers[worker] = row.at
        while len(self.rows) > self.most:
            self._count(self.rows.popleft(), -1)
        return new

    def _hold(self, row: Row) -> None:
        name, actor = row.data["event"], str(row.data.get("actor", ""))[:200]
        if name == "actor-held" and len(self.held) < NAMES:
            self.held[actor] = (row.at + _number(row.data.get("seconds")), str(row.data.get("why", ""))[:100])
        elif name == "actor-let-go":
            self.held.pop(actor, None)

    def blocked(self, now: float | None = None) -> list[dict[str, Any]]:
        """Who is held back now, who is held longest first; those whose time is over are forgotten."""
        at = time.time() if now is None else now
        self.held = {actor: one for actor, one in self.held.items() if one[0] > at}
        ranked = sorted(self.held.items(), key=lambda pair: -pair[1][0])[:20]
        return [
            {"actor": actor, "until": until, "left": round(until - at), "why": why} for actor, (until, why) in ranked
        ]

    def _count(self, row: Row, step: int) -> None:
        self.stopped += step * row.kind.stopped
        minute = int(row.at // MINUTE)
        bars = self.minutes.setdefault(minute, Counter())
        bars[row.kind.of] += step
        if bars[row.kind.of] <= 0 and not any(count > 0 for count in bars.values()):
            del self.minutes[minute]
        pairs = ((self.classes, row.kind.of), (self.names, str(row.data["event"])))
        for counter, name in (*pairs, (self.sources, row.source), (self.routes, row.route)):
            counted = name if name in counter or len(counter) < NAMES else "other"
            counter[counted] += step
            if counter[counted] <= 0:
                del counter[counted]

    def find(self, wanted: Mapping[str, str], most: int = SHOWN) -> list[Row]:
        """The newest rows that pass a filter, newest first."""
        found = []
        for row in reversed(self.rows):
            if row.matches(wanted):
                found.append(row)
                if len(found) == most:
                    break
        return found

    def one(self, id: str) -> Event | None:
        """The whole event of that id."""
        return next((row.data for row in reversed(self.rows) if row.data.get("id") == id), None)

    def series(self, span: str, now: float | None = None) -> list[dict[str, Any]]:
        """Bars, oldest first: where each begins (seconds since 1970), and counts by class."""
        bars, width = RANGES[span]
        last = int((time.time() if now is None else now) // MINUTE // width)
        sums: dict[int, Counter[str]] = {}
        for minute, counts in self.minutes.items():
            if last - bars < (bar := minute // width) <= last:
                sums.setdefault(bar, Counter()).update(counts)
        first = last - bars + 1
        return [
            {"at": bar * width * MINUTE, "counts": {name: count for name, count in sums.get(bar, {}).items() if count}}
            for bar in (first + n for n in range(bars))
        ]

    def held_back(self, now: float | None = None) -> list[dict[str, Any]]:
        """Addresses that were refused or slowed down within the last hour, the busiest first."""
        since = (time.time() if now is None else now) - 3600
        found: dict[str, dict[str, Any]] = {}
        for row in reversed(self.rows):
            if row.at < since:
                break
            if row.kind.stopped and row.source != "unknown":
                one = found.setdefault(row.source, {"source": row.source, "count": 0, "last": row.at, "why": Counter()})
                one["count"] += 1
                one["why"][row.kind.title] += 1
        ranked = sorted(found.values(), key=lambda one: -one["count"])[:10]
        return [{**one, "why": ", ".join(title for title, _ in one["why"].most_common(2))} for one in ranked]

    def rates(self) -> list[dict[str, Any]]:
        """Limits that were exceeded, by name, the most frequent first."""
        counts: Counter[str] = Counter()
        for row in self.rows:
            if row.kind.of == "limits" or row.data["event"] in {"login-throttled", "code-throttled"}:
                data = row.data
                counts[str(data.get("rate") or data.get("limit") or data.get("by") or row.kind.title)] += 1
        return [{"name": name, "count": count} for name, count in counts.most_common(10)]


def _path(data: Event) -> str:
    path = data.get("path")
    return "(path withheld)" if path is None and data.get("method") else str(path or "")


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
