"""What a project decided to live with is left out of every format, until its day; and the report says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

APP = """
from flask import Flask, request
app = Flask(__name__)

@app.get("/")
def home():
    return "<!DOCTYPE html><title>x</title><p>" + str(len(request.args.get("q", "")))
"""
FORMATS = ("text", "json", "sarif", "html", "junit", "github", "markdown")
SAID = "there is no policy"


def scanned(folder: Path, until: str) -> dict[str, str]:
    (folder / "theirs.py").write_text(APP)
    entry = f"{{ rule = 'scan.missing-csp', reason = 'the proxy adds it', until = {until} }}"
    (folder / "pyproject.toml").write_text(f"[tool.hauberk.cli]\nignore = [{entry}]\n")
    wanted = [word for name in FORMATS for word in ("--format", f"{name}={name}.out")]
    command = [sys.executable, "-m", "hauberk", "scan", "theirs:app", "-q", *wanted]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    return {name: (folder / f"{name}.out").read_text(encoding="utf-8") for name in FORMATS}


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return scanned(tmp_path_factory.mktemp("accepted"), "2999-01-31")


@pytest.fixture(scope="module")
def expired(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return scanned(tmp_path_factory.mktemp("expired"), "2020-01-31")


@pytest.mark.parametrize("name", FORMATS)
def test_it_is_left_out(accepted: dict[str, str], name: str) -> None:
    assert SAID not in accepted[name]


@pytest.mark.parametrize("name", FORMATS)
def test_after_its_day_it_is_back(expired: dict[str, str], name: str) -> None:
    assert SAID in expired[name]


def test_the_report_says_why(accepted: dict[str, str], expired: dict[str, str]) -> None:
    assert "ignored scan.missing-csp at ANY *" in accepted["json"]
    assert "the proxy adds it" in accepted["json"]
    assert "no longer ignored since 2020-01-31: scan.missing-csp" in expired["json"]
