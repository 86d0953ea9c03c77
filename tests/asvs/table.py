"""Writes which tests stand behind which requirement: `python -m tests.asvs.table`, from the cases themselves."""

from __future__ import annotations

import json
from pathlib import Path

from tests.asvs.cases import CASES

FILE = Path(__file__).parents[2] / "src" / "hauberk" / "standards" / "two_sided.json"


def text() -> str:
    """The file's text: id to the names of its tests, in the order of the standard."""
    found: dict[tuple[int, ...], list[str]] = {}
    for case in CASES:
        for number in case.ids:
            key = tuple(int(part) for part in number.split("."))
            found.setdefault(key, []).append(f"tests/asvs/test_two_sided.py::test_two_sided[{case.name}]")
    rows = {"v5.0.0-" + ".".join(map(str, key)): sorted(tests) for key, tests in sorted(found.items())}
    return json.dumps(rows, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
