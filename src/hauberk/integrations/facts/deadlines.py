"""The table in which a project says by when faults of its dependencies are mended.

[tool.hauberk.audit.deadlines]    # days
critical = 7
high = 30
medium = 90
low = 180
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from hauberk.check.facts import Setting
from hauberk.core.errors import ConfigurationError
from hauberk.core.finding import Location

LEVELS = ("critical", "high", "medium", "low")
FIELD = "tool.hauberk.audit.deadlines"
EXAMPLE = f"write [{FIELD}] with critical = 7, high = 30, medium = 90, low = 180 (days)"


def deadlines(folder: Path) -> Setting[Mapping[str, int]] | None:
    """Days by severity, of the folder's pyproject.toml; empty if it says nothing, None without such a file.

    Raises ConfigurationError for a table that makes no sense, OSError and ValueError for a file that cannot be read.
    """
    path = folder / "pyproject.toml"
    if not path.is_file():
        return None
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    table = document.get("tool", {}).get("hauberk", {}).get("audit", {}).get("deadlines", {})
    where = Location(file="pyproject.toml", line=1)
    if not table:
        return Setting(value={}, name=FIELD, where=where)
    if not isinstance(table, dict) or set(table) != set(LEVELS):
        raise ConfigurationError(FIELD, table, "does not name each of critical, high, medium and low", EXAMPLE)
    for name, value in table.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise ConfigurationError(f"{FIELD}.{name}", value, "is no number of days", EXAMPLE)
    days = [int(table[name]) for name in LEVELS]
    if days != sorted(days):
        raise ConfigurationError(FIELD, table, "gives a worse fault more time than a lesser one", EXAMPLE)
    return Setting(value=dict(zip(LEVELS, days, strict=True)), name=FIELD, where=where)
