"""Cases kept as data: `pytest tests/vectors --vectors DIR --vectors-report FILE`.

Each test module here has `FILES`: name of a vector file -> function that turns it into (id, case) pairs, where a case
is called and raises AssertionError if it fails, or skips with a reason that a user would accept.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

Case = tuple[str, Callable[[], None]]
DEFAULT = Path(__file__).parents[3] / "shared" / "vectors"
TALLY = pytest.StashKey[dict[str, dict[str, Any]]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TALLY] = {}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    files = getattr(metafunc.module, "FILES", None)
    if files is not None and "vector_file" in metafunc.fixturenames:
        metafunc.parametrize("vector_file", sorted(files))


@pytest.fixture
def vector_path(request: pytest.FixtureRequest, vector_file: str) -> Path:
    """Where that file lies; skips if it is not there, and fails in CI."""
    folder = Path(request.config.getoption("--vectors"))
    path = folder / vector_file
    if not folder.is_dir() and os.environ.get("CI") == "true" and str(folder) == str(DEFAULT):
        pytest.fail(f"{folder} is missing, and in CI it must be there")
    if not path.exists():
        pytest.skip(f"{vector_file} is not among the vectors given")
    return path


@pytest.fixture
def run_file(request: pytest.FixtureRequest, vector_file: str, vector_path: Path) -> Callable[[Any], None]:
    """Run every case of a file, then fail once with all ids that failed."""

    def run(cases: Callable[[Path], Iterable[Case]]) -> None:
        tally: dict[str, Any] = {"passed": 0, "failed": [], "skipped": {}}
        request.config.stash[TALLY][vector_file] = tally
        problems = []
        for number, case in cases(vector_path):
            try:
                case()
            except pytest.skip.Exception as skipped:
                tally["skipped"].setdefault(str(skipped.msg), []).append(number)
            except Exception as error:  # a foreign exception is a failure like any other, and is named
                tally["failed"].append(number)
                problems.append(f"{number}: {type(error).__name__}: {str(error)[:300]}")
            else:
                tally["passed"] += 1
        request.node.user_properties.append(("vectors", {vector_file: tally}))
        assert not problems, f"{len(problems)} of {vector_file} failed:\n" + "\n".join(problems[:40])

    return run


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    for name, value in report.user_properties:
        if name == "vectors" and report.when == "call":
            assert isinstance(value, dict)
            COLLECTED.update(value)


COLLECTED: dict[str, dict[str, Any]] = {}
"""Filled from reports, so that it is whole under xdist too."""


def pytest_sessionfinish(session: pytest.Session) -> None:
    target = session.config.getoption("--vectors-report", None)
    if target and not hasattr(session.config, "workerinput"):
        Path(str(target)).write_text(json.dumps(dict(sorted(COLLECTED.items())), indent=1) + "\n", encoding="utf-8")
