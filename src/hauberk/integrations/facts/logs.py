"""How the log is written: every handler in force is asked to format one record."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator
from logging.handlers import QueueHandler
from pathlib import Path

from hauberk.check.facts import LogFacts
from hauberk.integrations.facts.reading import Reading
from hauberk.integrations.facts.source import FOREIGN

OTHERS = ("_pytest.", "hauberk.", "uvicorn.", "gunicorn.", "hypercorn.", "opentelemetry.", "sentry_sdk.", "litestar.")
"""Handlers of test runners, servers and collectors, and our own: not the application's choice."""
LOGGERS = ("django", "litestar", "quart", "uvicorn", "gunicorn", "hypercorn", "hauberk", "_pytest")
"""Loggers that a framework or a server sets up by itself."""
DEFAULTS = ("flask.logging", "quart.logging")
"""Modules whose `default_handler` is what a framework falls back to."""


def logs(reading: Reading) -> tuple[LogFacts, ...]:
    """The handlers of the root logger and of every other, each once. Nothing is written."""
    return tuple(_read(reading))


def _read(reading: Reading) -> Iterator[LogFacts]:
    names = [name for name in list(logging.root.manager.loggerDict) if not _of_others(name.partition(".")[0])]
    seen = {id(getattr(sys.modules.get(module), "default_handler", None)) for module in DEFAULTS}
    for logger in (logging.root, *map(logging.getLogger, names)):
        for handler in _writing(logger.handlers):
            if id(handler) in seen:
                continue
            seen.add(id(handler))
            where = reading.locate(
                ("basicConfig", "()"), ("dictConfig", "()"), ("LOGGING", None), ("setFormatter", "()")
            )
            yield LogFacts(name=f"{type(handler).__name__} of {logger.name}", line=_line(handler), where=where)


def _writing(handlers: Iterable[logging.Handler]) -> Iterator[logging.Handler]:
    """Those of the application's that write, also behind a queue: what puts a record into it writes nothing."""
    for handler in handlers:
        if f"{type(handler).__module__}.".startswith(OTHERS) or isinstance(handler, logging.NullHandler):
            continue
        if not isinstance(handler, QueueHandler):
            yield handler
            continue
        listener = getattr(handler, "listener", None)  # known from Python 3.12 on
        if listener is not None and not f"{type(listener).__module__}.".startswith(OTHERS):
            yield from _writing(listener.handlers)


def _of_others(package: str) -> bool:
    """Whether a logger belongs to a framework, a server or a library, which set up handlers as they please."""
    file = getattr(sys.modules.get(package), "__file__", None) or ""
    return package in LOGGERS or not FOREIGN.isdisjoint(Path(file).parts)


def _line(handler: logging.Handler) -> str:
    """What it would write, after its own filters."""
    record = _probe()
    for each in handler.filters:
        kept: object = each.filter(record) if isinstance(each, logging.Filter) else None
        record = kept if isinstance(kept, logging.LogRecord) else record
    return handler.format(record)


def _probe() -> logging.LogRecord:
    message = "first\nsecond"
    record = logging.LogRecord("hauberk.probe", logging.WARNING, "probe.py", 1, message, None, None, "probe")
    record.created = 1_790_000_000.25
    record.msecs = 250
    return record
