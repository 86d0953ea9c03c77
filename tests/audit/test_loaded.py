"""Vulnerable libraries of the running process, against a real index."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from hauberk.audit.loaded import loaded_vulnerable, top_levels
from hauberk.core.errors import InputError

Make = Callable[..., Path]
Advisory = Callable[..., dict[str, Any]]


def record(name: str, fixed: str) -> dict[str, Any]:
    return {
        "id": f"GHSA-{name}",
        "modified": "2026-01-01T00:00:00Z",
        "summary": f"a hole in {name}",
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": name},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}],
            }
        ],
    }


def test_what_is_loaded_and_vulnerable_is_found_and_nothing_else(make_index: Make) -> None:
    import msgspec

    assert msgspec.__version__
    # pytest is loaded and mended; mmdb-writer may be installed and is not loaded here.
    path = make_index([record("msgspec", "99.0"), record("pytest", "0.1"), record("hatchling", "99.0")])
    (one,) = loaded_vulnerable(path)
    assert (one.rule.id, one.outcome) == ("audit.vulnerable-library-loaded", "fail")
    where = one.location.as_json()
    assert (where["package"], where["version"]) == ("msgspec", version("msgspec"))
    assert one.evidence["safe_version"] == "99.0"


def test_a_pass_where_none_is_and_nothing_without_an_index(make_index: Make, tmp_path: Path) -> None:
    assert [one.outcome for one in loaded_vulnerable(make_index([record("no-such-thing", "1")]))] == ["pass"]
    assert loaded_vulnerable(tmp_path / "absent") == ()
    (tmp_path / "broken").write_bytes(b"no index")
    with pytest.raises(InputError):
        loaded_vulnerable(tmp_path / "broken")


def test_names_under_which_a_distribution_is_imported() -> None:
    from importlib.metadata import distribution

    assert "yaml" in top_levels(distribution("pyyaml"))
    assert "click" in top_levels(distribution("click"))


APP = """
import logging, sys
from flask import Flask
import msgspec, hauberk
from hauberk.integrations import libraries

libraries.AFTER = 0.1
logging.getLogger("hauberk.decisions").addHandler(logging.StreamHandler(sys.stdout))
thread = libraries.look_later(hauberk.Policy.recommended(), 0.1)
app = hauberk.protect(Flask("x"))
again = libraries.look_later(hauberk.Policy.recommended(), 0.1)
assert again is None  # once a process
if thread is not None:
    thread.join(30)
print("ended", thread is not None)
"""


@pytest.mark.parametrize(
    ("fixed", "said"), [("99.0", True), ("0.0.1", False), (None, False)], ids=["vulnerable", "mended", "no index"]
)
def test_an_application_says_so_some_time_after_its_start(
    make_index: Make, tmp_path: Path, fixed: str | None, said: bool
) -> None:
    path = make_index([record("msgspec", fixed)]) if fixed else tmp_path / "absent"
    done = subprocess.run(
        [sys.executable, "-c", APP],
        env={"HAUBERK_INDEX": str(path), "PYTHONPATH": ":".join(sys.path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert ('"event": "vulnerable-library", "package": "msgspec"' in done.stdout) is said, done.stdout
    assert f"ended {fixed is not None}" in done.stdout


def test_an_index_that_cannot_be_read_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from hauberk.integrations import libraries

    (tmp_path / "broken").write_bytes(b"no index")
    monkeypatch.setenv("HAUBERK_INDEX", str(tmp_path / "broken"))
    with caplog.at_level(logging.ERROR, "hauberk.decisions"):
        libraries._look(0)
    assert "libraries-not-matched" in caplog.text
