"""Decisions for OpenTelemetry: an event on the span that runs, and a counter. Through its API; exporting is yours."""

from __future__ import annotations

import logging
from typing import Any

from hauberk._version import __version__
from hauberk.core.errors import MissingExtraError
from hauberk.events.kinds import kind

LONGEST = 1_000
"""Characters of an attribute."""


class Telemetry(logging.Handler):
    """A handler of `hauberk.decisions`. Raises MissingExtraError without `opentelemetry-api`."""

    def __init__(self, level: int = logging.INFO) -> None:
        super().__init__(level)
        try:
            from opentelemetry import metrics, trace
        except ModuleNotFoundError as error:
            raise MissingExtraError("opentelemetry", "otel", "OpenTelemetry") from error
        self._span = trace.get_current_span
        meter = metrics.get_meter("hauberk", __version__)
        self._counter = meter.create_counter("hauberk.events", unit="{event}", description="Security decisions.")

    def emit(self, record: logging.LogRecord) -> None:
        """Attributes are the members of the decision, below `hauberk.`."""
        members: dict[str, Any] | None = getattr(record, "hauberk", None)
        if members is None:
            return
        what = kind(members)
        labels: dict[str, str | bool] = {"event": str(members["event"]), "class": what.of, "stopped": what.stopped}
        self._counter.add(1, labels)
        span = self._span()
        if span.is_recording():
            span.add_event(f"hauberk.{members['event']}", {f"hauberk.{k}": _plain(v) for k, v in members.items()})


def _plain(value: object) -> str | bool | int | float:
    return value if isinstance(value, bool | int | float) else str(value)[:LONGEST]
