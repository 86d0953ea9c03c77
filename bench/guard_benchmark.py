"""The guard in front of OWASP BenchmarkPython: `python -m bench.guard_benchmark CHECKOUT`, with Python 3.12.

Every case is driven in process, through the application's own test client: attacks of its class bare and with the guard
in block mode, then benign values, then the same attacks on cases that are safe. The checkout is copied first, and the
copy is thrown away. Bare and guarded run in a process of their own each. What the target needs must be installed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.guard_benchmark_cases import (
    CANARY,
    CLASSES,
    SECRET,
    Answer,
    Case,
    arguments,
    attacks,
    benign,
    cases,
    opened_files,
    told,
    works,
)

STOPPED = 403
Row = dict[str, Any]


@contextlib.contextmanager
def copied(checkout: Path) -> Iterator[Path]:
    """A copy that may be written to, with a file beside it that nobody may read."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "target"
        shutil.copytree(checkout, root, ignore=shutil.ignore_patterns(".git"))
        (root / CANARY).write_text(SECRET, encoding="utf-8")
        yield root


def drive(root: Path, mode: str, classes: tuple[str, ...]) -> dict[str, Row]:
    """Every case, in this process: case to what worked and what was stopped."""
    os.chdir(root)
    sys.path.insert(0, str(root))
    logging.disable(logging.CRITICAL)
    app: Any = __import__("app").app
    if mode == "block":
        from hauberk import Guard, Policy, protect

        app = protect(app, Policy(guard=Guard(mode="block")))
    client = app.test_client(use_cookies=False)
    opened = opened_files()

    def send(case: Case, value: str) -> Answer:
        opened()
        answer = client.open(case.path, **arguments(case, value))
        text = answer.get_data().decode("utf-8", "replace")
        return Answer(answer.status_code, text, answer.headers.get("Location", ""), opened())

    rows: dict[str, Row] = {}
    for case in cases(root):
        if case.cls not in classes:
            continue
        row = rows[case.name] = {"cls": case.cls, "real": case.real, "sent": bool(case.source)}
        row["worked"], row["told"], row["stopped"], row["refused"] = [], [], [], []
        if not case.source:
            continue
        for value in attacks(case.cls, root):
            worked, answer = works(send, case, value, root)
            (root / CANARY).write_text(SECRET, encoding="utf-8")
            if worked:
                row["worked"].append(value)
            elif case.cls == "pathtraver" and CANARY in value and told(send, case, value, answer):
                row["told"].append(value)
            if answer.status == STOPPED:
                row["stopped"].append(value)
        row["refused"] = [value for value in benign(case.cls, root) if send(case, value).status == STOPPED]
    return rows


def run(checkout: Path, mode: str, classes: tuple[str, ...]) -> dict[str, Row]:
    """The same in a process of its own."""
    with copied(checkout) as root:
        result = root.parent / "result.json"
        command = [sys.executable, "-m", "bench.guard_benchmark", str(root), "--drive", mode, "--to", str(result)]
        done = subprocess.run(
            [*command, "--classes", *classes],
            cwd=Path(__file__).parents[1],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not result.exists():
            raise SystemExit(f"the target did not run ({mode}):\n{done.stderr[-3_000:]}")
        # What a case executes writes to the standard output: the result has a file of its own.
        rows: dict[str, Row] = json.loads(result.read_text(encoding="utf-8"))
        return rows


def score(bare: dict[str, Row], guarded: dict[str, Row], cls: str) -> Row:
    """One class of cases."""
    names = [name for name, row in bare.items() if row["cls"] == cls]
    exploitable = [name for name in names if bare[name]["real"] and bare[name]["worked"]]
    held = [name for name in exploitable if not guarded[name]["worked"]]
    # A case that is called safe, and is not, says nothing about false alarms.
    safe = [name for name in names if not bare[name]["real"] and bare[name]["sent"] and not bare[name]["worked"]]
    stopped = [name for name in safe if set(guarded[name]["stopped"]) - set(bare[name]["stopped"])]
    asked = [name for name in names if bare[name]["sent"]]
    refused = [name for name in asked if set(guarded[name]["refused"]) - set(bare[name]["refused"])]
    return {
        "cases": len(names),
        "exploitable bare": len(exploitable),
        "blocked": len(held),
        "blocked %": round(100 * len(held) / len(exploitable), 1) if exploitable else None,
        "still exploitable": {name: guarded[name]["worked"] for name in exploitable if name not in held},
        "told what is there": {
            mode: sum(rows[name]["real"] and bool(rows[name]["told"]) for name in names)
            for mode, rows in (("bare", bare), ("guarded", guarded))
        },
        "asked benign": len(asked),
        "benign blocked": {name: guarded[name]["refused"] for name in refused},
        "safe": len(safe),
        "safe stopped on attack text": {name: guarded[name]["stopped"] for name in stopped},
        "real, not exploitable bare": sum(bare[name]["real"] and not bare[name]["worked"] for name in names),
        "called safe, exploitable bare": [name for name in names if not bare[name]["real"] and bare[name]["worked"]],
    }


def results(checkout: Path, classes: tuple[str, ...] = CLASSES) -> Row:
    """Every class."""
    bare, guarded = run(checkout, "bare", classes), run(checkout, "block", classes)
    rows = {cls: score(bare, guarded, cls) for cls in classes}
    stopped = sum(len(row["safe stopped on attack text"]) for row in rows.values())
    safe = sum(row["safe"] for row in rows.values())
    return {
        "subject": "OWASP BenchmarkPython, guard in block mode",
        "classes": rows,
        "benign blocked": sum(len(row["benign blocked"]) for row in rows.values()),
        "safe stopped %": round(100 * stopped / safe, 2) if safe else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.guard_benchmark", description=__doc__)
    parser.add_argument("checkout", type=Path, help="folder of OWASP BenchmarkPython")
    parser.add_argument("--classes", nargs="*", choices=CLASSES, default=list(CLASSES))
    parser.add_argument("--drive", choices=("bare", "block"), help=argparse.SUPPRESS)
    parser.add_argument("--to", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    checkout, classes = options.checkout.resolve(), tuple(options.classes)
    if not (checkout / "testcode").is_dir():
        parser.error(f"{checkout} is no checkout of BenchmarkPython: it has no folder testcode")
    if options.drive:
        target = options.to.resolve()
        target.write_text(json.dumps(drive(checkout, options.drive, classes)), encoding="utf-8")
        return
    json.dump(results(checkout, classes), sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
