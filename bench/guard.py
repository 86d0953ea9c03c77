"""What the guard costs: `python -m bench.guard` (and `--million` for memory over a million requests).

One statement on sqlite3, and whole requests through Flask: bare, guarded, and the floor, which is a method in between
that does nothing but look into a set.
"""

from __future__ import annotations

import gc
import logging
import resource
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from bench.harness import added, medians, microseconds, report
from hauberk.adapters.asgi import ASGIExchange, ASGIShield
from hauberk.adapters.wsgi import WSGIShield
from hauberk.core.exchange import CURRENT
from hauberk.core.plan import Plan
from hauberk.guard import Guard
from hauberk.guard.actors import Actors
from hauberk.guard.feature import CLASSES
from hauberk.guard.request import MOST_WALKS, RequestGuard
from hauberk.guard.seen import SEEN
from hauberk.guard.sinks import sqlite as sink
from hauberk.policy import Policy

GUARD = Guard(mode="block")
POLICY = Policy(guard=GUARD, actors=Actors(honeypots=("/admin.bak",), deny=("198.51.100.0/24",)))
"""All that can be on."""
QUERY = "SELECT id, name, email FROM users WHERE name = ? AND active = 1 ORDER BY name ASC LIMIT 20"


class Floor(sqlite3.Connection):
    """The least that could be in between."""

    known = frozenset({QUERY})

    def execute(self, sql: str, /, *args: Any) -> sqlite3.Cursor:
        if sql in self.known:
            return super().execute(sql, *args)
        raise AssertionError(sql)


@contextmanager
def request(query: bytes) -> Iterator[RequestGuard]:
    """Code in here runs as in a guarded request."""
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": query,
        "scheme": "https",
        "headers": [],
        "client": ("192.0.2.7", 1),
    }
    ex = ASGIExchange(scope)
    ex.guard = RequestGuard.under({kind: GUARD.mode_of(kind) for kinds in CLASSES.values() for kind in kinds})()
    token = CURRENT.set(ex)
    try:
        yield ex.guard
    finally:
        CURRENT.reset(token)


def statements() -> dict[str, Any]:
    """One statement, prepared by sqlite3 long ago, so that little but the call itself is left."""
    bare = sink._CONNECT(":memory:")
    guarded = sqlite3.connect(":memory:")
    floor = sink._CONNECT(":memory:", factory=Floor)
    for connection in (bare, guarded, floor):
        sink._CONNECTION.execute(connection, "create table users (id, name, email, active)")
    texts = [f"SELECT id FROM users WHERE name = ? AND id <> {n} ORDER BY name ASC LIMIT 20" for n in range(200_000)]
    new = iter(texts)
    again = iter(texts)

    def fresh() -> object:
        return guarded.execute(next(new), ("x",))

    def fresh_bare() -> object:
        return bare.execute(next(again), ("x",))

    results: dict[str, Any] = {}
    with request("&".join(f"a{n}=some+risky+text+{n}" for n in range(20)).encode()):
        SEEN.clear()
        guarded.execute(QUERY, ("x",))
        subjects: dict[str, Callable[[], object]] = {
            "bare": lambda: bare.execute(QUERY, ("x",)),
            "guarded": lambda: guarded.execute(QUERY, ("x",)),
            "floor": lambda: floor.execute(QUERY, ("x",)),
        }
        figures = microseconds(subjects)
        results["repeated statement, connection.execute"] = {
            "medians": medians(figures),
            "added": added(figures, "bare"),
        }
        cursors = {"bare": bare.cursor(), "guarded": guarded.cursor()}
        subjects = {name: partial(cursor.execute, QUERY, ("x",)) for name, cursor in cursors.items()}
        figures = microseconds(subjects)
        results["repeated statement, cursor.execute"] = {"medians": medians(figures), "added": added(figures, "bare")}
    for fields in (1, 5, 20):
        new, again = iter(texts), iter(texts)
        with request("&".join(f"a{n}=some+risky+text+{n}" for n in range(fields)).encode()):
            SEEN.clear()
            figures = microseconds({"bare": fresh_bare, "guarded": fresh}, rounds=9, calls=2_000)
            row = {"medians": medians(figures), "added": added(figures, "bare")}
            results[f"new statement, {fields} risky inputs, no match"] = row
    new, again = iter(texts), iter(texts)
    with request(b"a=some+risky+text") as guard:

        def early() -> object:
            # As if no other statement had been looked for among the constants of the code before.
            guard.looks = MOST_WALKS
            return fresh()

        SEEN.clear()
        figures = microseconds({"bare": fresh_bare, "guarded": early}, rounds=9, calls=2_000)
        row = {"medians": medians(figures), "added": added(figures, "bare")}
        results["new statement, one of the first 8 of a request"] = row
    return results


