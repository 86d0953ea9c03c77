"""Thousands of lock files in one run: cost for each, and memory.

    python -m bench.fleet --vectors DIR [--sizes 1000 3000 10000] [--engine processes] [--jobs 2]

The lock files are copies of the shared ones with permuted versions: in each, a third of the versions have another last
number. CPU time is that of the whole command with all of its processes; memory is the most that any of them held.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from hauberk.audit.build import build
from hauberk.audit.files import read_text
from hauberk.audit.readers import detect

NAMES = {
    "package-lock": "package-lock.json", "yarn-classic": "yarn.lock", "yarn-berry": "yarn.lock",
    "pnpm": "pnpm-lock.yaml", "bun": "bun.lock", "uv": "uv.lock", "poetry": "poetry.lock", "pdm": "pdm.lock",
    "pipfile-lock": "Pipfile.lock", "requirements": "requirements.txt",
}  # fmt: skip
_VERSION = re.compile(r"""(version"?[ :=]+"?(?:==)?\d+\.\d+\.)(\d{1,3})\b|(==\d+\.\d+\.)(\d{1,3})\b""")


def permuted(text: str, random: Random) -> str:
    """The lock file with other last numbers in a third of its versions."""

    def other(match: re.Match[str]) -> str:
        if random.random() > 1 / 3:
            return match[0]
        return f"{match[1] or match[3]}{random.randint(0, int(match[2] or match[4]) + 2)}"

    return _VERSION.sub(other, text)


def written(folder: Path, lockfiles: Path, count: int) -> Iterator[Path]:
    """So many projects, in turn of each kind, by a fixed seed."""
    kinds = []
    for path in sorted(lockfiles.iterdir()):
        text = read_text(path)
        kind = detect(path.name, text)
        if kind in NAMES and len(text) < 600_000:
            kinds.append((NAMES[kind], text))
    random = Random(7)
    for number in range(count):
        name, text = kinds[number % len(kinds)]
        project = folder / f"{number:05}"
        project.mkdir()
        (project / name).write_text(permuted(text, random), encoding="utf-8")
        yield project


def measured(folder: Path, count: int, index: Path, engine: str, jobs: int) -> dict[str, Any]:
    listed = folder / f"list-{count}.txt"
    listed.write_text("".join(f"{number:05}\n" for number in range(count)))
    how = ["--engine", engine, "--jobs", str(jobs), "--index", str(index), "--quiet"]
    report = ["--format", f"json={folder / 'fleet.json'}"]
    command = [sys.executable, "-m", "hauberk", "audit", "--fleet", str(listed), *how, *report]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    status = subprocess.call(command, stdout=subprocess.DEVNULL, env=environ)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if status not in (0, 1):
        raise SystemExit(f"{command} ended with {status}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    stats = json.loads((folder / "fleet.json").read_text())["stats"]
    return {
        "files": stats["files"],
        "packages": stats["packages"],
        "vulnerable": stats["vulnerable"],
        "cpu seconds": round(cpu, 1),
        "cpu milliseconds a file": round(cpu / count * 1000, 1),
        "wall seconds": round(perf_counter() - start, 1),
        "megabytes, most of any process so far": round(after.ru_maxrss / 1000),
    }


def results(vectors: Path, sizes: list[int], engine: str = "processes", jobs: int = 2) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        index = folder / "index.sqlite3"
        build(index, sorted((vectors / "audit").glob("*.osv.jsonl.gz")), kev=vectors / "audit" / "kev.csv")
        for _ in written(folder, vectors / "audit" / "lockfiles", max(sizes)):
            pass
        found = {}
        for size in sorted(sizes):
            found[str(size)] = measured(folder, size, index, engine, jobs)
            print(size, found[str(size)], file=sys.stderr, flush=True)
        return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--vectors", type=Path, required=True)
    options.add_argument("--sizes", type=int, nargs="+", default=[1_000, 3_000, 10_000])
    options.add_argument("--engine", default="processes")
    options.add_argument("--jobs", type=int, default=2)
    given = options.parse_args()
    found = results(given.vectors.resolve(), given.sizes, given.engine, given.jobs)
    print(json.dumps({"subject": "fleet", "engine": given.engine, "jobs": given.jobs} | found, indent=1))


if __name__ == "__main__":
    main()
