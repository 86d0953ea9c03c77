"""Interleaved rounds of CPU time: what is compared runs side by side, so that the machine's moods hit all alike."""

from __future__ import annotations

import gc
import json
import platform
import sys
from collections.abc import Callable
from statistics import median
from time import process_time_ns
from typing import Any

Once = Callable[[], object]


def microseconds(subjects: dict[str, Once], *, rounds: int = 31, calls: int = 4_000) -> dict[str, list[float]]:
    """CPU time of one call of each subject, in µs: one figure a round, subjects interleaved within each round."""
    for once in subjects.values():
        for _ in range(calls // 4):
            once()
    figures: dict[str, list[float]] = {name: [] for name in subjects}
    order = list(subjects.items())
    gc.collect()
    gc.disable()
    try:
        for number in range(rounds):
            for name, once in order[number % len(order) :] + order[: number % len(order)]:
                start = process_time_ns()
                for _ in range(calls):
                    once()
                figures[name].append((process_time_ns() - start) / calls / 1_000)
            gc.collect()
    finally:
        gc.enable()
    return figures


def added(figures: dict[str, list[float]], bare: str) -> dict[str, float]:
    """Median over the rounds of what each subject costs above the bare one in the same round, in µs."""
    return {
        name: round(median(b - a for a, b in zip(figures[bare], rows, strict=True)), 3)
        for name, rows in figures.items()
        if name != bare
    }


def ratio(figures: dict[str, list[float]], bare: str, subject: str, floor: str) -> float:
    """What the subject adds over what the floor adds: the ratio of the medians."""
    cost = added(figures, bare)
    return round(cost[subject] / cost[floor], 2)


def medians(figures: dict[str, list[float]]) -> dict[str, float]:
    """Median cost of one call, in µs."""
    return {name: round(median(rows), 3) for name, rows in figures.items()}


def report(subject: str, results: dict[str, Any]) -> None:
    """Print one JSON object."""
    about = {"subject": subject, "python": platform.python_version(), "unit": "µs of CPU time for one request"}
    json.dump(about | results, sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")
