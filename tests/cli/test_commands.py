"""What each command does for an honest user: what it prints where, which files it writes, and its exit status."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hauberk._version import __version__

if TYPE_CHECKING:
    from tests.cli.conftest import Run

APP = """
import os
import sqlite3
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
import hauberk

DB = sqlite3.connect(":memory:", check_same_thread=False)
DB.execute("create table users (name text)")


async def find(request: Request):
    name = request.query_params.get("name", "")
    return PlainTextResponse(str(DB.execute(f"select * from users where name = '{name}'").fetchall()))


async def safe(request: Request):
    name = request.query_params.get("name", "")
    return PlainTextResponse(str(DB.execute("select * from users where name = ?", (name,)).fetchall()))


open_app = Starlette(routes=[Route("/find", find)])
blocked = hauberk.protect(Starlette(routes=[Route("/find", find)]), guard=hauberk.Guard(mode="block"))
clean = hauberk.protect(Starlette(routes=[Route("/find", safe)]))
empty = Starlette()
"""
LOCK = "example==1.1\nother==2.0\n"
RECORD = {
    "id": "EXAMPLE-1",
    "modified": "2026-01-01T00:00:00Z",
    "summary": "Example is faulty",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "example"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2"}]}],
        }
    ],
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(APP)
    (tmp_path / "requirements.txt").write_text(LOCK)
    (tmp_path / "osv.jsonl").write_text(json.dumps(RECORD) + "\n")
    return tmp_path


@pytest.fixture
def index(hauberk: Run, folder: Path) -> str:
    done = hauberk("db", "import", "osv.jsonl", "--index", "index.sqlite3")
    assert done.returncode == 0, done.stderr
    assert "PyPI       1 advisories" in done.stdout
    return "index.sqlite3"


def findings(text: str) -> list[dict[str, object]]:
    document = json.loads(text)
    return [finding for finding in document["findings"] if finding["outcome"] == "fail"]


def test_scan_finds_the_line_of_the_sink(hauberk: Run, folder: Path) -> None:
    done = hauberk("scan", "main:open_app", "--format", "json")
    assert done.returncode == 1, done.stderr
    (found,) = [f for f in findings(done.stdout) if f["rule"] == "scan.sql-injection"]
    line = APP.splitlines().index(
        "    return PlainTextResponse(str(DB.execute(f\"select * from users where name = '{name}'\").fetchall()))"
    )
    assert found["location"] == {
        "file": "main.py",
        "line": line + 1,
        "method": "GET",
        "path": "/find",
        "in": "query",
        "parameter": "name",
    }


@pytest.mark.parametrize("app", ["blocked", "clean"])
def test_scan_finds_nothing_to_fail_on_where_it_is_blocked_or_safe(hauberk: Run, folder: Path, app: str) -> None:
    done = hauberk("scan", f"main:{app}")
    assert done.returncode == 0, done.stdout
    assert "guard-blocked" not in done.stderr, "decisions would bury the progress"


def test_scan_of_nothing_is_3(hauberk: Run, folder: Path) -> None:
    assert hauberk("scan", "main:empty").returncode == 3


def test_a_spent_budget_is_2(hauberk: Run, folder: Path) -> None:
    needed = json.loads(hauberk("scan", "main:open_app", "--format", "json").stdout)["stats"]["requests"]
    done = hauberk("scan", "main:open_app", "--max-requests", str(needed - 2))
    assert done.returncode == 2
    assert "NOT JUDGED" in done.stdout


def test_data_on_stdout_and_progress_on_stderr(hauberk: Run, folder: Path, index: str) -> None:
    done = hauberk("audit", "--index", index, "--format", "json")
    assert json.loads(done.stdout)["command"] == "audit"
    assert "hauberk: reading lock files" in done.stderr
    assert hauberk("audit", "--index", index, "--format", "json", "--quiet").stderr == ""


def test_audit_and_its_threshold(hauberk: Run, folder: Path, index: str) -> None:
    done = hauberk("audit", "--index", index, "--format", "json")
    assert done.returncode == 1
    (found,) = findings(done.stdout)
    assert found["severity"] == "critical"
    assert found["location"] == {
        "file": "requirements.txt",
        "line": 1,
        "package": "example",
        "version": "1.1",
        "ecosystem": "PyPI",
    } | ({"path": found["location"]["path"]} if "path" in found["location"] else {})  # type: ignore[operator, index]
    (folder / "requirements.txt").write_text("example==1.2\n")
    assert hauberk("audit", "--index", index).returncode == 0


def test_prove_is_all_three_and_writes_every_format(hauberk: Run, folder: Path, index: str) -> None:
    names = ("json", "sarif", "html", "junit", "github", "markdown", "text")
    formats = [part for name in names for part in ("--format", f"{name}=report.{name}")]
    done = hauberk("prove", "main:open_app", "--index", index, *formats)
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    documents = {name: (folder / f"report.{name}").read_text() for name in names}
    assert {str(f["rule"]).partition(".")[0] for f in findings(documents["json"])} == {"check", "audit", "scan"}
    for document in documents.values():
        assert "SQL injection" in document
    assert json.loads(documents["sarif"])["version"] == "2.1.0"
    assert documents["html"].startswith("<!doctype html>")


def test_prove_without_an_index_is_never_clean(hauberk: Run, folder: Path) -> None:
    done = hauberk("prove", "main:clean", "--offline")
    assert done.returncode == 2
    assert "there is no advisory index" in done.stdout


def test_the_baseline_hides_what_is_known_and_says_so(hauberk: Run, folder: Path, index: str) -> None:
    assert hauberk("audit", "--index", index, "--format", "json=before.json").returncode == 1
    done = hauberk("audit", "--index", index, "--baseline", "before.json")
    assert done.returncode == 0
    assert "1 findings that before.json has already are not shown" in re.sub(r"\s+", " ", done.stdout)
    (folder / "osv.jsonl").write_text(
        json.dumps(RECORD) + "\n" + json.dumps(RECORD | {"id": "EXAMPLE-2", "summary": "Worse"}) + "\n"
    )
    hauberk("db", "import", "osv.jsonl", "--index", index)
    assert hauberk("audit", "--index", index, "--baseline", "before.json").returncode == 1


@pytest.mark.parametrize(("until", "status"), [("2099-01-01", 0), ("2020-01-01", 1)])
def test_an_ignored_finding_is_named_with_its_reason_until_its_day(
    hauberk: Run, folder: Path, index: str, until: str, status: int
) -> None:
    entry = f'{{ rule = "audit.vulnerable-dependency", reason = "not reachable here", until = {until} }}'
    (folder / "pyproject.toml").write_text(f"[tool.hauberk.cli]\nignore = [{entry}]\n")
    done = hauberk("audit", "--index", index, "requirements.txt")
    assert done.returncode == status, done.stdout
    assert ("not reachable here" in done.stdout) == (status == 0)


def test_results_are_rendered_again(hauberk: Run, folder: Path, index: str) -> None:
    hauberk("audit", "--index", index, "--format", "json=results.json")
    done = hauberk("report", "results.json", "--format", "markdown")
    assert done.returncode == 1
    assert "example" in done.stdout
    again = hauberk("report", "results.json", "--format", "json")
    assert findings(again.stdout) == findings((folder / "results.json").read_text())


def test_explain(hauberk: Run) -> None:
    listed = hauberk("explain").stdout
    rules = [line.split()[0] for line in listed.splitlines()[1:] if "." in line]
    assert len(rules) > 60
    said = hauberk("explain", "scan.sql-injection").stdout
    assert "CWE-89" in said
    assert re.search(r"ASVS v5\.0\.0-[\d.]+  \w", said), "with its title"
    assert "A05:2025" in said


def test_small_commands(hauberk: Run) -> None:
    assert f"hauberk {__version__}" in hauberk("version").stdout
    assert f"version {__version__}" in hauberk("--version").stdout
    secrets = {hauberk("secret").stdout.strip() for _ in range(2)}
    assert len(secrets) == 2
    assert all(len(secret) >= 43 for secret in secrets)
    help_text = hauberk("--help").stdout
    for name in ("prove", "check", "audit", "scan", "report", "db", "explain", "demo", "secret", "version"):
        assert f"  {name} " in help_text
