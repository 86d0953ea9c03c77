"""guard: did the input leave its literal, its word, its folder? One fact a line, judged by the pure judges.

Beside the facts one by one, the rates that the guard promises are asserted for each class of them.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bench.guard_coincidence import blocked, constant
from hauberk.guard import path as path_judge
from hauberk.guard import shell as shell_judge
from hauberk.guard import sql as sql_judge
from hauberk.guard.verdict import Judgement

Fact = dict[str, Any]
Case = tuple[str, Callable[[], None]]


def of_sql(fact: Fact) -> Judgement:
    return sql_judge.judge(fact["sql"], fact["input"], (fact.get("dialects") or ["sqlite"])[0])


def of_shell(fact: Fact) -> Judgement:
    return shell_judge.judge(fact["command"], fact["input"])


def of_path(fact: Fact) -> Judgement:
    return path_judge.judge(fact["path"], fact["input"], (fact["base"],))


JUDGES: dict[str, Callable[[Fact], Judgement]] = {
    "guard/sql.jsonl": of_sql,
    "guard/shell.jsonl": of_shell,
    "guard/path.jsonl": of_path,
}


def facts(path: Path) -> Iterator[Fact]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def cases(judge: Callable[[Fact], Judgement], path: Path) -> Iterator[Case]:
    for number, fact in enumerate(facts(path), 1):
        yield f"{number}", partial(check, judge, fact)


def check(judge: Callable[[Fact], Judgement], fact: Fact) -> None:
    if fact.get("cls") == "coincidence":
        # Told apart by where the statement comes from, not by its text: so it comes from code here, in a request.
        assert not blocked(constant(fact["sql"]), fact["input"]), fact
        return
    got = judge(fact)
    wanted = fact["expected"] == "attack"
    if got.attack == wanted:
        return
    if not wanted and "command" in fact and not sh_parses(fact["command"]):
        pytest.skip("labelled safe, but the shell itself finds a quote that is never closed in this command")
    raise AssertionError(f"{got} for {fact}")


def sh_parses(command: str) -> bool:
    """Whether a real shell reads the command to its end; nothing of it is run."""
    try:
        return subprocess.run(["sh", "-n"], input=command, text=True, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return True


FILES: dict[str, Callable[[Path], Iterator[Case]]] = {name: partial(cases, judge) for name, judge in JUDGES.items()}


def test_facts(vector_file: str, run_file: Callable[[Any], None]) -> None:
    run_file(FILES[vector_file])


def rates(name: str, path: Path) -> tuple[Counter[str], Counter[str]]:
    """How many facts each group has, and how many of them the judge calls an attack."""
    total: Counter[str] = Counter()
    called: Counter[str] = Counter()
    for fact in facts(path):
        group = fact["expected"]
        if group == "attack" and "compiles" in fact:
            group += " that compiles" if fact["compiles"] else " that fails anyway"
        if fact.get("cls") == "coincidence":
            group = "coincidence"
        total[group] += 1
        if group == "coincidence":
            called[group] += blocked(constant(fact["sql"]), fact["input"])
        else:
            called[group] += JUDGES[name](fact).attack
    return total, called


PROMISES = {
    "guard/sql.jsonl": {
        "attack that compiles": (0.995, 1),
        "attack that fails anyway": (0.99, 1),
        "safe": (0, 0.001),
        "coincidence": (0, 0.05),
    },
    "guard/shell.jsonl": {"attack": (0.995, 1), "safe": (0, 0.002)},
    "guard/path.jsonl": {"attack": (0.995, 1), "safe": (0, 0.003)},
}
"""Least and greatest share that may be called an attack."""


def test_rates(vector_file: str, vector_path: Path, record_property: Callable[[str, object], None]) -> None:
    total, called = rates(vector_file, vector_path)
    record_property("rates", {group: f"{called[group]} of {count}" for group, count in total.items()})
    for group, (least, greatest) in PROMISES[vector_file].items():
        if total[group]:
            assert least <= called[group] / total[group] <= greatest, f"{group}: {called[group]} of {total[group]}"
