"""`python -m bench.scan TARGET`: a known vulnerable application, fetched beside the project, scanned and judged.

The target runs on a copy of its checkout, as nobody, in a network namespace that has only loopback; where the platform
does not allow that, the result says why. Prints one JSON object: true and false positives, requests and seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import scan_cage, scan_truth
from bench.scan_targets import RECIPES, Recipe

ROOT = Path(__file__).parents[1]
BESIDE = ROOT.parent
PORT = 8_765
SPARE = 400
"""Requests that one of several scans may take beyond its share, as long as there are any left."""


def main() -> int:
    """Read the command line; enter the namespace if we can; scan."""
    parser = argparse.ArgumentParser(prog="python -m bench.scan", description=__doc__)
    parser.add_argument("target", choices=sorted(RECIPES))
    parser.add_argument("--path", type=Path, help="the checkout; without it, looked for in `targets` beside us")
    parser.add_argument("--peers", type=Path, default=_beside("peers"), help="folder of virtual environments")
    parser.add_argument("--truth", type=Path, default=_beside("shared/vectors/scan"), help="folder of ground truth")
    parser.add_argument("--way", choices=("process", "url", "both"), default="both")
    parser.add_argument("--keep", type=Path, help="folder for the scans' own results")
    given = parser.parse_args()
    recipe = RECIPES[given.target]
    checkout = given.path or _beside("targets") / given.target
    if not checkout.is_dir():
        parser.error(f"{checkout} is no folder: fetch the target, and name its checkout with --path")
    python = given.peers / recipe.python / "bin" / "python"
    if not python.exists():
        python = Path(sys.executable)
    why = scan_cage.confined()
    if not why and scan_cage.INSIDE not in os.environ:
        return scan_cage.enter(sys.argv[1:], [python, Path(sys.executable)])
    truth = json.loads((given.truth / recipe.truth).read_text(encoding="utf-8"))
    said = {"subject": f"scan {given.target}", "confined": f"no: {why}" if why else "loopback only, as nobody"}
    ways = [
        w for w in ("process", "url") if given.way in (w, "both") and (recipe.app if w == "process" else recipe.serve)
    ]
    for way in ways:
        runs = [_run(recipe, checkout, python, way, switch, given.keep) for switch in recipe.switches]
        said[way] = _judged(recipe, truth, runs)
    json.dump(said, sys.stdout, indent=1)
    sys.stdout.write("\n")
    return 0


def _beside(name: str) -> Path:
    """A folder beside the project, or beside a worktree of it."""
    return next((p / name for p in (BESIDE, BESIDE.parent) if (p / name).is_dir()), BESIDE / name)


def _judged(recipe: Recipe, truth: dict[str, Any], runs: list[dict[str, Any]]) -> Any:
    figures = ("requests", "seconds", "alive", "complete", "operations")
    if "tests" in truth:
        told = scan_truth.catalogue(truth, [run["result"] for run in runs])
        every = {path["path"] for test in truth["tests"] for path in test["routes"]}
        counted = {"tests": recipe.tests, "tests_with_a_known_answer": len(every)}
        each = {"requests_a_test": round(runs[0]["requests"] / recipe.tests, 3)}
        return told | {name: runs[0][name] for name in figures} | counted | each
    judged = []
    for run, switch in zip(runs, recipe.switches, strict=True):
        off = switch.get("vulnerable") == "0"
        judged.append(switch | scan_truth.listed(truth, run["result"], off=off) | {name: run[name] for name in figures})
    return judged if len(judged) > 1 else judged[0]


def _run(
    recipe: Recipe, checkout: Path, python: Path, way: str, switch: dict[str, str], keep: Path | None
) -> dict[str, Any]:
    with scan_cage.copied(checkout) as place, tempfile.TemporaryDirectory(prefix="hbk-out-") as folder:
        os.chmod(folder, 0o777)
        out = Path(folder) / "result.json"
        environ = os.environ | switch | {"PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        if way == "process":
            command = [str(python), "-m", "hauberk", "scan", recipe.app]
            run = _scan(scan_cage.unprivileged([*command, *_limits(recipe, out)]), place, environ, out)
            alive = True
        else:
            with _served(recipe, place, python, environ) as server:
                url = f"{recipe.scheme}://{recipe.host}:{PORT}"
                for path in recipe.setup:
                    _set_up(url + path)
                more = _identities(recipe, Path(folder))
                parts, left = list[dict[str, Any]](), recipe.max_requests
                for begin, scope, share in recipe.begins:
                    command = [sys.executable, "-m", "hauberk", "scan", url + begin, "--scope", scope, *more]
                    limit = min(left, int(recipe.max_requests * share) + SPARE) if scope else left
                    parts.append(_scan([*command, *_limits(recipe, out, limit)], ROOT, environ, out))
                    left -= parts[-1]["requests"]
                run = _joined(parts)
                alive = server.poll() is None and _answers(url + recipe.begins[0][0])
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            name = "-".join([checkout.name, way, *switch.values()])
            (keep / f"{name}.json").write_text(json.dumps(run["result"], indent=1), encoding="utf-8")
        return run | {"alive": alive}


def _identities(recipe: Recipe, folder: Path) -> list[str]:
    if not recipe.identities:
        return []
    who = folder / "identities.toml"
    who.write_text(recipe.identities, encoding="utf-8")
    return ["--identities", str(who), "--intrusive"]


def _joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Several scans as one: what they found, and what they took together."""
    known = [part["operations"] for part in parts]
    return {
        "result": {"findings": [finding for part in parts for finding in part["result"]["findings"]]},
        "requests": sum(part["requests"] for part in parts),
        "seconds": round(sum(part["seconds"] for part in parts), 1),
        "complete": all(part["complete"] for part in parts),
        "operations": {name: sum(one[name] for one in known) for name in known[0]},
    }


