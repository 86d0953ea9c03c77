"""Thousands of repositories in one report: parallel, with memory for what is different and not for what is many.

result = fleet(read_list(Path("repositories.txt")), index=default_path(), journal=Path("fleet.jsonl"))
"""

from __future__ import annotations

from hauberk.audit.fleet.engines import ENGINES
from hauberk.audit.fleet.running import fleet, read_list

__all__ = ["ENGINES", "fleet", "read_list"]
