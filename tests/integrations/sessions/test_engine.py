"""Django's sessions on our stores: by SESSION_ENGINE and by the policy, each in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CASES = "tests/integrations/sessions/engine_cases.py"
OPTIONS = ["-c", "tests/tutorials/suites.ini", "--rootdir", ".", "--confcutdir", "tests/integrations/sessions", "-q"]


def _run(store: str, protocol: str, door: str) -> None:
    environ = os.environ | {"ENGINE_STORE": store, "ENGINE_PROTOCOL": protocol, "ENGINE_DOOR": door}
    command = [sys.executable, "-m", "pytest", *OPTIONS, "-rs", CASES]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    passed = re.search(r"(\d+) passed", said)
    assert passed, said
    assert int(passed[1]) >= 20, said


@pytest.mark.slow
@pytest.mark.parametrize("door", ["engine", "policy"])
@pytest.mark.parametrize("protocol", ["wsgi", "asgi"])
@pytest.mark.parametrize("store", ["memory", "sqlite"])
def test_every_case(store: str, protocol: str, door: str, tmp_path: Path) -> None:
    _run("memory://" if store == "memory" else f"sqlite:///{tmp_path / 'sessions.db'}", protocol, door)