def _limits(recipe: Recipe, out: Path, most: int = 20_000) -> list[str]:
    limits = ["--max-requests", str(most), "--max-seconds", str(recipe.max_seconds)]
    return [*limits, "--quiet", "--format", f"json={out}"]


def _scan(command: list[str], place: Path, environ: dict[str, str], out: Path) -> dict[str, Any]:
    started = time.monotonic()
    done = subprocess.run(command, cwd=place, env=environ, check=False, capture_output=True, text=True)
    seconds = round(time.monotonic() - started, 1)
    if not out.exists():
        sys.exit(f"the scan ended with {done.returncode} and no result:\n{done.stderr[-3000:]}")
    result = json.loads(out.read_text(encoding="utf-8"))
    stats = result["stats"]
    return {
        "result": result,
        "requests": stats["requests"],
        "operations": stats["operations"],
        "complete": result["complete"],
        "seconds": seconds,
    }


@contextmanager
def _served(recipe: Recipe, place: Path, python: Path, environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    command = scan_cage.unprivileged([str(python), "-c", recipe.serve.format(port=PORT)])
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(command, cwd=place, env=environ, stdout=log, stderr=log)
        try:
            until = time.monotonic() + 60
            while not _listens():
                if server.poll() is not None or time.monotonic() > until:
                    log.seek(0)
                    sys.exit(f"the target did not start:\n{log.read()[-3000:].decode(errors='replace')}")
                time.sleep(0.1)
            yield server
        finally:
            server.kill()
            server.wait()


def _listens() -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", PORT)) == 0


def _get(url: str) -> int:
    context = ssl._create_unverified_context() if url.startswith("https") else None
    with urllib.request.urlopen(url, timeout=20, context=context) as answer:
        return int(answer.status)


def _set_up(url: str) -> None:
    """Ask until it is answered with success: a server that has just started may not be ready for it."""
    for _ in range(10):
        if _answers(url):
            return
        time.sleep(1)
    sys.exit(f"{url} was not answered with success")


def _answers(url: str) -> bool:
    try:
        return _get(url) < 500
    except OSError:
        return False


if __name__ == "__main__":
    raise SystemExit(main())
