"""How often the guard is right, class by class, with peers beside it: `python -m bench.guard_corpora [--peers PYTHON]`.

Facts of the vectors (`--vectors DIR`, guard/*.jsonl) are judged by the guard's own judges; coincidences run in a
request. `PYTHON` is an interpreter that has peers installed (aikido_zen, ddtrace, libinjection-python, whichever): the
same facts are judged there, by `bench/guard_corpora_peers.py`. Each group says how many were called an attack.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.guard_coincidence import blocked, constant
from bench.guard_corpora_peers import facts, group
from hauberk.guard import path, shell, sql, ssrf
from hauberk.guard.address import internal, loopback_name, parse_host
from hauberk.guard.documents import Document
from hauberk.guard.inner import as_json, claims
from hauberk.guard.nosql import brought, interpreted, judged

DEFAULT = Path(__file__).parents[2] / "shared" / "vectors"
Fact = dict[str, Any]


def of_sql(fact: Fact) -> bool:
    if fact.get("cls") == "coincidence":
        return blocked(constant(fact["sql"]), fact["input"])
    return sql.judge(fact["sql"], fact["input"], (fact.get("dialects") or ["sqlite"])[0]).attack


def of_shell(fact: Fact) -> bool:
    return shell.judge(fact["command"], fact["input"]).attack


def of_path(fact: Fact) -> bool:
    return path.judge(fact["path"], fact["input"], (fact["base"],)).attack


def of_host(fact: Fact) -> bool:
    address = parse_host(fact["host"])
    return loopback_name(fact["host"]) if address is None else internal(address)


def of_match(fact: Fact) -> bool:
    return ssrf.names(fact["input"], fact["hostname"], fact["port"])


def of_nosql(fact: Fact) -> bool:
    sent = fact["request"]
    found: list[Document] = [(place, sent[place]) for place in ("body", "query") if place in sent]
    for text in (*sent.get("headers", {}).values(), *sent.get("cookies", {}).values()):
        found += (("text", document) for document in (as_json(text), *claims(text)) if document is not None)
    request = brought(found, [])
    nodes = interpreted(fact["filter"], "filter")
    return any(judgement.attack for node in nodes for _, judgement in judged(node, request))


JUDGES: dict[str, Callable[[Fact], bool]] = {
    "sql": of_sql,
    "shell": of_shell,
    "path": of_path,
    "ssrf_hosts": of_host,
    "ssrf_match_zen": of_match,
    "nosql_zen": of_nosql,
}


def results(folder: Path) -> dict[str, dict[str, list[int]]]:
    """For each file and group: how many facts were called an attack, and how many there are."""
    found: dict[str, dict[str, list[int]]] = {}
    for name, judge in JUDGES.items():
        for fact in facts(folder / "guard" / f"{name}.jsonl"):
            row = found.setdefault(name, {}).setdefault(group(fact), [0, 0])
            row[0] += judge(fact)
            row[1] += 1
    return found


def peers(python: str, folder: Path) -> dict[str, Any]:
    """The same from another interpreter: by peer, file and group; a peer that is not installed is named with why."""
    script = Path(__file__).with_name("guard_corpora_peers.py")
    ran = subprocess.run([python, str(script), str(folder)], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"{python} failed: {ran.stderr[-2_000:]}")
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def table(rows: dict[str, Any]) -> Iterator[str]:
    """A line for each group, with a column for everybody who judged it."""
    names = [name for name, row in rows.items() if isinstance(row, dict)]
    yield f"{'':44}" + "".join(f"{name:>22}" for name in names)
    for file, groups in rows["hauberk"].items():
        for label in sorted(groups):
            cells = [rows[name].get(file, {}).get(label) for name in names]
            shown = [f"{a} of {n} ({100 * a / n:.1f} %)" if n else "" for a, n in (cell or (0, 0) for cell in cells)]
            yield f"{file + ': ' + label:44}" + "".join(f"{cell:>22}" for cell in shown)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.guard_corpora", description=__doc__)
    parser.add_argument("--vectors", type=Path, default=DEFAULT)
    parser.add_argument("--peers", help="an interpreter that has aikido_zen, ddtrace or libinjection-python")
    options = parser.parse_args()
    if not (options.vectors / "guard").is_dir():
        parser.error(f"{options.vectors} has no folder guard")
    rows: dict[str, Any] = {"hauberk": results(options.vectors)}
    if options.peers:
        rows |= peers(options.peers, options.vectors)
    sys.stderr.write("called an attack, of all\n" + "\n".join(table(rows)) + "\n")
    json.dump(rows, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
