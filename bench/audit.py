"""The whole audit command, process start included, against its peers and the least work that could do it.

    python -m bench.audit --vectors DIR [--peer PYTHON]

`DIR` holds the shared vectors; `PYTHON` is the interpreter of an environment with pip-audit 2.10.1; npm is taken from
the path. Both peers ask a server on the loopback address that answers with the same advisories, at once.
"""

from __future__ import annotations

import sys
from typing import Any


def floor(lock: str, index: str) -> None:
    """The least: read the lock by its lines, look the names up, compare versions, print the pairs."""
    import json
    import sqlite3

    parse: Any

    with open(lock, encoding="utf-8") as file:
        text = file.read()
    if lock.endswith(".json"):
        found = {
            (path.rpartition("node_modules/")[2], entry["version"])
            for path, entry in json.loads(text)["packages"].items()
            if path
        }
        number, parse = 1, semver
    else:
        import tomllib

        from packaging.version import Version

        found = {(entry["name"], entry["version"]) for entry in tomllib.loads(text)["package"]}
        number, parse = 0, Version
    db = sqlite3.connect(f"file:{index}?mode=ro&immutable=1", uri=True)
    names = sorted({name for name, _ in found})
    rows: dict[str, list[Any]] = {}
    for start in range(0, len(names), 500):
        part = names[start : start + 500]
        marks = ",".join("?" * len(part))
        for name, packed in db.execute(f"select name, packed from pkg where eco={number} and name in ({marks})", part):
            rows.setdefault(name, []).extend(json.loads(packed))
    for name, version in sorted(found):
        if name in rows:
            mine = parse(version)
            for own, intervals, *_ in rows[name]:
                if any(
                    (low is None or parse(low) <= mine)
                    and (high is None or mine < parse(high) or (end and mine <= parse(high)))
                    for low, high, end in intervals
                ):
                    print(name, version, own)


def semver(text: str) -> tuple[int, ...]:
    numbers = [*text.partition("+")[0].partition("-")[0].split("."), "0", "0"][:3]
    return tuple(int(one) if one.isdigit() else 0 for one in numbers)


if sys.argv[1:2] == ["floor"]:
    floor(sys.argv[2], sys.argv[3])
    sys.exit()

import argparse  # noqa: E402
import gzip  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import shutil  # noqa: E402
import subprocess  # noqa: E402
import tempfile  # noqa: E402
import threading  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from contextlib import contextmanager  # noqa: E402
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer  # noqa: E402
from pathlib import Path  # noqa: E402
from statistics import median  # noqa: E402
from time import perf_counter  # noqa: E402

from hauberk.audit.build import build  # noqa: E402
from hauberk.audit.files import read_text  # noqa: E402
from hauberk.audit.index import Index  # noqa: E402
from hauberk.audit.judging import judge  # noqa: E402
from hauberk.audit.readers import detect, reader  # noqa: E402

ROUNDS = 9
LOCK_SIZE = 2_000


def answers(index: Index, ecosystem: Any, packages: dict[str, list[str]]) -> dict[str, list[dict[str, Any]]]:
    """The advisories of each package, in the registry's form."""
    known = index.lookup(ecosystem, packages)
    found: dict[str, list[dict[str, Any]]] = {}
    for name, versions in packages.items():
        for version in versions:
            verdict = judge((ecosystem, name, version), known.get(name, []))
            for entry in verdict.matched if verdict else ():
                found.setdefault(name, []).append(
                    {"id": len(found) + 1, "url": f"https://advisory.example/{entry.id}", "title": entry.id,
                     "severity": "high", "vulnerable_versions": version, "cwe": [], "cvss": {"score": 0}}
                )  # fmt: skip
    return found


@contextmanager
def served(index_path: Path, pins: dict[str, str]) -> Iterator[str]:
    """Both peers' sources: everything is computed before, so that a query costs its transport only."""
    with Index.open(index_path) as index:
        known = index.lookup("PyPI", pins)
        matched = {
            name: [index.body(e.id) for e in verdict.matched]
            for name, version in pins.items()
            if (verdict := judge(("PyPI", name, version), known.get(name, [])))
        }
    ready: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one segment an answer: else Nagle's algorithm and delayed ACKs cost 40 ms a query
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            asked = json.loads(body)
            if "package" in asked:
                vulns = matched.get(asked["package"]["name"].lower(), [])
                answer = json.dumps({"vulns": vulns} if vulns else {}).encode()
            else:
                if "npm" not in ready:
                    with Index.open(index_path) as own:
                        ready["npm"] = json.dumps(answers(own, "npm", asked)).encode()
                answer = ready["npm"]
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def do_GET(self) -> None:
            self.send_response(404)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def big_lock(folder: Path, lockfiles: Path) -> Path:
    """A package-lock.json of 2,000 packages, drawn from the shared ones in a fixed order."""
    names: dict[str, str] = {}
    for path in sorted(lockfiles.iterdir()):
        kind = detect(path.name, text := read_text(path))
        if kind in ("package-lock", "yarn-classic", "yarn-berry", "pnpm", "bun"):
            for pin in reader(kind)(text, path.name).packages:
                names.setdefault(pin.name, pin.version)
    chosen = dict(list(names.items())[:LOCK_SIZE])
    packages: dict[str, Any] = {"": {"name": "bench", "version": "1.0.0", "dependencies": chosen}}
    for name, version in chosen.items():
        packages[f"node_modules/{name}"] = {
            "version": version,
            "resolved": f"https://registry.example/{name}/-/x-{version}.tgz",
            "integrity": "sha512-" + "A" * 86 + "==",
        }
    manifest = {"name": "bench", "version": "1.0.0", "dependencies": chosen}
    (folder / "package.json").write_text(json.dumps(manifest))
    lock = folder / "package-lock.json"
    head = {"name": "bench", "version": "1.0.0", "lockfileVersion": 3, "requires": True}
    lock.write_text(json.dumps({**head, "packages": packages}, indent=2))
    return lock


