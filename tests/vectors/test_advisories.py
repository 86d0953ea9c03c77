"""advisories.json: each published fault has a row in the table of attacks, whose tests the suite runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.shield.sessions.advisories import ADVISORIES

Case = tuple[str, Callable[[], None]]


def cases(path: Path) -> Iterator[Case]:
    for row in json.loads(path.read_text("utf-8")):
        yield row["id"], partial(_held, row["id"])


def _held(advisory: str) -> None:
    assert advisory in ADVISORIES, "nobody has looked at it"
    if reason := ADVISORIES[advisory].not_ours:
        pytest.skip(reason)


FILES: dict[str, Callable[[Path], Iterator[Case]]] = {"sessions/advisories.json": cases}


def test_vectors(vector_file: str, run_file: Callable[[Any], None]) -> None:
    run_file(FILES[vector_file])
