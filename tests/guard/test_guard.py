"""The policy's field, the hooks' state, and what the guard says of itself."""

from __future__ import annotations

import sqlite3
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest

import hauberk.guard.watch as watch
from hauberk.core.errors import ConfigurationError
from hauberk.core.plan import Steps
from hauberk.guard import RULES, Guard, coverage_findings, install
from hauberk.guard.frames import application_place, is_constant, origin
from hauberk.guard.watch import DRIVERS, coverage


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"mode": "blok"}, "Guard.mode"),
        ({"sql": "on"}, "Guard.sql"),
        ({"shell": True}, "Guard.shell"),
        ({"path": 1}, "Guard.path"),
        ({"roots": "/srv"}, "Guard.roots"),
        ({"roots": ("srv",)}, "Guard.roots"),
    ],
)
def test_bad_options_are_named(options: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Guard(**options)
    assert caught.value.field == field


def test_modes_default_to_the_one_of_the_guard() -> None:
    guard = Guard(mode="block", path="observe")
    assert [guard.mode_of(kind) for kind in ("sql", "shell", "argv", "path")] == ["block", "block", "block", "observe"]


def test_off_does_nothing_at_all() -> None:
    assert Guard(mode="off").steps() == Steps()
    assert Guard(mode="off", sql="block").steps().keep_body


def test_install_twice_wraps_once() -> None:
    install()
    before = (sqlite3.connect, sqlite3.Connection, ThreadPoolExecutor.submit, threading.Thread.start)
    assert install().failed == ()
    assert before == (sqlite3.connect, sqlite3.Connection, ThreadPoolExecutor.submit, threading.Thread.start)


def test_coverage_names_what_is_watched() -> None:
    install()
    assert {"audit:open", "audit:subprocess.Popen", "sqlite3.connect", "threading.Thread.start"} <= set(
        coverage().hooked
    )


def test_an_unguarded_driver_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    install()
    # Other tests may have imported some, with their parts.
    for name in [name for name in sys.modules if name in DRIVERS or name.partition(".")[0] in DRIVERS]:
        monkeypatch.delitem(sys.modules, name)
    assert coverage().complete
    assert [finding.outcome for finding in coverage_findings(coverage())] == ["pass"] * 3
    monkeypatch.setitem(sys.modules, "oracledb", ModuleType("oracledb"))
    assert coverage().unguarded == ("oracledb",)
    (finding,) = [finding for finding in coverage_findings(coverage()) if finding.outcome == "fail"]
    assert (finding.rule.id, finding.key) == ("guard.unguarded-driver", "oracledb")


def test_a_hook_that_fails_warns_and_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    install()
    monkeypatch.setattr(sqlite3.dbapi2, "connect", lambda: None)
    with pytest.warns(RuntimeWarning, match="could not hook sqlite"):
        assert [sink for sink, _ in install().failed] == ["sqlite"]
    assert ("guard.hook-failed", "fail") in [(f.rule.id, f.outcome) for f in coverage_findings(coverage())]
    monkeypatch.undo()
    assert install().failed == ()


def test_rules_are_whole() -> None:
    for rule in RULES:
        assert rule.id.startswith("guard.")
        assert rule.cwe
        assert rule.asvs
        assert rule.top10
        assert rule.fix


def test_frames_are_told_apart() -> None:
    assert origin("<frozen importlib._bootstrap>") == "import"
    assert origin(threading.__file__) == "standard"
    assert origin(pytest.__file__) == "package"
    own = str(watch.__file__)
    assert origin(own) == "own"
    assert origin(own.replace("guard/watch.py", "demo/shop/stock.py")) == "app"
    assert application_place().function == "test_frames_are_told_apart"


CONSTANT = " ".join(["select", "1"])


def test_constants_of_the_code_are_known() -> None:
    assert is_constant("select 2")
    assert is_constant(CONSTANT)
    assert not is_constant("select " + str(len(CONSTANT)))


def test_an_idle_pool_and_thread_run_as_ever() -> None:
    install()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(int, "7", base=8).result() == 7
    got: list[int] = []

    class Own(threading.Thread):
        def run(self) -> None:
            got.append(1)

    thread = Own()
    thread.start()
    thread.join()
    assert got == [1]