def flask_app(connect: Callable[..., Any], path: str, queries: int) -> Any:
    from flask import Flask, request

    app = Flask(__name__)

    @app.route("/", methods=["GET", "POST"])
    def rows() -> str:
        name = request.values.get("f0", "")
        connection = connect(path)
        try:
            for _ in range(queries):
                connection.execute(
                    "select id, name from users where name = ? and active = 1 limit 20", (name,)
                ).fetchall()
        finally:
            connection.close()
        return "ok"

    return app


def requests() -> dict[str, Any]:
    """Whole requests through Flask's test client, each with a connection of its own."""
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "db")
        with sink._CONNECT(path) as connection:
            connection.execute("create table users (id, name, email, active)")
        connection.close()
        fields = {f"f{n}": f"some text, number {n}; it's all" for n in range(31)}
        for name, queries, data in (("1 query", 1, None), ("20 queries, 31 fields", 20, fields)):
            clients, plain = {}, []
            for kind, connect in (("bare", sink._CONNECT), ("guarded", sqlite3.connect)):
                app = flask_app(connect, path, queries)
                if kind == "guarded":
                    app.wsgi_app = WSGIShield(app.wsgi_app, POLICY.plan())
                plain.append(app.test_client())
                clients[kind] = _once(plain[-1], data)
            SEEN.clear()
            for client in plain:  # as any application has had some: what no input made is known from then on
                client.get("/?f0=ada")
            figures = microseconds(clients, rounds=21, calls=120)
            cost = medians(figures)
            results[name] = {
                "medians": cost,
                "added": added(figures, "bare"),
                "ratio": round(cost["guarded"] / cost["bare"], 3),
            }
    return results


def _once(client: Any, data: dict[str, str] | None) -> Callable[[], object]:
    if data is None:
        return lambda: client.get("/?f0=ada%20b").data
    return lambda: client.post("/", data=data).data


def untouched() -> dict[str, Any]:
    """A request that reaches no sink, through the smallest ASGI application: what guard and actors add to it."""
    start = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}
    body = {"type": "http.response.body", "body": b"hello"}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start)
        await send(body)

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        return None

    headers = [(b"host", b"app.example"), (b"user-agent", b"Mozilla/5.0"), (b"accept", b"*/*")]
    plans = {
        "bare": None,
        "guard observing": Plan.of([Guard()]),
        "guard blocking": Plan.of([GUARD]),
        "actors alone": Policy(actors=POLICY.actors).plan(),
        "guard and actors": POLICY.plan(),
    }

    def asking(plan: Plan | None, query: bytes) -> Callable[[], object]:
        run: Any = app if plan is None else ASGIShield(app, plan).run

        def ask() -> None:
            scope = {
                "type": "http",
                "method": "GET",
                "path": "/items/1",
                "raw_path": b"/items/1",
                "query_string": query,
                "scheme": "https",
                "client": ("192.0.2.7", 1),
                "headers": headers,
            }
            try:
                run(scope, receive, send).send(None)
            except StopIteration:
                return

        return ask

    results: dict[str, Any] = {}
    for name, query in (("plain query", b"page=2&sort=name"), ("a query with quotes", b"q=O%27Brien+%26+sons")):
        figures = microseconds({kind: asking(plan, query) for kind, plan in plans.items()}, rounds=15, calls=4_000)
        results[name] = {"medians": medians(figures), "added": added(figures, "bare")}
    return results


def memory(requests: int = 1_000_000, step: int = 100_000) -> dict[str, Any]:
    """Resident memory while each request brings a value of its own and a statement of its own."""
    connection = sqlite3.connect(":memory:", cached_statements=8)
    connection.execute("create table users (id, name)")
    found: dict[str, Any] = {}
    for number in range(1, requests + 1):
        with request(b"a=risky+text+%d&b=x" % number):
            connection.execute(f"select id from users where id = {number}").fetchall()
            connection.execute("select id from users where name = ?", ("x",)).fetchall()
        if number % step == 0:
            gc.collect()
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            found[f"{number:,}"] = round(pages * resource.getpagesize() / 1e6, 1)
    connection.close()
    return found


def results() -> dict[str, Any]:
    logging.getLogger("hauberk.decisions").setLevel(logging.CRITICAL)
    GUARD.steps()
    return {"statements": statements(), "requests": requests(), "untouched": untouched()}


if __name__ == "__main__":
    found = results()
    if "--million" in sys.argv:
        found["resident megabytes after requests"] = memory()
    report("guard", found)
