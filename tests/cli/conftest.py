"""Run the command line as a user does: in a process of its own, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def hauberk(tmp_path: Path) -> Run:
    """`hauberk("check", "main:app")`, with no index, no configuration and no colour of this machine's."""

    def run(*args: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("HAUBERK", "NO_COLOR", "FORCE_COLOR"))}
        clean |= {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)} | (env or {})
        line = [sys.executable, "-m", "hauberk", *args]
        return subprocess.run(line, cwd=tmp_path, env=clean, capture_output=True, text=True, check=False)

    return run
