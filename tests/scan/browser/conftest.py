"""A Chromium is needed; in CI it must be there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hauberk.scan.browser.chromium import executable
from tests.scan.frontends import building


@pytest.fixture(scope="session", autouse=True)
def _chromium() -> None:
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if executable() is None and os.environ.get("CI") != "true":
        pytest.skip("there is no Chromium here; install one, or name it in CHROMIUM")


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The frameworks' packages, fetched once in a run."""
    folder = Path(os.environ.get("HAUBERK_FRONTENDS") or tmp_path_factory.mktemp("frontends"))
    problem = building.fetch(folder)
    if problem and os.environ.get("CI") == "true":
        pytest.fail(problem)
    if problem:
        pytest.skip(problem)
    return folder
