"""From a decision to a store: nothing waits, nothing is lost in silence."""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hauberk import Events, Policy
from hauberk.core.errors import ConfigurationError, StoreError
from hauberk.core.log import DECISIONS, decision
from hauberk.core.plan import run_inline
from hauberk.events import Shipper, read
from hauberk.events.feature import _KNOWN
from hauberk.stores import open_store
from hauberk.stores.memory import MemoryStore
from tests.drivers import Answer, Serve


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """Handlers of other tests are put aside."""
    handlers, level = list(DECISIONS.handlers), DECISIONS.level
    DECISIONS.handlers.clear()
    yield
    DECISIONS.handlers[:] = handlers
    DECISIONS.setLevel(level)
    _KNOWN.clear()


def shipper(store: Any, **options: Any) -> Shipper:
    settings: dict[str, Any] = {"log": "events:x", "most": 100, "ttl": 60.0, "queue": 50, "pause": 0.02} | options
    made = Shipper(store, **settings)
    DECISIONS.addHandler(made)
    return made


def test_what_is_decided_is_read_again_in_order(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/e.db")
    made = shipper(store, queue=1_000)
    for number in range(500):
        decision("csrf-refused", number=number, why="\x1b[31m<script>")
    made.flush()
    events = list(read(store, "events:x"))
    assert [event["number"] for event in events] == list(range(500))
    assert events[0].keys() >= {"id", "at", "event", "level", "worker", "why"}
    assert len({event["id"] for event in events}) == 500


class Away(MemoryStore):
    """Cannot be reached as long as `away` says so."""

    away = True

    def blocking(self) -> Away:
        return self

    async def append(self, log: str, entry: bytes, *, most: int, ttl: float) -> None:
        if self.away:
            raise StoreError("memory", "unavailable", "away")
        await super().append(log, entry, most=most, ttl=ttl)


def test_while_the_store_is_away_the_queue_fills_and_the_rest_is_counted() -> None:
    store = Away()
    made = shipper(store, queue=50)
    for number in range(80):
        decision("csrf-refused", number=number)
    time.sleep(0.1)
    assert list(read(store, "events:x")) == []
    store.away = False
    made.flush()
    events = list(read(store, "events:x"))
    assert [event["number"] for event in events if event["event"] == "csrf-refused"] == list(range(50))
    assert [event["count"] for event in events if event["event"] == "events-dropped"] == [30]


def test_a_decision_does_not_wait_for_the_store() -> None:
    class Slow(Away):
        async def append(self, log: str, entry: bytes, *, most: int, ttl: float) -> None:
            threading.Event().wait(1)

    shipper(Slow())
    begin = time.thread_time()
    for _ in range(50):
        decision("csrf-refused")
    assert time.thread_time() - begin < 0.5


def _child(store: Any, made: Shipper) -> None:
    decision("csrf-refused", who="child")
    made.flush()
    os._exit(0)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_worker_has_a_thread_of_its_own(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/e.db")
    made = shipper(store)
    decision("csrf-refused", who="parent")
    made.flush()
    child = multiprocessing.get_context("fork").Process(target=_child, args=(store, made))
    child.start()
    child.join(20)
    assert child.exitcode == 0
    assert sorted(event["who"] for event in read(store, "events:x")) == ["child", "parent"]
    assert len({event["worker"] for event in read(store, "events:x")}) == 2


def test_the_request_is_told_with_it(serve: Serve) -> None:
    store = MemoryStore()
    plan = Policy.recommended().replace(events=Events(store=store, pause=0.02)).plan()
    fields = [("sec-fetch-site", "cross-site"), ("user-agent", "x" * 500), ("host", "app.example")]
    answer = serve(plan, lambda ex: Answer(), method="POST", path="/pay", headers=fields)
    assert answer.status == 403
    made = next(handler for handler in DECISIONS.handlers if isinstance(handler, Shipper))
    made.flush()
    (event,) = read(store, "events:events")
    assert (event["event"], event["method"], event["path"]) == ("csrf-refused", "POST", "/pay")
    assert event["host"] == "app.example"
    assert len(event["agent"]) == 200


def test_two_policies_with_one_log_are_one_handler() -> None:
    store = MemoryStore()
    for _ in range(3):
        Policy(events=Events(store=store)).plan()
    assert len(DECISIONS.handlers) == 1


def test_an_event_that_is_too_long_loses_its_longest_member() -> None:
    store = MemoryStore()
    made = shipper(store)
    decision("csrf-refused", why="y" * 100_000, path="/kept")
    made.flush()
    (event,) = read(store, "events:x")
    assert (event["why"], event["path"]) == (None, "/kept")


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"log": ""}, "Events.log"),
        ({"most": 0}, "Events.most"),
        ({"queue": 0}, "Events.queue"),
        ({"keep": 0}, "Events.keep"),
        ({"pause": 0}, "Events.pause"),
        ({"level": "loud"}, "Events.level"),
        ({"otel": "yes"}, "Events.otel"),
    ],
)
def test_bad_options_are_named(options: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationError, match=field):
        Events(**options)


def test_what_others_write_into_the_log_is_passed_over() -> None:
    store = MemoryStore()
    for entry in (b"", b"\xff", b"[]", b'{"event":1}', b'[{"event":5}]', b'[{"event":"csrf-refused"}]'):
        run_inline(store.append("events:x", entry, most=10, ttl=60))
    assert [event["event"] for event in read(store, "events:x")] == ["csrf-refused"]


def test_opentelemetry_gets_an_event_on_the_span_and_a_count() -> None:
    sdk = pytest.importorskip("opentelemetry.sdk.trace", reason="opentelemetry-sdk is not installed")
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from hauberk.events.otel import Telemetry

    exporter = InMemorySpanExporter()
    provider = sdk.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    DECISIONS.addHandler(Telemetry(logging.INFO))
    with provider.get_tracer("test").start_as_current_span("GET /x"):
        decision("guard-blocked", kind="sql", line=3, blocked=True)
    (span,) = exporter.get_finished_spans()
    (event,) = span.events
    assert event.name == "hauberk.guard-blocked"
    assert dict(event.attributes or {})["hauberk.line"] == 3
