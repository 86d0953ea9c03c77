"""Workers agree by a store: who one holds, all hold; points add up over all; and what happens without the store."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hauberk import Actors, Policy
from hauberk.cli.main import cli
from hauberk.core.plan import Plan
from hauberk.guard.actors.table import Table
from tests.guard.actors.requests import ask

MALLORY = "203.0.113.66"


@pytest.fixture(params=["sqlite", "valkey", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'actors.db'}"
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


def worker(url: str, log: str, **options: Any) -> Plan:
    """A worker: a policy of its own, with a store of its own."""
    made = Actors(store=url, log=log, honeypots=("/trap",), age=0.1, **options)
    return Policy(actors=made).plan()


def table(plan: Plan) -> Table:
    found: Table = plan.on_request[0].__self__._table  # type: ignore[attr-defined]
    return found


def soon(what: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def log(request: pytest.FixtureRequest) -> str:
    return f"{request.node.name[:60]}:{os.getpid()}:{time.time()}"


def test_whom_one_holds_all_hold_until_he_is_let_go(url: str, log: str) -> None:
    one, two = worker(url, log), worker(url, log)
    assert [ask(one, MALLORY), ask(two, MALLORY)] == [200, 200]
    assert ask(one, MALLORY, path="/trap") == 404
    assert ask(one, MALLORY) == 403
    assert soon(lambda: ask(two, MALLORY) == 403)
    late = worker(url, log)  # and a worker that starts later hears of it
    assert soon(lambda: ask(late, MALLORY) == 403)
    shown = CliRunner().invoke(cli, ["actors", "list", "--store", url, "--log", log], standalone_mode=False)
    assert shown.output.startswith(f"ip:{MALLORY}  until ")
    assert shown.output.rstrip().endswith("honeypot")
    CliRunner().invoke(cli, ["actors", "release", MALLORY, "--store", url, "--log", log], standalone_mode=False)
    assert soon(lambda: [ask(each, MALLORY) for each in (one, two, late)] == [200] * 3)
    CliRunner().invoke(cli, ["actors", "hold", "2001:db8::1", "--store", url, "--log", log], standalone_mode=False)
    assert soon(lambda: ask(one, "2001:db8::ff") == 403)


def test_points_add_up_over_all_workers(url: str, log: str) -> None:
    workers = [worker(url, log, threshold=30) for _ in range(4)]
    for number in range(8):  # two of four points each: no worker alone sees 30
        assert ask(workers[number % 4], MALLORY, path=f"/{number}/.env", status="404 Not Found") == 404
    assert soon(lambda: all(ask(each, MALLORY) == 403 for each in workers))
    assert ask(workers[0], "203.0.113.67") == 200


@pytest.mark.parametrize(("choice", "status"), [("local", 403), ("allow", 200)])
def test_without_the_store_each_goes_by_what_it_knows_or_holds_nobody(
    tmp_path: Path, log: str, choice: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "away" / "actors.db"  # a folder that is not there: the store cannot be opened
    alone = worker(f"sqlite:///{path}", log, on_store_error=choice)
    with caplog.at_level(logging.ERROR, "hauberk.decisions"):
        assert ask(alone, MALLORY, path="/trap") == 404
        assert soon(lambda: table(alone).away)
        assert ask(alone, MALLORY) == status
    said = [r.__dict__["hauberk"]["event"] for r in caplog.records if "hauberk" in r.__dict__]
    assert said.count("actors-store-failed") == 1
    path.parent.mkdir()
    other = worker(f"sqlite:///{path}", log)
    table(alone)._wake.set()
    # When it is back, what was not told is told.
    assert soon(lambda: ask(other, MALLORY) == 403)


def test_a_flood_is_added_up_in_a_few_calls_and_bounded(tmp_path: Path, log: str) -> None:
    one = worker(f"sqlite:///{tmp_path / 'flood.db'}", log, threshold=10**9)
    before = time.perf_counter()
    for number in range(3_000):
        ask(one, f"198.51.{number % 100}.7", path="/.env", status="404 Not Found")
    spent = time.perf_counter() - before
    table(one).settle()
    assert not table(one)._waiting
    assert spent < 10


def test_a_worker_that_is_forked_follows_by_itself(tmp_path: Path, log: str) -> None:
    """The thread is of the process that answers, as under servers that load the application before they fork."""
    code = f"""
import os, sys, time
from tests.guard.actors.test_agreeing import ask, worker, MALLORY
plan = worker({f"sqlite:///{tmp_path / 'fork.db'}"!r}, {log!r})
ask(plan, MALLORY)
child = os.fork()
if child == 0:
    assert ask(plan, MALLORY, path="/trap") == 404
    plan.on_request[0].__self__._table.settle()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
end = time.monotonic() + 10
while ask(plan, MALLORY) != 403:
    assert time.monotonic() < end
    time.sleep(0.02)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def test_nothing_of_it_outlives_the_application(tmp_path: Path, log: str) -> None:
    import gc
    import threading
    import weakref

    plan = worker(f"sqlite:///{tmp_path / 'gone.db'}", log)
    ask(plan, MALLORY)
    weak, thread = weakref.ref(table(plan)), table(plan)._thread
    assert thread in threading.enumerate()
    del plan
    gc.collect()
    assert soon(lambda: weak() is None and thread not in threading.enumerate())
