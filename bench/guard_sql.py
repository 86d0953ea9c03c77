"""How often the guard is right about SQL, by class and engine: `python -m bench.guard_sql [--vectors DIR]`.

The facts of `guard/sql.jsonl` are judged as they are (SQLite labelled them), and their inputs are put anew into the
same statements for PostgreSQL and MariaDB, where a running server says of each whether it left its literal, and
whether the statement runs. Statements that are constants of the code run through the guard itself, in a request.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from fuzz.sql.engines import ENGINES, GRAMMAR, Run
from fuzz.sql.grammar import ONE_VALUE, doubling, one_value, one_value_slashed
from hauberk.guard.sql import judge

DEFAULT = Path(__file__).parents[2] / "shared" / "vectors"
STRINGS = (
    "SELECT * FROM users WHERE name = '{}'",
    "UPDATE users SET bio = '{}' WHERE id = 7",
    "INSERT INTO comments (author, body) VALUES ('{}', 'x')",
    "SELECT id, title FROM posts WHERE title LIKE '%{}%' AND hidden = 0 ORDER BY id DESC LIMIT 20",
    "SELECT username FROM accounts WHERE username='{}' AND password='s3cret'",
)
NUMBERS = (
    "SELECT * FROM users WHERE id = {}",
    "SELECT * FROM items WHERE price > {} AND stock > 0 LIMIT 10",
)
TABLES = (
    "CREATE TABLE users (id int, name text, bio text)",
    "CREATE TABLE comments (author text, body text)",
    "CREATE TABLE posts (id int, title text, hidden int)",
    "CREATE TABLE accounts (username text, password text)",
    "CREATE TABLE items (price numeric, stock int)",
)
"""So that what fails, fails for its syntax."""


class Case(NamedTuple):
    """One statement, and what its engine made of it."""

    sql: str
    value: str
    cls: str
    attack: bool
    runs: bool


def facts(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def group(case: Case) -> str:
    """The row of the table that a case counts in."""
    return f"{case.cls}, {'runs' if case.runs else 'fails anyway'}" if case.attack else case.cls


def labelled(inputs: list[tuple[str, bool]], engine: str, run: Run) -> Iterator[Case]:
    """Each input in each position, raw and escaped; `run` decides. An input comes with whether it is benign."""
    number = one_value_slashed if engine == "mariadb" else one_value
    assert number in ONE_VALUE
    for at, (value, benign) in enumerate(inputs):
        if "\0" in value:
            continue
        template = STRINGS[at % len(STRINGS)]
        raw = template.replace("{}", value)
        inside = returns(run, value, value, engine)
        yield Case(raw, value, "text inside" if inside else "raw string", not inside, runs(run, raw))
        for name, escape in ESCAPES[engine].items():
            escaped = escape(value)
            whole = template.replace("{}", escaped)
            if returns(run, escaped, value, engine):
                yield Case(whole, value, f"{'benign' if benign else 'attack text'}, {name}", False, True)
            elif escaped != value:
                yield Case(whole, value, f"escaped wrongly, {name}", True, runs(run, whole))
        if not benign and number(value) is None:
            template = NUMBERS[at % len(NUMBERS)]
            whole = template.replace("{}", value)
            yield Case(whole, value, "raw number", True, runs(run, whole))


ESCAPES: dict[str, dict[str, Callable[[str], str]]] = {
    "postgres": {
        "doubled": lambda text: text.replace("'", "''"),
        "slashed": lambda text: text.replace("\\", "\\\\").replace("'", "\\'"),
    },
    "mariadb": {
        "doubled": lambda text: text.replace("'", "''"),
        "slashed": lambda text: text.replace("\\", "\\\\").replace("'", "\\'"),
        "slashed and doubled": lambda text: text.replace("\\", "\\\\").replace("'", "''"),
    },
}


def returns(run: Run, literal: str, value: str, engine: str) -> bool:
    """Whether the engine reads a string with that between its quotes as one value: exactly this one."""
    got = run(f"SELECT '{literal}', 'zz'")
    # What was escaped in vain, or a backslash that is read, is no way out: the value is another one, that is all.
    values = {value, literal, one_slashed(literal) if engine == "mariadb" else doubling("'")(literal)}
    return got is not None and len(got[0]) == 1 and len(got[0][0]) == 2 and str(got[0][0][0]) in values


def one_slashed(literal: str) -> str:
    """What MariaDB reads in a string."""
    from fuzz.sql.grammar import TEMPLATES

    worth = TEMPLATES["mariadb"][0].worth
    return (worth(literal) if worth else None) or ""


def runs(run: Run, sql: str) -> bool:
    """Whether the server gets so far as to run it: what fails for its data would not fail for other data."""
    return run(sql) is not None or not run.refused


def prepared(engine: str, run: Run) -> None:
    for table in TABLES:
        run(table + ("" if engine == "mariadb" else "; COMMIT"))


def tables(path: Path, engines: list[str], limit: int) -> dict[str, dict[str, str]]:
    """By engine and group: how many cases, and how many of them the guard calls an attack."""
    known = [fact for fact in facts(path) if fact.get("cls") != "coincidence"]
    found = {"sqlite": count((_case(fact) for fact in known), "sqlite")}
    inputs: dict[str, bool] = {}
    for fact in known:
        inputs[fact["input"]] = inputs.get(fact["input"], False) or fact["cls"].startswith("benign")
    for engine in engines:
        with ENGINES[engine]() as run:
            prepared(engine, run)
            found[engine] = count(labelled(list(inputs.items())[:limit], engine, run), GRAMMAR[engine])
    return found


def _case(fact: dict[str, Any]) -> Case:
    return Case(fact["sql"], fact["input"], fact["cls"], fact["expected"] == "attack", bool(fact.get("compiles")))


def count(cases: Iterator[Case], dialect: str) -> dict[str, str]:
    total: Counter[str] = Counter()
    called: Counter[str] = Counter()
    for case in cases:
        total[group(case)] += 1
        called[group(case)] += judge(case.sql, case.value, dialect).attack
    return {name: f"{called[name]} of {total[name]}" for name in sorted(total)}


def results(path: Path = DEFAULT / "guard" / "sql.jsonl", limit: int = 100_000) -> dict[str, Any]:
    """The table: cases called an attack, of all in the group."""
    from bench.guard_coincidence import coincidences

    return {**tables(path, ["postgres", "mariadb"], limit), "coincidence": coincidences(path)}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors", type=Path, default=DEFAULT)
    parser.add_argument("--limit", type=int, default=100_000, help="inputs, for a quick look")
    options = parser.parse_args(arguments)
    json.dump(results(options.vectors / "guard" / "sql.jsonl", options.limit), sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main(sys.argv[1:])
