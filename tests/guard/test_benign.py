"""Nothing benign is stopped: a short run of `python -m bench.guard_benign`, which sends 100,000 requests."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from bench.guard_benign import PLACES, in_string, run

LEVELS = ("hauberk", "hauberk.decisions")


@pytest.fixture(autouse=True)
def _levels() -> object:
    before = {name: logging.getLogger(name).level for name in LEVELS}
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.slow
def test_benign_requests_through_the_shop(request: pytest.FixtureRequest) -> None:
    path = Path(request.config.getoption("--vectors")) / "guard" / "benign_text.jsonl"
    if not path.exists():
        pytest.skip("benign_text.jsonl is not among the vectors given")
    found = asyncio.run(run(path, 600))
    assert found["requests"] == 600
    assert set(found["by place"]) == {place.where for place in PLACES}
    assert (found["blocked by the guard"], found["said by the guard and let pass"], found["held"]) == (0, 0, 0), found
    # They reached the shop: most were answered by it, none refused by a feature that judges who sends.
    assert found["statuses"].get("403", 0) == 0
    assert found["statuses"]["200"] > 250


@pytest.mark.parametrize(("text", "stays"), [("ada", True), ("O''Brien", False), ("O'Brien", False), ("a--b", True)])
def test_sqlite_says_what_stays_in_a_string(text: str, stays: bool) -> None:
    assert in_string(text) is stays
