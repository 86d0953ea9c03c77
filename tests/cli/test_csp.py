"""`hauberk csp`: a proposal from a file, an application or stdin; a policy in words."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Run

APP = """
from starlette.applications import Starlette
import hauberk
from hauberk.shield.csp import CSPReports

app = hauberk.protect(Starlette(), csp_reports=CSPReports(file="csp.jsonl"))
silent = hauberk.protect(Starlette())
without = hauberk.protect(Starlette(), csp=None)
bare = Starlette()
"""
LINES = [
    {
        "directive": "img-src",
        "blocked": "https://img.example",
        "count": 12,
        "senders": 3,
        "pages": ["https://a.example/"],
    },
    {"directive": "script-src-elem", "blocked": "inline", "source": "https://a.example/", "line": 8, "count": 4},
    {"directive": "script-src", "blocked": "eval", "source": "https://a.example/x.js", "line": 3, "count": 1},
    {
        "directive": "img-src",
        "blocked": "https://evil.example",
        "count": 1,
        "senders": 1,
        "pages": ["https://a.example/"],
    },
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(APP)
    (tmp_path / "csp.jsonl").write_text("".join(json.dumps(line) + "\n" for line in LINES))
    return tmp_path


@pytest.mark.parametrize("source", ["csp.jsonl", "main:app"])
def test_a_proposal(hauberk: Run, project: Path, source: str) -> None:
    done = hauberk("csp", "propose", source, "--min-senders", "0")
    assert done.returncode == 0, done.stderr
    for said in (
        "script_src=(NONCE,),",
        "Content-Security-Policy: default-src 'none';",
        "img_src = [",
        "(12 times by 3 clients; https://a.example/)",
        "https://a.example/:8",
        "# Left out",
        "script-src eval: only 'unsafe-eval' would allow it",
        "look: is it yours?",
    ):
        assert said in done.stdout, said
    assert ("# What changes" in done.stdout) is (source == "main:app"), "the application's own policy is compared"
    assert "'unsafe-inline'" not in done.stdout


def test_few_clients_are_not_believed(hauberk: Run, project: Path) -> None:
    done = hauberk("csp", "propose", "csp.jsonl", "--min-count", "2", "--as", "header")
    assert "evil.example" not in done.stdout
    assert "https://img.example" in done.stdout


@pytest.mark.parametrize(("form", "begins"), [("python", "CSP.of("), ("toml", "[tool.hauberk.csp]"), ("json", "{")])
def test_one_form_alone(hauberk: Run, project: Path, form: str, begins: str) -> None:
    done = hauberk("csp", "propose", "csp.jsonl", "--as", form, "--current", "default-src 'self'")
    assert done.stdout.startswith(begins)
    if form == "json":
        found = json.loads(done.stdout)
        assert set(found) == {"header", "python", "toml", "sources", "left_out", "changes", "notes"}
        assert "- default-src 'self'" in found["changes"]


def test_stdin_takes_what_browsers_send(project: Path) -> None:
    report = {"document-uri": "https://a.example/", "effective-directive": "font-src", "blocked-uri": "data"}
    line = [sys.executable, "-m", "hauberk", "csp", "propose", "-", "--as", "header"]
    done = subprocess.run(line, input=json.dumps({"csp-report": report}), capture_output=True, text=True, check=True)
    assert "font-src data:" in done.stdout


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        (("propose", "missing.jsonl"), 2, "cannot be read"),
        (("propose", "main.py"), 2, "holds no violation report"),
        (("propose", "empty.jsonl"), 3, "no violations were collected"),
        (("propose", "main:silent"), 2, "collects no reports in a file"),
        (("propose", "main:bare"), 2, "is not protected"),
        (("propose", "csp.jsonl", "--current", "img-src self"), 2, "without its quotes"),
        (("explain", ""), 3, "empty"),
        (("explain", "main:bare"), 2, "is not protected"),
        (("explain", "main:without"), 3, "no Content-Security-Policy"),
    ],
)
def test_one_clear_message(hauberk: Run, project: Path, args: tuple[str, ...], status: int, said: str) -> None:
    (project / "empty.jsonl").write_text("")
    done = hauberk("csp", *args)
    assert done.returncode == status
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("policy", "status", "said"),
    [
        ("script-src 'unsafe-inline'", 1, "high   script-src 'unsafe-inline'"),
        ("Content-Security-Policy: script-src *", 1, "high   script-src *"),
        ("main:silent", 0, "Script elements: what has this answer's nonce"),
        ("default-src 'none'; frame-ancestors 'none'; base-uri 'none'", 0, "Script elements, Event handlers"),
    ],
)
def test_in_words(hauberk: Run, project: Path, policy: str, status: int, said: str) -> None:
    done = hauberk("csp", "explain", policy)
    assert done.returncode == status, done.stdout + done.stderr
    assert said in done.stdout


def test_in_words_for_programs(hauberk: Run, project: Path) -> None:
    done = hauberk("csp", "explain", "script-src 'unsafe-inline'", "--format", "json", "--report-only")
    (found,) = json.loads(done.stdout)
    assert found["directives"] == {"script-src": ["'unsafe-inline'"]}
    assert found["weaknesses"][0]["severity"] == "high"
    assert "is only reported on" in found["weaknesses"][-1]["problem"]


def test_nothing_of_a_policy_moves_the_terminal(hauberk: Run, project: Path) -> None:
    done = hauberk("csp", "explain", "script-src \x1b[31mred")
    assert "\x1b" not in done.stdout
