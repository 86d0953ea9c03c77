"""Events under load: workers that decide a thousand times a second, a store, and a dashboard that follows.

`python -m bench.events --store sqlite|valkey|postgres|URL --seconds 60 --rate 1000 --workers 4`; without a store,
what one decision costs the request that makes it, against one that nobody keeps.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.harness import medians, microseconds
from hauberk.core.log import DECISIONS, decision
from hauberk.core.plan import run_inline
from hauberk.dashboard import Board
from hauberk.events import Shipper, Tail
from hauberk.stores import open_store
from hauberk.stores.memory import MemoryStore

LOG = "events:load"
MOST, KEEP = 50_000, 3_600.0


def _ship(url: str) -> Shipper:
    shipper = Shipper(open_store(url), log=LOG, most=MOST, ttl=KEEP, queue=10_000, pause=0.5)
    DECISIONS.handlers[:] = [shipper]
    DECISIONS.propagate = False
    return shipper


def _worker(url: str, number: int, seconds: float, rate: float, answers: Any) -> None:
    shipper = _ship(url)
    begin, sent, longest = time.perf_counter(), 0, 0.0
    while (now := time.perf_counter() - begin) < seconds:
        due = int(now * rate) + 1
        while sent < due:
            at = time.perf_counter()
            decision("rate-exceeded", rate="login", client=f"203.0.113.{sent % 250}", method="POST", path="/login")
            longest = max(longest, time.perf_counter() - at)
            sent += 1
        time.sleep(0.002)
    shipper.flush(30)
    answers.put((number, sent, longest))


def load(url: str, *, seconds: float, rate: float, workers: int) -> dict[str, Any]:
    """How many events were made, how many arrived, and how the follower kept up."""
    run_inline(open_store(url).blocking().ping())
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    arguments = [(url, number, seconds, rate / workers, answers) for number in range(workers)]
    family = [context.Process(target=_worker, args=one) for one in arguments]
    for one in family:
        one.start()
    board, tail = Board(), Tail(open_store(url).blocking(), LOG)
    behind, worst_read, stopped_at = 0.0, 0.0, 0.0
    while not stopped_at or time.monotonic() - stopped_at < 2:
        at = time.perf_counter()
        events = run_inline(tail.read())
        board.take(events)
        worst_read = max(worst_read, time.perf_counter() - at)
        if events:
            behind = max(behind, time.time() - events[-1]["at"])
        else:
            time.sleep(0.2)
        if not stopped_at and not any(one.is_alive() for one in family):
            stopped_at = time.monotonic()
    told = [answers.get(timeout=10) for _ in family]
    sent = sum(one[1] for one in told)
    at = time.perf_counter()
    found = len(board.find({"q": "nowhere to be found"}))
    search = time.perf_counter() - at
    return {
        "store": url.partition("://")[0],
        "seconds": seconds,
        "workers": workers,
        "made": sent,
        "a second": round(sent / seconds),
        "arrived": board.seen - (board.dropped > 0),
        "dropped and counted": board.dropped,
        "lost": sent - (board.seen - (board.dropped > 0)) - board.dropped,
        "longest decision, ms": round(max(one[2] for one in told) * 1e3, 2),
        "newest event seen after, s": round(behind, 2),
        "longest read and count of the dashboard, ms": round(worst_read * 1e3, 1),
        "search through all, ms": round(search * 1e3, 1) if not found else None,
        "dashboard, MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def results() -> dict[str, Any]:
    """What a decision costs the request: microseconds, against one that is logged and kept by nobody."""
    propagate, handlers = DECISIONS.propagate, list(DECISIONS.handlers)
    DECISIONS.propagate = False

    def decide(handler: logging.Handler) -> Callable[[], object]:
        def once() -> None:
            DECISIONS.handlers[:] = [handler]
            decision("rate-exceeded", rate="login", client="203.0.113.9", method="POST", path="/login")

        return once

    try:
        shipper = Shipper(MemoryStore(), log=LOG, most=MOST, ttl=KEEP, queue=2_000_000, pause=30)
        figures = microseconds({"kept by nobody": decide(logging.NullHandler()), "kept by Events": decide(shipper)})
    finally:
        DECISIONS.handlers[:], DECISIONS.propagate = handlers, propagate
    return {"microseconds a decision": medians(figures)}


@contextlib.contextmanager
def _server(name: str) -> Iterator[str]:
    if name == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/events.db"
    elif name in {"valkey", "postgres"}:
        from tests.stores.servers import Postgres, Valkey

        with tempfile.TemporaryDirectory() as folder:
            server: Any = Valkey(Path(folder)) if name == "valkey" else Postgres()
            server.start()
            try:
                yield server.url
            finally:
                server.stop()
    else:
        yield name


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", help="sqlite, valkey, postgres (started here), or a URL")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=1_000, help="events a second, of all workers together")
    parser.add_argument("--workers", type=int, default=4)
    options = parser.parse_args()
    if options.store is None:
        print(json.dumps(results(), indent=1))
        return
    with _server(options.store) as url:
        made = load(url, seconds=options.seconds, rate=options.rate, workers=options.workers)
        print(json.dumps(made, indent=1))


if __name__ == "__main__":
    main()
