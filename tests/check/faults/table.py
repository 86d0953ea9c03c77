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
import json, pathlib, sys
from hauberk.check import check
from hauberk.integrations.facts import facts
from hauberk.integrations.target import load

said = {}
for folder in sys.argv[1:]:
    import os
    os.chdir(folder)
    sys.path.insert(0, folder)
    before = set(sys.modules)
    result = check(facts(load("main:app")))
    said[folder] = [[f.rule.id, f.outcome, f.severity] for f in result.findings]
    if not result.complete:
        said[folder].append(["incomplete", "fail", " ".join(result.gaps)])
    sys.path.remove(folder)
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "") or "").startswith(folder):
            del sys.modules[name]
print(json.dumps(said))
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


def judge(projects: Iterable[Files], *, apart: bool) -> list[Judged]:
    """What `hauberk check` says of each, in processes of their own: `apart` where settings are set once a process."""
    with tempfile.TemporaryDirectory() as top:
        folders = []
        for number, files in enumerate(projects):
            folder = Path(top, str(number)).resolve()
            write(files, folder)
            folders.append(str(folder))
        said: dict[str, list[list[str]]] = {}
        for group in [[one] for one in folders] if apart else [folders]:
            done = subprocess.run(
                [sys.executable, "-c", RUN, *group],
                env={**os.environ, **ENVIRON},
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise RuntimeError(done.stderr[-2000:])
            said |= json.loads(done.stdout.splitlines()[-1])
    return [_judged(said[folder]) for folder in folders]


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
        apart = project.framework == "django"
        hardened, *faulty = judge([project.files, *map(project.with_fault, faults)], apart=apart)
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
