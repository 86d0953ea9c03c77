"""An index made for these tests, and a program that stands in for a resolver that fails."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hauberk.audit.build import build
from hauberk.audit.index import Index


def record(own: str, package: str, events: str, ecosystem: str = "PyPI") -> dict[str, Any]:
    """An OSV record: `record("X-1", "flask", "introduced:0 fixed:2.0")`."""
    walk = [dict([word.split(":", 1)]) for word in events.split()]
    ranges = [{"type": "ECOSYSTEM", "events": walk}]
    affected = [{"package": {"ecosystem": ecosystem, "name": package}, "ranges": ranges}]
    return {"id": own, "modified": "2026-01-01T00:00:00Z", "affected": affected}


RECORDS = [
    record("PY-1", "idna", "introduced:0 fixed:3.7"),
    record("PY-2", "jinja2", "introduced:0 fixed:2.11.3"),
    record("PY-3", "abandoned", "introduced:0"),
    record("NPM-1", "minimist", "introduced:0 fixed:1.2.6", "npm"),
    record("NPM-2", "ms", "introduced:0 fixed:2.0.0", "npm"),
]


@pytest.fixture
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("index")
    (folder / "osv.jsonl").write_text("".join(json.dumps(one) + "\n" for one in RECORDS))
    with Index.open(build(folder / "index.sqlite3", [folder / "osv.jsonl"]).path) as opened:
        yield opened


@pytest.fixture
def uv_that(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """`uv_that("echo no >&2; exit 1")`: a uv that does just this. Only for what happens when it fails."""

    def make(script: str) -> Path:
        folder = tmp_path_factory.mktemp("bin")
        (folder / "uv").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "uv").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        return folder

    return make
