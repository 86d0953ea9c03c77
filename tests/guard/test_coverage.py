"""The coverage report: every driver, and every reference past the guard, in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HEAD = """
import sqlite3
from sqlite3 import connect as conn, Cursor
from flask import Flask
import hauberk
"""
FOOT = """
app = Flask(__name__)


@app.get("/")
def home():
    return "ok"


app = hauberk.protect(app, guard=hauberk.Guard(mode="block"))
"""


def run(folder: Path, source: str, *command: str) -> tuple[int, dict[str, Any]]:
    """Exit status and JSON of a command on a module of that source."""
    (folder / "covered.py").write_text(HEAD + source + FOOT)
    done = subprocess.run(
        [sys.executable, "-m", "hauberk", *command, "covered:app", "--format", "json", "--quiet"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def of_guard(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in document["findings"] if one["rule"].startswith("guard.")]


STALE = """
class Repo:
    connect = staticmethod(sqlite3.connect)
    cursor: sqlite3.Cursor
    cursor_class = sqlite3.Cursor


class Own(sqlite3.Connection):
    pass


TABLE = {"main": [sqlite3.connect]}


def opened(path: str, *, factory=sqlite3.connect) -> sqlite3.Connection:
    return factory(path)


class Holding:
    def __init__(self) -> None:
        self.connect = sqlite3.connect


HOLDING = Holding()
"""


def test_references_that_were_taken_before_are_found_with_their_line(tmp_path: Path) -> None:
    status, document = run(tmp_path, STALE, "check")
    found = {
        (one["evidence"]["holder"], one["evidence"]["target"]): one
        for one in of_guard(document)
        if one["rule"] == "guard.stale-reference"
    }
    assert {key: (one["outcome"], one["location"]["line"]) for key, one in found.items()} == {
        ("covered.Repo.connect", "sqlite3.connect"): ("fail", 8),
        ("covered.Repo.cursor_class", "sqlite3.Cursor"): ("fail", 10),
        ("covered.Own", "sqlite3.Connection"): ("review", 13),
        ("covered.TABLE", "sqlite3.connect"): ("fail", 17),
        ("covered.opened", "sqlite3.connect"): ("fail", 20),
        ("covered.Holding", "sqlite3.connect"): ("fail", 24),
    }
    assert {one["location"]["file"] for one in found.values()} == {"covered.py"}
    assert status == 1


def test_names_that_the_guard_replaced_itself_are_none(tmp_path: Path) -> None:
    """`from sqlite3 import connect` before `protect` is put right where it stands."""
    _, document = run(tmp_path, "import aiosqlite, sqlalchemy, threading\nassert conn\n", "check")
    outcomes = {one["rule"]: one["outcome"] for one in of_guard(document)}
    assert outcomes == {
        "guard.hook-failed": "pass",
        "guard.unguarded-driver": "pass",
        "guard.stale-reference": "pass",
    }


def test_a_driver_that_no_sink_watches_fails_the_check(tmp_path: Path) -> None:
    pytest.importorskip("pg8000")
    status, document = run(tmp_path, "import pg8000\n", "check")
    (failed,) = [one for one in of_guard(document) if one["outcome"] == "fail"]
    assert (failed["rule"], failed["evidence"]["driver"]) == ("guard.unguarded-driver", "pg8000")
    assert status == 1


def test_a_driver_that_nobody_has_heard_of_is_known_by_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "homemade").mkdir()
    (tmp_path / "homemade" / "__init__.py").write_text(
        "apilevel, paramstyle, threadsafety, __version__ = '2.0', 'qmark', 1, '0.3'\ndef connect(path): ...\n"
    )
    _, document = run(tmp_path, "import homemade\n", "check")
    (failed,) = [one for one in of_guard(document) if one["outcome"] == "fail"]
    assert failed["evidence"] == {"driver": "homemade", "version": "0.3"}


def test_without_a_guard_there_is_nothing_to_say(tmp_path: Path) -> None:
    source = FOOT.replace(', guard=hauberk.Guard(mode="block")', ", guard=None")
    (tmp_path / "bare.py").write_text(HEAD + STALE + source)
    done = subprocess.run(
        [sys.executable, "-m", "hauberk", "check", "bare:app", "--format", "json", "--quiet"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert of_guard(json.loads(done.stdout)) == []


@pytest.mark.slow
def test_prove_reports_what_holds_where_the_application_runs(tmp_path: Path) -> None:
    """Its own sensors are in place before it imports the application; there nothing is stale."""
    source = "class Repo:\n    connect = staticmethod(sqlite3.connect)\n"
    (tmp_path / "requirements.txt").write_text("")
    _, document = run(tmp_path, source, "prove", "--offline", "--path", "requirements.txt")
    (failed,) = [one for one in of_guard(document) if one["outcome"] == "fail"]
    assert failed["evidence"]["holder"] == "covered.Repo.connect"


def test_in_python() -> None:
    code = (
        "import sqlite3\nheld = [sqlite3.connect]\nfrom hauberk.guard import coverage, install\ninstall()\n"
        "now = coverage(deep=True)\nassert [one.name for one in now.drivers] == ['sqlite3'], now.drivers\n"
        "assert [str(one) for one in now.stale] == ['__main__.held holds sqlite3.connect as it was before the guard']\n"
        "assert not now.complete and coverage().complete\n"
        "del held\nassert coverage(deep=True).complete\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
