"""How many of the faults are found: `python -m tests.check.faults.table` judges all and prints one JSON object."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.check.faults import on_django, on_fastapi, on_flask, on_litestar, on_quart
from tests.check.faults.fault import Files, Project

PROJECTS: tuple[Project, ...] = tuple(
    module.PROJECT for module in (on_fastapi, on_litestar, on_quart, on_flask, on_django)
)
ENVIRON = {
    "SHOP_SECRET": "k8Jd73hHs9-PqLm2xVt5_ZbR4cNw6Yf1GaEu0TsKo3iMw7Qz2",
    "SHOP_KEY": "vT2xQ9-aLr7Kd0WmZs4_Yc6NbGf1HpUe8JoRi3XtVq5BzMw4C",
    "SHOP_DB": "Zt8-kQw3LmR7xVb2NcY5pJd9",
    "SHOP_BYTES": "9f3a7c51e08d42b6a1f7c93e5d20b84f7a6c1e93d5b80f2417ac69e3d85b01f4",
}
RUN = """
import json, os, sys
import hauberk.integrations.facts.django  # what every application needs, loaded once
from hauberk.check import check
from hauberk.integrations.facts import facts
from hauberk.integrations.target import load

for folder in sys.argv[1:]:
    child = os.fork()  # settings are set once a process, and a module is imported once
    if child:
        if os.waitpid(child, 0)[1]:
            sys.exit(folder)
        continue
    os.chdir(folder)
    sys.path.insert(0, folder)
    result = check(facts(load("main:app")))
    said = [[f.rule.id, f.outcome, f.severity] for f in result.findings]
    said += [["incomplete", "fail", gap] for gap in result.gaps if not result.complete]
    with open("said.json", "w") as file:
        json.dump(said, file)
    os._exit(0)
"""


@dataclass(frozen=True, slots=True)
class Judged:
    """What was said of one application."""

    failed: frozenset[str]
    """Rules without their prefix."""
    serious: frozenset[str]
    """Those of them at medium or above."""


def write(files: Files, folder: Path) -> None:
    """Put a project into a folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


def judge(projects: Iterable[Files]) -> list[Judged]:
    """What `hauberk check` says of each, in a process of its own. Raises RuntimeError if one cannot be judged."""
    with tempfile.TemporaryDirectory() as top:
        folders = []
        for number, files in enumerate(projects):
            folder = Path(top, str(number)).resolve()
            write(files, folder)
            folders.append(folder)
        done = subprocess.run(
            [sys.executable, "-c", RUN, *map(str, folders)],
            env={**os.environ, **ENVIRON},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        return [_judged(json.loads((folder / "said.json").read_text())) for folder in folders]


def _judged(rows: list[list[str]]) -> Judged:
    failed = [(rule.removeprefix("check."), severity) for rule, outcome, severity in rows if outcome == "fail"]
    serious = frozenset(rule for rule, severity in failed if severity in {"medium", "high", "critical"})
    return Judged(frozenset(rule for rule, _ in failed), serious)


def figures(projects: Iterable[Project] = PROJECTS, *, planted_only: bool = False) -> Mapping[str, Any]:
    """Found and missed, alarms on the hardened twins, and the figure for the 38 that others were measured on."""
    found: dict[str, dict[str, bool]] = {}
    alarms: dict[str, list[str]] = {}
    planted: list[bool] = []
    for project in projects:
        faults = [fault for fault in project.faults if fault.planted or not planted_only]
        hardened, *faulty = judge([project.files, *map(project.with_fault, faults)])
        alarms[project.framework] = sorted(hardened.failed - set(project.limits))
        for fault, said in zip(faults, faulty, strict=True):
            seen = fault.rule in said.failed and fault.rule not in hardened.failed
            found.setdefault(fault.kind, {})[project.framework] = seen
            planted += [seen] * fault.planted
    cells = [seen for row in found.values() for seen in row.values()]
    return {
        "planted": len(planted),
        "planted_found": sum(planted),
        "kinds": len(found),
        "kinds_found": sum(all(row.values()) for row in found.values()),
        "faults": len(cells),
        "faults_found": sum(cells),
        "alarms_on_hardened": alarms,
        "table": {kind: found[kind] for kind in sorted(found)},
    }


if __name__ == "__main__":
    print(json.dumps(figures(), indent=1))
