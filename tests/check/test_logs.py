"""Which handlers count as the application's log: those that write, also behind a queue."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue
from typing import Any

import pytest

from tests.check.conftest import Judge

BARE = "from starlette.applications import Starlette\n\napp = Starlette()\n"
LOG_RULES = {"log-metadata", "log-time-zone", "log-injection"}


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    before = logging.root.handlers[:]
    logging.root.handlers[:] = [kept for kept in before if type(kept).__module__.startswith("_pytest")]
    yield logging.root
    logging.root.handlers[:] = before


def queue(handler: logging.Handler, kind: type[QueueListener] = QueueListener) -> QueueHandler:
    """A queue before the handler, as `logging.config` makes one from Python 3.12 on."""
    queued: Any = QueueHandler(SimpleQueue())
    queued.listener = kind(queued.queue, handler)
    before: QueueHandler = queued
    return before


def careless() -> logging.Handler:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    return handler


def litestars(handler: logging.Handler) -> QueueHandler:
    """What Litestar sets up by itself."""
    return queue(handler, type("Listener", (QueueListener,), {"__module__": "litestar.logging.standard"}))


@pytest.mark.parametrize(
    ("handler", "failed"),
    [
        (careless, LOG_RULES),
        (lambda: queue(careless()), LOG_RULES),
        (lambda: litestars(careless()), set()),
        (lambda: QueueHandler(SimpleQueue()), set()),
        (logging.NullHandler, set()),
    ],
    ids=["it writes", "behind a queue", "a framework's own", "a queue of nobody's", "it writes nothing"],
)
def test_handlers(root: logging.Logger, judge: Judge, handler: Any, failed: set[str]) -> None:
    root.addHandler(handler())
    assert judge(BARE).failed & LOG_RULES == failed
