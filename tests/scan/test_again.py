"""`--replay` looks for one finding again; `--emit-test` writes tests that fail until a fault is mended."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hauberk.core.errors import InputError
from hauberk.core.finding import Finding, HttpLocation, Location, Result, Rule
from hauberk.scan.again import only, written_tests

RULE = Rule(id="scan.sql-injection", title="SQL injection", severity="high", why="w", fix="f")
FAULT = Finding(
    rule=RULE,
    outcome="fail",
    message='input "quoted"\nin two lines',
    location=HttpLocation(method="GET", path='/it"""ems/{id}', place="query", parameter="na'me"),
)
OTHER = Finding(rule=RULE, outcome="fail", message="x", location=Location(file="a.py"))
RESULT = Result(command="scan", target="shop:app", findings=(FAULT, OTHER))
SHOP = """
import sqlite3
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

db = sqlite3.connect(":memory:", check_same_thread=False)
db.execute("create table items (name)")

async def find(request):
    name = request.query_params.get("name", "lamp")
    return PlainTextResponse(str(db.execute(QUERY.format(name), ARGS and (name,)).fetchall()))

app = Starlette(routes=[Route("/find", find)])
"""
OPEN = "QUERY, ARGS = \"select * from items where name = '{}'\", ()"
MENDED = 'QUERY, ARGS = "select * from items where name = ?", (1,)'


def test_only_that_one() -> None:
    assert only(RESULT, FAULT.fingerprint).findings == (FAULT,)
    gone = only(RESULT, "0" * 16)
    assert gone.findings == ()
    assert "was not found" in gone.gaps[0]
    with pytest.raises(InputError, match="is no fingerprint"):
        only(RESULT, "../etc/passwd")


def test_what_is_written_is_python_and_holds_no_password() -> None:
    text = written_tests(RESULT, "shop:app", ["POST /login user=ada&password=hunter2", "@login.txt"])
    compile(text, "x.py", "exec")
    assert text.count("def test_") == 1
    assert "hunter2" not in text
    assert "LOGIN = ('@login.txt',)" in text
    assert written_tests(Result(command="scan", target="shop:app"), "shop:app", []) == ""


@pytest.mark.slow
def test_until_it_is_mended(tmp_path: Path) -> None:
    shop = tmp_path / "shop.py"
    shop.write_text(SHOP + OPEN)

    def hauberk(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "hauberk", "scan", "shop:app", "--quiet", "--format", "json", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)

    done = hauberk("--emit-test", "test_faults.py")
    assert done.returncode == 1, done.stderr
    faults = [one for one in json.loads(done.stdout)["findings"] if one["outcome"] == "fail"]
    (sql,) = [one["fingerprint"] for one in faults if one["rule"] == "scan.sql-injection"]
    again = hauberk("--replay", sql)
    assert (again.returncode, len(json.loads(again.stdout)["findings"])) == (1, 1)

    def tests() -> str:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "sql_injection"]
        options = ["-c", "/dev/null", "--rootdir", str(tmp_path), str(tmp_path / "test_faults.py")]
        return subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, check=False).stdout

    said = tests()
    assert "1 failed" in said, said
    assert f"--replay {sql}" in said
    shop.write_text(SHOP + MENDED)
    assert "1 passed" in tests()
    assert hauberk("--replay", sql).returncode == 0