_MEMORY = """
import os, resource, subprocess, sys
subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def run(command: list[str], cwd: Path, environ: dict[str, str]) -> tuple[float, float]:
    """Seconds of wall time, and of CPU time, of the whole process."""
    before = perf_counter()
    devnull = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=cwd, env=environ, stdout=devnull, stderr=devnull)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise SystemExit(f"{command} ended with {process.returncode}")
    return perf_counter() - before, used.ru_utime + used.ru_stime


def memory(command: list[str], cwd: Path, environ: dict[str, str]) -> float:
    """The most that the process held, in MB: measured by a small process, since what it forks begins with its size."""
    measuring = [sys.executable, "-S", "-c", _MEMORY, *command]
    return int(subprocess.check_output(measuring, cwd=cwd, env=environ)) / 1000


def measured(commands: dict[str, list[str]], cwd: Path, environ: dict[str, str], rounds: int) -> dict[str, Any]:
    """Medians of interleaved rounds, and ratios to each other's subject `audit`."""
    for command in commands.values():
        run(command, cwd, environ)
    figures: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    order = list(commands.items())
    for number in range(rounds):
        for name, command in order[number % len(order) :] + order[: number % len(order)]:
            figures[name].append(run(command, cwd, environ))
    found: dict[str, Any] = {}
    for kind, at in (("", 0), ("CPU ", 1)):
        middle = {name: median(row[at] for row in rows) for name, rows in figures.items()}
        found[f"{kind}seconds"] = {name: round(value, 3) for name, value in middle.items()}
        found[f"{kind}ratios"] = {
            f"audit/{name}": round(middle["audit"] / middle[name], 3) for name in middle if name != "audit"
        }
    found["megabytes"] = {name: round(memory(command, cwd, environ), 1) for name, command in commands.items()}
    return found


def results(vectors: Path, peer: str | None = None, rounds: int = ROUNDS) -> dict[str, Any]:
    lockfiles = vectors / "audit" / "lockfiles"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        index = folder / "index.sqlite3"
        build(index, sorted((vectors / "audit").glob("*.osv.jsonl.gz")), kev=vectors / "audit" / "kev.csv")
        poetry = Path(shutil.copy(lockfiles / "saleor-2022.poetry.lock", folder / "poetry.lock"))
        pins = {pin.name.lower(): pin.version for pin in reader("poetry")(read_text(poetry), poetry.name).packages}
        (folder / "requirements.txt").write_text("".join(f"{own}=={version}\n" for own, version in pins.items()))
        (folder / "npm").mkdir()
        big = big_lock(folder / "npm", lockfiles)
        # Installed packages have their bytecode.
        environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {
            "HAUBERK_INDEX": str(index),
            "npm_config_update_notifier": "false",
        }
        ours = [sys.executable, "-m", "hauberk", "audit", "--offline", "--quiet"]
        least = [sys.executable, __file__, "floor"]
        with served(index, pins) as url:
            python = {
                "audit": [*ours, "--format", "json", str(poetry)],
                "audit as text": [*ours, str(poetry)],
                "floor": [*least, str(poetry), str(index)],
                "imports of hauberk's command line alone": [sys.executable, "-c", "import hauberk.cli.main"],
                "python alone": [sys.executable, "-c", "pass"],
            }
            if peer:
                python["pip-audit"] = [
                    peer, "-m", "pip_audit", "-r", str(folder / "requirements.txt"), "--no-deps", "--disable-pip",
                    "-s", "osv", "--osv-url", f"{url}/v1/query", "--progress-spinner", "off", "--format", "json",
                ]  # fmt: skip
            node = {"audit": [*ours, "--format", "json", str(big)], "floor": [*least, str(big), str(index)]}
            if npm := shutil.which("npm"):
                node["npm audit"] = [npm, "audit", "--json", "--registry", url, "--cache", str(folder / "cache")]
            return {
                f"poetry.lock of {len(pins)} packages": measured(python, folder, environ, rounds),
                f"package-lock.json of {LOCK_SIZE} packages": measured(node, folder / "npm", environ, rounds),
            }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--vectors", type=Path, required=True)
    options.add_argument("--peer", help="an interpreter that has pip-audit")
    options.add_argument("--rounds", type=int, default=ROUNDS)
    given = options.parse_args()
    found = results(given.vectors.resolve(), given.peer, given.rounds)
    print(json.dumps({"subject": "audit", "unit": "s of wall time of the whole process"} | found, indent=1))


if __name__ == "__main__":
    main()
