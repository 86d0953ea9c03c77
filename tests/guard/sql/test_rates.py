"""The rates that the guard promises, where PostgreSQL and MariaDB say themselves what left its literal."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.guard_sql import DEFAULT, tables

pytestmark = pytest.mark.slow


def share(cell: str) -> float:
    called, _, total = cell.partition(" of ")
    return int(called) / int(total)


@pytest.mark.parametrize("engine", ["postgres", "mariadb"])
def test_rates(engine: str, request: pytest.FixtureRequest) -> None:
    path = Path(request.config.getoption("--vectors", default=str(DEFAULT))) / "guard" / "sql.jsonl"
    if not path.exists():
        pytest.skip("the vectors' inputs are not there")
    if engine == "mariadb":
        pytest.importorskip("pymysql")
    table = tables(path, [engine], limit=500)[engine]
    for group, cell in table.items():
        if group.endswith("runs"):
            assert share(cell) >= 0.995, f"{group}: {cell}"
        elif group.endswith("fails anyway"):
            assert share(cell) >= 0.99, f"{group}: {cell}"
        else:
            assert share(cell) <= 0.001, f"{group}: {cell}"
    assert any(group.endswith("runs") for group in table)
