"""SQL that waits: found where no answer tells anything, and never in servers that are slow by themselves."""

from __future__ import annotations

import itertools
import random
import re
import sqlite3
import time
from collections.abc import Callable

import pytest
from flask import Flask, request

from hauberk.scan import Operation, Surface, scan
from hauberk.scan.lab import Lab
from hauberk.scan.messages import Request, Response
from hauberk.scan.oracles.delay import Delayed, Kind, Line, delayed
from hauberk.scan.site import site
from hauberk.scan.surface import Parameter
from hauberk.scan.trial import Kit, Point, Shot
from tests.scan.test_outside import served

Times = Callable[[str], float]
ASKED = re.compile(r"^wait ([0-9.]+)$")


def lab(times: Times) -> Lab:
    """A point whose answers take as long as `times` says of the value that was sent."""
    last = [0.0]

    def fire(value: str) -> Shot:
        last[0] = times(value)
        return Shot(value=value, canary="c", request=Request(), response=Response(status=200))

    point = Point(operation=Operation(method="GET", path="/"), parameter=Parameter(name="q", place="query"))
    return Lab(
        point=point,
        kit=Kit(origin="", bait="", secret=""),
        fire=fire,
        among=lambda one, _: fire(one),
        timed=True,
        took=lambda: last[0],
    )


def judged(times: Times, kind: Kind = "sleeps") -> Delayed | None:
    return delayed(lab(times), lambda d: f"wait {d:.2f}", lambda d: f"hbk_wait {d:.2f}", kind)


def asked(value: str) -> float:
    """The delay that a value asks for; none if it is spoilt."""
    found = ASKED.match(value)
    return float(found[1]) if found else 0.0


def noise() -> float:
    return random.uniform(0, 0.05)


@pytest.mark.parametrize(
    ("times", "kind", "confidence"),
    [
        (lambda value: asked(value) + noise(), "sleeps", "firm"),
        (lambda value: asked(value) + 0.3 + noise(), "sleeps", "firm"),
        (lambda value: asked(value) * 3 + noise(), "sleeps", "tentative"),  # once a row
        (lambda value: asked(value) * 0.6 + noise(), "computes", "firm"),
        (lambda value: asked(value) * 4 + noise(), "computes", "firm"),
    ],
)
def test_it_waits_as_it_is_told(times: Times, kind: Kind, confidence: str) -> None:
    found = judged(times, kind)
    assert found is not None
    assert found.confidence == confidence


def rising() -> Times:
    """Slower with each request."""
    count = itertools.count()
    return lambda value: next(count) % 20 * 0.05


@pytest.mark.parametrize("kind", ["sleeps", "computes"])
@pytest.mark.parametrize(
    "times",
    [
        lambda value: noise(),
        lambda value: 0.8 + noise(),  # slow whatever is asked
        lambda value: random.choice([0.0, 0.4, 0.8]),
        lambda value: random.uniform(0, 1.6),
        lambda value: 0.8 if asked(value) else 0.0,  # slow for what it refuses
        lambda value: 0.3 if asked(value) else 0.0,
        lambda value: float(value.rpartition(" ")[2]),  # reads the number, and not the function
        lambda value: 0.01 * len(value),
        rising(),
    ],
)
def test_what_is_slow_by_itself_proves_nothing(times: Times, kind: Kind) -> None:
    assert all(judged(times, kind) is None for _ in range(300))


def test_a_line_needs_delays_to_explain_it() -> None:
    assert Line.through([(0.0, 0.1), (0.4, 0.5), (0.8, 0.9)]).holds("sleeps")
    assert not Line.through([(0.0, 0.1), (0.4, 0.9), (0.8, 0.9)]).holds("sleeps")
    assert not Line.through([(0.0, 0.9), (0.4, 0.5), (0.8, 0.1)]).holds("sleeps")


def shop() -> Flask:
    """It writes who was here, and answers the same whatever becomes of it. Ground truth: `/open` has holes."""
    app = Flask("shop")

    def wait(seconds: float) -> int:
        time.sleep(seconds)
        return 0

    def run(statement: str, *values: str) -> str:
        database = sqlite3.connect(":memory:")
        database.create_function("SLEEP", 1, wait)
        database.executescript("CREATE TABLE seen (who, page)")
        try:
            database.execute(statement, values)
        except sqlite3.Error:
            pass
        finally:
            database.close()
        return "<p>Thank you"

    def given(name: str) -> str:
        return request.args.get(name, "")

    app.add_url_rule("/open/seen", "a", lambda: run(f"INSERT INTO seen VALUES ('{given('who')}', 1)"))
    app.add_url_rule("/safe/seen", "b", lambda: run("INSERT INTO seen VALUES (?, 1)", given("who")))

    @app.get("/safe/slow")
    def slow() -> str:
        """Slow by chance, and by what looks like an attack."""
        time.sleep(random.uniform(0, 0.02) + ("SLEEP" in given("who")) * 0.8)
        return "<p>Thank you"

    return app


def test_a_statement_of_which_nothing_is_told() -> None:
    paths = ("/open/seen", "/safe/seen", "/safe/slow")
    known = [
        Operation(method="GET", path=path, parameters=(Parameter(name="who", place="query"),), source="crawl")
        for path in paths
    ]
    with served(shop()) as url:
        result = scan(Surface.of(known), site(url).transport(timeout=5), target=url)
    found = [f for f in result.failures if f.rule.id == "scan.sql-injection"]
    assert [str(f.location).partition(" (")[0] for f in found] == ["GET /open/seen query:who"]
    assert found[0].confidence == "firm"
    assert len(found[0].evidence["seconds"]) == 6
    assert {"request", "response", "control"} <= set(found[0].evidence)
