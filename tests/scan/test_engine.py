"""What a scan does at the edges."""

import builtins
import sqlite3
import weakref
from typing import Any

import flask
import pytest

from hauberk import protect
from hauberk.core.errors import MissingExtraError
from hauberk.core.finding import Result
from hauberk.guard import Guard, install
from hauberk.scan import Operation, Parameter, Request, Response, Surface, WSGITransport, scan
from hauberk.scan.coverage import Coverage
from hauberk.scan.extent import Extent

Q = Parameter(name="q", place="query")


def vulnerable() -> flask.Flask:
    install()
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.execute("CREATE TABLE t (a TEXT)")
    app = flask.Flask("vulnerable")
    weakref.finalize(app, connection.close)

    @app.get("/sql")
    def sql() -> str:
        return str(connection.execute(f"SELECT a FROM t WHERE a = '{flask.request.args['q']}'").fetchall())

    @app.get("/ok")
    def ok() -> str:
        return str(connection.execute("SELECT a FROM t WHERE a = ?", (flask.request.args["q"],)).fetchall())

    return app


def run(app: Any, *paths: str) -> Result:
    surface = Surface.of([Operation(method="GET", path=path, parameters=(Q,)) for path in paths])
    return scan(surface, WSGITransport(app), target="app")


def sql(result: Result) -> list[tuple[str, str]]:
    return [(f.outcome, getattr(f.location, "path", "")) for f in result.findings if f.rule.id == "scan.sql-injection"]


def test_the_hole_is_found_and_its_twin_is_not() -> None:
    assert sql(run(vulnerable(), "/sql", "/ok")) == [("fail", "/sql")]
    assert sql(run(vulnerable(), "/ok")) == [("pass", "*")]


def test_what_the_guard_blocks_is_counted_and_no_finding() -> None:
    app = protect(vulnerable(), guard=Guard(mode="block"))
    result = run(app, "/sql", "/ok")
    assert sql(result) == [("pass", "*")]
    assert result.stats["blocked"] >= 1


def test_progress_is_told_and_never_passes_its_total() -> None:
    told: list[tuple[str, int, int]] = []
    surface = Surface.of([Operation(method="GET", path="/ok", parameters=(Q,))])
    scan(surface, WSGITransport(vulnerable()), target="app", progress=lambda *args: told.append(args))
    assert {label for label, _, _ in told} == {"crawling", "attacking", "looking again"}
    assert all(done <= total for _, done, total in told)


def test_tokens_against_forgery_are_left_alone() -> None:
    seen: list[str] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/" and environ["QUERY_STRING"]:
            seen.append(environ["QUERY_STRING"])
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"x"]

    token = Parameter(name="csrf_token", place="query", example="keep")
    scan(Surface.of([Operation(method="GET", path="/", parameters=(Q, token))]), WSGITransport(app), target="app")
    assert seen
    assert all("csrf_token=keep" in query for query in seen)


@pytest.mark.parametrize("undone", [True, False])
def test_destruction_comes_last_and_only_where_it_is_undone(undone: bool) -> None:
    seen: list[str] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append(environ["REQUEST_METHOD"] + environ["PATH_INFO"])
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"x"]

    order = [("DELETE", "/a"), ("POST", "/reset"), ("POST", "/save"), ("GET", "/x"), ("POST", "/logout")]
    result = scan(
        Surface.of([Operation(method=method, path=path, parameters=(Q,)) for method, path in order]),
        WSGITransport(app),
        target="app",
        extent=Extent(rollback=lambda: seen.append("undone")) if undone else Extent(),
    )
    destroyed = ["POST/reset", "undone", "DELETE/a"] if undone else []
    known = {method + path for method, path in order} | {"undone"}
    assert [one for one in dict.fromkeys(seen) if one in known] == ["GET/x", "POST/save", *destroyed]
    assert any("because it destroys or spends: DELETE /a, POST /reset" in gap for gap in result.gaps) != undone
    assert seen.count("undone") == 2 * undone


def test_without_selectolax_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *args: Any, **options: Any) -> Any:
        if name.startswith("selectolax"):
            raise ImportError(name)
        return real(name, *args, **options)

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"<p>x"]

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(MissingExtraError, match=r"hauberk\[scan\]"):
        run(app, "/")


@pytest.mark.parametrize(
    ("status", "location", "sentence"),
    [
        (401, "", "asked for a login, and no login was given: GET /x"),
        (403, "", "asked for a login"),
        (302, "/accounts/login/?next=/x", "asked for a login"),
        (429, "", "answered only 429"),
        (500, "", "never answered with success, so that little was tested there: GET /x (500)"),
    ],
)
def test_what_was_not_reached_is_told(status: int, location: str, sentence: str) -> None:
    coverage, operation = Coverage(), Operation(method="GET", path="/x")
    fields = (("location", location),) if location else ()
    coverage.heard(operation, Request(target="/x"), Response(status=status, headers=fields))
    assert any(sentence in gap for gap in coverage.gaps(logged_in=False))
    coverage.heard(operation, Request(target="/x"), Response(status=200))
    assert list(coverage.gaps(logged_in=False)) == []
    assert coverage.unreached() == []
