"""What the guard costs in instructions: `python -m bench.guard_instructions`, with valgrind.

The same requests through Flask as in `bench.guard`. Instructions are the same on a busy machine as on a quiet one; what
they take in time, caches decide. A run with few requests is taken from one with many.
"""

from __future__ import annotations

import gc
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.guard import GUARD, POLICY, _once, flask_app
from bench.harness import report
from hauberk.adapters.wsgi import WSGIShield
from hauberk.guard.sinks import sqlite as sink

FEW, MANY = 10, 110
QUERIES = {"1 query": (1, 0), "20 queries, 31 fields": (20, 31)}


def requests(kind: str, queries: int, fields: int, count: int) -> None:
    """So many requests; then the process ends at once."""
    import sqlite3

    GUARD.steps()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "db")
        with sink._CONNECT(path) as connection:
            connection.execute("create table users (id, name, email, active)")
        connection.close()
        app = flask_app(sink._CONNECT if kind == "bare" else sqlite3.connect, path, queries)
        if kind == "guarded":
            app.wsgi_app = WSGIShield(app.wsgi_app, POLICY.plan())
        client = app.test_client()
        client.get("/?f0=ada")
        once = _once(client, {f"f{n}": f"some text, number {n}; it's all" for n in range(fields)} or None)
        for _ in range(20):
            once()
        gc.collect()
        gc.disable()
        for _ in range(count):
            once()
    os._exit(0)


def instructions(kind: str, queries: int, fields: int) -> float:
    """Thousands of instructions of one request."""
    counts: list[int] = []
    for count in (FEW, MANY):
        command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", sys.executable]
        command += ["-m", "bench.guard_instructions", kind, str(queries), str(fields), str(count)]
        done = subprocess.run(
            command, env={**os.environ, "PYTHONHASHSEED": "0"}, capture_output=True, text=True, check=True
        )
        found = re.search(r"I\s+refs:\s+([\d,]+)", done.stderr)
        if found is None:
            raise RuntimeError(done.stderr[-2_000:])
        counts.append(int(found[1].replace(",", "")))
    return (counts[1] - counts[0]) / (MANY - FEW) / 1_000


def results() -> dict[str, Any]:
    """Bare and guarded, and their ratio."""
    rows: dict[str, Any] = {}
    for name, (queries, fields) in QUERIES.items():
        bare, guarded = (round(instructions(kind, queries, fields), 1) for kind in ("bare", "guarded"))
        rows[name] = {"bare": bare, "guarded": guarded, "ratio": round(guarded / bare, 3)}
    return {"unit": "thousand instructions of one request", "requests": rows}


if __name__ == "__main__":
    if len(sys.argv) > 1:
        requests(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    if shutil.which("valgrind") is None:
        raise SystemExit("valgrind is not installed (Debian: valgrind)")
    report("guard", results())
