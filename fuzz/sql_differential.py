"""What an engine runs is never called inert when the input broke out:

    python -m fuzz.sql_differential --engine sqlite --count 1000000
    python -m fuzz.sql_differential --engine postgres --count 100000

A statement with a hole, a text in the hole, an engine that runs it, and the guard's verdict. If the guard says that the
text stayed inside, then the engine either refuses the statement, or returns the literal's worth and the sentinel.
"""

from __future__ import annotations

import argparse
import atexit
import json
import sys
import time
from collections import Counter
from contextlib import ExitStack
from random import Random

from fuzz.sql.engines import ENGINES, GRAMMAR, Run
from fuzz.sql.grammar import ESCAPES, ONE_VALUE, SENTINEL, TEMPLATES, Template, text
from hauberk.guard.sql import judge, judge_altered
from hauberk.guard.verdict import ABSENT, Judgement, escapings


def stayed(template: Template, rendered: str, run: Run, sql: str) -> bool | None:
    """Whether the engine found the text inside its literal; None where it refuses the statement."""
    result = run(sql)
    if result is None:
        return None
    rows, names = result
    expected = rendered if template.worth is None else template.worth(rendered)
    if expected is None or len(names) != 2 or len(rows) > 1:
        return False
    if template.worth in ONE_VALUE:
        # Another value may give no row, but no other column, and no other sentinel.
        return all(row[1] == SENTINEL for row in rows)
    if len(rows) != 1 or rows[0][1] != SENTINEL:
        return False
    if template.worth is None:
        return str(rows[0][0]) == "1"
    got = names[0] if template.named else str(rows[0][0])
    return got == expected or _cut(template, got, expected)


def _cut(template: Template, got: str, expected: str) -> bool:
    """Engines cut and strip names, and one statement has a letter of its own in the literal."""
    if template.named:
        return expected.strip().startswith(got.strip())
    return "'a'\n" in template.sql and got == "a" + expected


def verdict_of(sql: str, value: str, dialect: str) -> Judgement:
    """As the guard comes to one: of the text as it came, or else as the application seems to have changed it."""
    verdict = judge(sql, value, dialect)
    if verdict is ABSENT:
        verdict = judge_altered(sql, dialect, sql.lower(), value.strip().lower()) or verdict
    return verdict


def one(random: Random, engine: str, run: Run, counts: Counter[str]) -> str | None:
    """One statement; what is wrong with the verdict, if anything is."""
    template = random.choice(TEMPLATES[engine])
    value, escape = text(random), random.choice(list(ESCAPES))
    rendered = ESCAPES[escape](value)
    sql = template.sql.replace("{}", rendered)
    inside = stayed(template, rendered, run, sql)
    if inside is None:
        counts["refused by the engine"] += 1
        return None
    verdict = verdict_of(sql, value, GRAMMAR[engine])
    counts[f"{'stayed inside' if inside else 'broke out'}, called {verdict.verdict}"] += 1
    if inside and verdict.attack:
        counts[f"stayed inside, called attack: {escape}"] += 1
    if inside or verdict.attack or not value.strip():
        return None
    if (escape == "spaces" and rendered != value) or (verdict is ABSENT and rendered not in escapings(value)):
        # The application itself wrote into it: what is left is recognised by its words, if it has enough of them.
        counts["broke out, and was changed beyond recognition"] += 1
        return None
    return f"{sql!r} with {value!r} ({escape}): {verdict}"


_COUNTS: Counter[str] = Counter()
_SQLITE: list[Run] = []


def one_input(data: bytes) -> None:
    """One statement that the octets stand for, on SQLite."""
    if not _SQLITE:
        _SQLITE.append(_KEPT.enter_context(ENGINES["sqlite"]()))
    if (problem := one(Random(data), "sqlite", _SQLITE[0], _COUNTS)) is not None:
        raise AssertionError(problem)


_KEPT = ExitStack()
atexit.register(_KEPT.close)


def main(arguments: list[str]) -> None:
    """Run, and print what was found as one JSON object; status 1 if a break-out was called inert."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=sorted(ENGINES), default="sqlite")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    random, counts = Random(options.seed), Counter[str]()
    wrong: list[str] = []
    start = time.monotonic()
    with ENGINES[options.engine]() as run:
        for _ in range(options.count):
            if (problem := one(random, options.engine, run, counts)) is not None and len(wrong) < 50:
                wrong.append(problem)
    about = {"engine": options.engine, "count": options.count, "seconds": round(time.monotonic() - start, 1)}
    json.dump(about | dict(sorted(counts.items())) | {"wrong": wrong}, sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
