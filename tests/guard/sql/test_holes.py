"""Ways around firewalls that look for strings: each is stopped in block mode, and its benign twin gets through."""

from __future__ import annotations

import base64
import gzip
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest

from hauberk.adapters.wsgi import WSGIShield
from hauberk.core.plan import Plan
from hauberk.guard import Guard, install

BLOCK = Plan.of([Guard(mode="block")])
Query = Callable[[Any], str]
"""What an application makes of the parameters of a request."""


def by_name(value: str) -> str:
    return f"select id from t where n = '{value}'"


def decoded(args: Any) -> str:
    return by_name(base64.b64decode(args["a"]).decode())


def plus_as_space(args: Any) -> str:
    return by_name(args["a"].replace("+", " "))


def dashes_as_spaces(args: Any) -> str:
    return by_name(args["a"].replace("_", " "))


def stripped(args: Any) -> str:
    return by_name(" ".join(args["a"].split()))


def lowered(args: Any) -> str:
    return by_name(args["a"].lower())


def joined(args: Any) -> str:
    return by_name(args["a"] + args["b"])


def joined_with_a_comma(args: Any) -> str:
    return by_name(",".join(args.getlist("a")))


def side_by_side(args: Any) -> str:
    return f"select id from t where n = '{args['a']}' and m = '{args['b']}'"


def by_number(args: Any) -> str:
    return f"select id from t where id = {args['a']}"


def less(args: Any) -> str:
    return f"select id from t where id = 1-{args['a']} and n = 'b'"


def ordered(args: Any) -> str:
    return f"select id from t order by {args['a']}"


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


CASES: list[tuple[Query, list[tuple[str, str]], int]] = [
    (lambda args: by_name(args["a"]), [("a", "1' union select 2 /*")], 403),
    (lambda args: by_name(args["a"]), [("a", "1 union select 2 /*")], 200),
    (decoded, [("a", b64("1' union select 2 --"))], 403),
    (decoded, [("a", b64("one, two -- three"))], 200),
    (lambda args: by_name(bytes.fromhex(args["a"]).decode()), [("a", b"1' union select 2 --".hex())], 403),
    (lambda args: by_name(bytes.fromhex(args["a"]).decode()), [("a", b"one, two -- three".hex())], 200),
    (plus_as_space, [("a", "1'+union+select+2+--")], 403),
    (plus_as_space, [("a", "one+two+--+three")], 200),
    (dashes_as_spaces, [("a", "1'_union_select_2_--")], 403),
    (dashes_as_spaces, [("a", "one_two_(three)")], 200),
    (stripped, [("a", "1'  union \t select 2  -- ")], 403),
    (stripped, [("a", "  one   two ")], 200),
    (lowered, [("a", "1' UNION SELECT 2 --")], 403),
    (joined, [("a", "1' uni"), ("b", "on select 2 --")], 403),
    (joined, [("a", "1"), ("b", "' union select 2 --")], 403),
    (joined, [("a", "1'"), ("b", " or 1=1 --")], 403),
    (joined, [("a", "one, "), ("b", "two -- three")], 200),
    (joined_with_a_comma, [("a", "1'/*"), ("a", "*/ union select 2 --")], 403),
    (side_by_side, [("a", "x' /*"), ("b", "*/ or 1=1 --")], 403),
    (side_by_side, [("a", "x'"), ("b", " or 1=1 --")], 403),
    (side_by_side, [("a", "x /*"), ("b", "*/ or 1=1 --")], 200),
    (by_number, [("a", "1 or 1=1")], 403),
    (by_number, [("a", "(select 1)")], 403),
    (by_number, [("a", "-1")], 200),
    (less, [("a", "-1")], 403),
    (less, [("a", "1")], 200),
    (ordered, [("a", "(case when 1 then id else n end)")], 403),
    (ordered, [("a", "n")], 200),
]


def client(query: Query, run: Callable[[str], object]) -> Any:
    from flask import Flask, request

    app = Flask(__name__)

    @app.route("/", methods=["GET", "POST"])
    def handler() -> str:
        return str(run(query(request.values)))

    app.wsgi_app = WSGIShield(app.wsgi_app, BLOCK)  # type: ignore[method-assign]
    return app.test_client()


def on_sqlite(sql: str) -> object:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("create table t (id, n, m)")
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def on_sqlalchemy(sql: str) -> object:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    engine = sqlalchemy.create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("create table t (id, n, m)"))
            return connection.execute(sqlalchemy.text(sql.replace(":", "\\:"))).fetchall()
    finally:
        engine.dispose()


def in_a_pool(sql: str) -> object:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(on_sqlite, sql).result()


@pytest.mark.parametrize("run", [on_sqlite, on_sqlalchemy, in_a_pool], ids=lambda run: run.__name__)
@pytest.mark.parametrize(("query", "pairs", "status"), CASES)
def test_over_flask(query: Query, pairs: list[tuple[str, str]], status: int, run: Callable[[str], object]) -> None:
    install()
    assert client(query, run).get("/?" + urlencode(pairs)).status_code == status
    assert client(query, run).post("/", data=urlencode(pairs), content_type=FORM).status_code == status


FORM = "application/x-www-form-urlencoded"


def test_a_statement_that_was_hidden_once_is_not_known_afterwards() -> None:
    """What the guard can't decode passes, and must not vouch for the same statement when it comes in the open."""
    value = "1' union select 2 --"
    hidden = base64.b64encode(gzip.compress(value.encode(), mtime=0)).decode()

    def unpacked(args: Any) -> str:
        if "z" in args:
            return by_name(gzip.decompress(base64.b64decode(args["z"])).decode())
        return by_name(args["a"])

    flask = client(unpacked, on_sqlite)
    flask.get("/?" + urlencode({"z": hidden}))
    assert flask.get("/?" + urlencode({"a": value})).status_code == 403


class Keyword(sqlite3.Cursor):
    """A class of an application, with a parameter and a default of its own."""

    def execute(self, query: str, params: Any = None) -> Any:
        assert params is None or params == (1,)
        return super().execute(query) if params is None else super().execute(query, params)


def test_methods_of_an_application_are_called_as_they_were() -> None:
    install()
    connection = sqlite3.connect(":memory:")
    cursor = connection.cursor(Keyword)
    assert cursor.execute("select 1").fetchall() == [(1,)]
    assert cursor.execute("select ?", params=(1,)).fetchall() == [(1,)]
    assert cursor.execute(query="select 2").fetchall() == [(2,)]
    connection.close()
