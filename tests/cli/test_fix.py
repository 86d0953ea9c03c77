"""`hauberk fix` as a user runs it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Run

RECORDS = [
    {
        "id": own,
        "modified": "2026-01-01T00:00:00Z",
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": name},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, *end]}],
            }
        ],
    }
    for own, name, end in (("EXAMPLE-1", "example", [{"fixed": "1.2"}]), ("EXAMPLE-2", "forsaken", []))
]
PYPROJECT = '[project]\nname = "x"\ndependencies = ["example>=1.1"]\n'


@pytest.fixture
def folder(hauberk: Run, tmp_path: Path) -> Path:
    (tmp_path / "osv.jsonl").write_text("".join(json.dumps(one) + "\n" for one in RECORDS))
    done = hauberk("db", "import", "osv.jsonl", "--index", "index.sqlite3")
    assert done.returncode == 0, done.stderr
    (tmp_path / "project").mkdir()
    return tmp_path


def fix(hauberk: Run, *args: str, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    done = hauberk("fix", "project", "--index", "index.sqlite3", "--quiet", *args, env=env)
    return done.returncode, done.stdout, done.stderr


def test_dry_run_prints_the_difference_and_changes_nothing(hauberk: Run, folder: Path) -> None:
    path = folder / "project" / "pyproject.toml"
    path.write_text(PYPROJECT)
    status, out, err = fix(hauberk, "--dry-run")
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "--- a/project/pyproject.toml",
        "+++ b/project/pyproject.toml",
        "@@ -1,3 +1,3 @@",
        " [project]",
        ' name = "x"',
        '-dependencies = ["example>=1.1"]',
        '+dependencies = ["example>=1.2"]',
        "",
        "would change example 1.1 -> 1.2 in project/pyproject.toml: clears EXAMPLE-1",
        "1 files, 1 packages would change, 0 without a fix, 0 left",
    ]
    assert path.read_text() == PYPROJECT


def test_json(hauberk: Run, folder: Path) -> None:
    (folder / "project" / "pyproject.toml").write_text(PYPROJECT.replace('"]', '", "forsaken>=3"]'))
    status, out, _ = fix(hauberk, "--format", "json")
    document = json.loads(out)
    assert status == 1
    assert document["changed"] == [
        {
            "package": "example", "ecosystem": "PyPI", "from": "1.1", "to": "1.2",
            "file": "project/pyproject.toml", "advisories": ["EXAMPLE-1"],
        }
    ]  # fmt: skip
    assert document["no_fix"] == [
        {
            "package": "forsaken", "ecosystem": "PyPI", "version": "3", "file": "project/pyproject.toml",
            "safe_version": None, "reason": "EXAMPLE-2 names no fixed version above 3", "advisories": ["EXAMPLE-2"],
        }
    ]  # fmt: skip
    assert (document["left"], document["failed"], document["files"]) == ([], [], ["project/pyproject.toml"])
    assert '"example>=1.2", "forsaken>=3"' in (folder / "project" / "pyproject.toml").read_text()


def test_a_resolver_that_fails_is_status_2_and_the_file_stays(hauberk: Run, folder: Path) -> None:
    fake = folder / "bin"
    fake.mkdir()
    (fake / "uv").write_text("#!/bin/sh\necho 'dns error' >&2; exit 2\n")
    (fake / "uv").chmod(0o755)
    (folder / "project" / "requirements.txt").write_text("example==1.1\n")
    status, out, _ = fix(hauberk, env={"PATH": f"{fake}{os.pathsep}{os.environ['PATH']}"})
    assert status == 2
    assert "failed: project/requirements.txt: uv failed: dns error" in out
    assert hauberk("audit", "project", "--index", "index.sqlite3", "--quiet").returncode == 1


@pytest.mark.parametrize(
    ("args", "status", "says"),
    [
        (["project"], 3, "there is no lock file or manifest"),
        (["none"], 2, "does not exist"),
        (["project", "--format", "sarif"], 2, "is not a format of fix"),
        (["project", "--format", "json", "--format", "text"], 2, "sends two formats to stdout"),
        (["project", "--python", "three"], 2, "is no Python version"),
    ],
)
def test_wrong_use(hauberk: Run, folder: Path, args: list[str], status: int, says: str) -> None:
    done = hauberk("fix", *args, "--index", "index.sqlite3", "--quiet")
    assert (done.returncode, done.stdout) == (status, "")
    assert says in done.stderr


def test_no_index_is_never_clean(hauberk: Run, folder: Path) -> None:
    (folder / "project" / "pyproject.toml").write_text(PYPROJECT)
    done = hauberk("fix", "project", "--offline", "--quiet")
    assert done.returncode == 2
    assert "there is no advisory index" in done.stderr
