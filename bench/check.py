"""The faults of configuration of `tests/check/faults`, by hauberk and by the tools that can be installed beside it.

    python -m bench.check [--peer PYTHON]

`PYTHON` is the interpreter of an environment with any of ruff, bandit, semgrep (its rules by `--semgrep-rules DIR`) and
Django; a tool that is not there is left out and named. A tool finds a fault if it says something of the faulty
application that it does not say of the hardened twin; all are asked with everything they have switched on.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.check.faults.table import ENVIRON, PROJECTS, figures, write

Said = Counter[str]
"""How often each rule of a tool spoke."""
Ask = Callable[[Path], Said]
DEPLOY = "import django, main; from django.core.management import call_command; call_command('check', deploy=True)"


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """A tool on one folder."""
    environ = {**os.environ, **ENVIRON}
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


def ruff(bin: Path) -> Ask:
    """Its security rules, those in preview too."""
    options = [
        "check",
        "--isolated",
        "--no-cache",
        "--exit-zero",
        "--preview",
        "--select",
        "S",
        "--output-format",
        "json",
    ]

    def ask(folder: Path) -> Said:
        return Counter(hit["code"] for hit in json.loads(run([str(bin / "ruff"), *options, "."], folder).stdout))

    return ask


def bandit(bin: Path) -> Ask:
    """Everything, however unsure."""

    def ask(folder: Path) -> Said:
        done = run([str(bin / "bandit"), "-q", "-r", "-f", "json", "."], folder)
        return Counter(hit["test_id"] for hit in json.loads(done.stdout)["results"])

    return ask


def semgrep(bin: Path, rules: Path) -> Ask:
    """The rules of a folder."""
    options = ["scan", "--metrics=off", "--disable-version-check", "--json", "--quiet", "--config", str(rules)]

    def ask(folder: Path) -> Said:
        done = run([str(bin / "semgrep"), *options, "."], folder)
        return Counter(hit["check_id"] for hit in json.loads(done.stdout)["results"])

    return ask


def deploy(bin: Path) -> Ask:
    """Django's own check before a deployment."""

    def ask(folder: Path) -> Said:
        if not (folder / "settings.py").exists():
            return Counter()
        done = run([str(bin / "python"), "-c", DEPLOY], folder)
        words = (done.stderr + done.stdout).replace("(", " ").replace(")", " ").split()
        return Counter(word for word in words if word.startswith(("security.W", "corsheaders.")))

    return ask


def tools(peer: Path | None, rules: Path | None) -> dict[str, Ask]:
    """Those that are there."""
    if peer is None:
        return {}
    bin = peer.parent
    found = {name: make(bin) for name, make in (("ruff", ruff), ("bandit", bandit)) if (bin / name).exists()}
    if (bin / "django-admin").exists():
        found["django check --deploy"] = deploy(bin)
    if rules is not None and (bin / "semgrep").exists():
        found["semgrep"] = semgrep(bin, rules)
    return found


def asked(asks: Mapping[str, Ask]) -> dict[str, Any]:
    """Which of the planted faults each tool finds."""
    found: dict[str, set[str]] = {name: set() for name in asks}
    with tempfile.TemporaryDirectory() as top:
        for project in PROJECTS:
            faults = [fault for fault in project.faults if fault.planted]
            if not faults:
                continue
            twin = Path(top, project.framework)
            write(project.files, twin)
            before = {name: ask(twin) for name, ask in asks.items()}
            for fault in faults:
                folder = Path(top, f"{project.framework}-{fault.kind}")
                write(project.with_fault(fault), folder)
                for name, ask in asks.items():
                    if ask(folder) - before[name]:
                        found[name].add(f"{project.framework} {fault.kind}")
    return {name: len(found[name]) for name in asks} | {"together": len(set().union(*found.values(), set()))}


def results(arguments: Iterable[str] = ()) -> dict[str, Any]:
    """Figures of hauberk and of each peer that is there."""
    parser = argparse.ArgumentParser(prog="bench.check")
    parser.add_argument("--peer", type=Path)
    parser.add_argument("--semgrep-rules", type=Path)
    parser.add_argument("--peers-only", action="store_true")
    options = parser.parse_args(list(arguments))
    asks = tools(options.peer, options.semgrep_rules)
    own = {} if options.peers_only else figures()
    missing = sorted({"ruff", "bandit", "semgrep", "django check --deploy"} - set(asks))
    return {"hauberk": own, "peers": {"planted": 38, **asked(asks)} if asks else {}, "not_installed": missing}


if __name__ == "__main__":
    print(json.dumps(results(sys.argv[1:]), indent=1))
