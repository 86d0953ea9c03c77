"""What monitoring reads: the exposition format of Prometheus, by its own client library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hauberk.core.errors import MissingExtraError
from hauberk.dashboard.board import Board


def exposition(board: Board) -> tuple[bytes, str]:
    """The metrics and their media type. Raises MissingExtraError."""
    try:
        import prometheus_client
        from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
    except ModuleNotFoundError as error:
        raise MissingExtraError("prometheus_client", "dashboard", "metrics") from error

    class Collected:
        def collect(self) -> Iterator[Any]:
            labels = ("event", "class", "stopped")
            events = CounterMetricFamily("hauberk_events", "Security decisions that were read.", labels=labels)
            for (name, of, stopped), count in sorted(board.totals.items()):
                events.add_metric((name, of, "true" if stopped else "false"), count)
            yield events
            yield CounterMetricFamily("hauberk_events_dropped", "Events that found no room in a queue.", board.dropped)
            yield GaugeMetricFamily("hauberk_events_held", "Events that the dashboard holds.", len(board.rows))
            yield GaugeMetricFamily("hauberk_workers", "Processes that sent events.", len(board.workers))

    registry = prometheus_client.CollectorRegistry()
    registry.register(Collected())
    return prometheus_client.generate_latest(registry), prometheus_client.CONTENT_TYPE_LATEST
