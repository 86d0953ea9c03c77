"""Through the adapters: vulnerable handlers under `Guard`, each attack beside its benign twin."""

from __future__ import annotations

import asyncio
import base64
import importlib
import json
import logging
import os
import pathlib
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from typing import Any
from urllib.parse import parse_qs, quote

import pytest

from hauberk.core.errors import BlockedError
from hauberk.core.events import recording
from hauberk.core.exchange import Exchange
from hauberk.core.plan import Plan
from hauberk.guard import Guard, install
from hauberk.guard.seen import SEEN
from tests.drivers import Answer, Got, Serve, serve_asgi, serve_django, serve_wsgi

Handler = Callable[[str], object]
App = Callable[[Exchange], Answer]
BLOCK = Plan.of([Guard(mode="block")])
OBSERVE = Plan.of([Guard()])


@pytest.fixture(autouse=True)
def _forget() -> None:
    SEEN.clear()


@pytest.fixture(params=[serve_asgi, serve_wsgi, serve_django], ids=["asgi", "wsgi", "django"])
def serve(request: pytest.FixtureRequest) -> Serve:
    served: Serve = request.param
    return served


@contextmanager
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", check_same_thread=False)) as connection:
        connection.executescript("create table t (id, n); insert into t values (1, 'a'), (2, 'b');")
        yield connection


def query_value(ex: Exchange) -> str:
    return parse_qs(ex.query.decode(), keep_blank_values=True).get("v", [""])[0]


def handled(handler: Handler) -> App:
    def app(ex: Exchange) -> Answer:
        return Answer(body=str(handler(query_value(ex))).encode())

    return app


def get(serve: Serve, handler: Handler, value: str, plan: Plan = BLOCK) -> Got:
    return serve(plan, handled(handler), query="v=" + quote(value))


def rows_by_name(value: str) -> object:
    with database() as db:
        return db.execute(f"select id from t where n = '{value}'").fetchall()


def rows_by_id(value: str) -> object:
    with database() as db:
        return db.cursor().execute("select n from t where id = " + value).fetchall()


def rows_by_script(value: str) -> object:
    with database() as db:
        return db.executescript(f"update t set n = '{value}'").fetchall()


def rows_in_pool(value: str) -> object:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(rows_by_name, value).result()


def rows_in_thread(value: str) -> object:
    got: list[object] = []

    def work() -> None:
        try:
            got.append(rows_by_name(value))
        except BlockedError as error:
            got.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return got


def run_shell(value: str) -> object:
    return subprocess.run(f"echo {value}", shell=True, capture_output=True, check=False).stdout


def run_list(value: str) -> object:
    return subprocess.run(["sh", "-c", f"echo {value}"], capture_output=True, check=False).stdout


def run_system(value: str) -> object:
    return os.system(f"true {value}")


def run_spawn(value: str) -> object:
    return os.spawnv(os.P_WAIT, "/bin/sh", ["sh", "-c", f"true {value}"])


def run_asyncio(value: str) -> object:
    async def run() -> bytes:
        process = await asyncio.create_subprocess_shell(f"echo {value}", stdout=subprocess.PIPE)
        return (await process.communicate())[0]

    # The event loop of the request is busy with us: this is a loop in a thread of its own.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, run()).result()


SQL = [rows_by_name, rows_by_script, rows_in_pool, rows_in_thread]
SHELL = [run_shell, run_list, run_system, run_spawn, run_asyncio]


@pytest.mark.parametrize("handler", SQL)
@pytest.mark.parametrize("value", ["' or 1=1--", "1' union select 2 /*", "x' OR '1'='1"])
def test_sql_attacks_are_answered_with_403(serve: Serve, handler: Handler, value: str) -> None:
    got = get(serve, handler, value)
    assert (got.status, got.one("content-type")) == (403, "application/problem+json")
    assert json.loads(got.body) == {"type": "about:blank", "title": "Forbidden", "status": 403}


@pytest.mark.parametrize("handler", [*SQL, rows_by_id])
def test_benign_values_pass(serve: Serve, handler: Handler) -> None:
    assert get(serve, handler, "1").status == 200


@pytest.mark.parametrize("handler", SQL)
@pytest.mark.parametrize("value", ["a--", "or 1=1", "select * from t", "50% (off); /* x"])
def test_attack_text_that_stays_in_its_literal_passes(serve: Serve, handler: Handler, value: str) -> None:
    assert get(serve, handler, value).status == 200


def test_a_bound_parameter_may_hold_anything(serve: Serve) -> None:
    def bound(value: str) -> object:
        with database() as db:
            return db.execute("select id from t where n = ?", (value,)).fetchall()

    assert get(serve, bound, "' or 1=1--").status == 200


STATEMENT = "select id from t where n = ? limit 20"


@pytest.mark.parametrize("value", ["limit 20", "select id", "n = ?", "from t where n"])
def test_words_of_a_constant_statement_are_no_attack(serve: Serve, value: str) -> None:
    def constant(value: str) -> object:
        with database() as db:
            return db.execute("select id from t where n = ? limit 20", (value,)).fetchall()

    def named(value: str) -> object:
        with database() as db:
            return db.execute(STATEMENT, (value,)).fetchall()

    assert get(serve, constant, value).status == 200
    assert get(serve, named, value).status == 200


def test_words_of_a_statement_seen_before_without_them_are_no_attack(serve: Serve) -> None:
    columns = ["id", "n"]

    def built(value: str) -> object:
        with database() as db:
            return db.execute("select " + ", ".join(columns) + " from t where n = ?", (value,)).fetchall()

    assert get(serve, built, "harmless").status == 200
    assert get(serve, built, "id, n").status == 200


SORTS = ("n desc", "id asc")
ATTACKS = ["id union select n from t"]


def sorted_by_default(value: str, sort: str = "id") -> object:
    with database() as db:
        return db.execute(f"select id from t where n = ? or ? = '' ORDER BY {sort}", (value, value)).fetchall()


def sorted_by_a_list(value: str) -> object:
    with database() as db:
        return db.execute(f"select id from t order by {value if value in SORTS else 'id'}").fetchall()


def sorted_by_a_literal(value: str) -> object:
    order = value if value in ("n desc", "id asc") else "id"
    with database() as db:
        return db.execute("select id from t order by {} limit {}".format(order, len(SORTS))).fetchall()  # noqa: UP032


def sorted_by_anything(value: str) -> object:
    with database() as db:
        return db.execute(f"select id from t order by {value}").fetchall()


@pytest.mark.parametrize(
    ("handler", "value", "status"),
    [
        (sorted_by_default, "order by id", 200),
        (sorted_by_default, "ORDER BY id", 200),
        (sorted_by_default, "by id", 200),
        (sorted_by_default, "or ? = '' order by", 200),
        (sorted_by_default, "? = ''", 200),
        (sorted_by_a_list, "n desc", 200),
        (sorted_by_a_list, "order by id", 200),
        (sorted_by_a_literal, "id asc", 200),
        (sorted_by_a_literal, "order by id asc", 200),
        (sorted_by_anything, "id desc", 403),
        (sorted_by_anything, ATTACKS[0], 403),
        (sorted_by_anything, "id limit 2", 403),
        (sorted_by_anything, "id limit 1", 403),
        (sorted_by_anything, "id union select n from t", 403),
        (sorted_by_anything, "id order by", 403),
    ],
)
def test_words_that_the_code_itself_says_there_are_no_attack(
    serve: Serve, handler: Handler, value: str, status: int
) -> None:
    assert get(serve, handler, value).status == status


@pytest.mark.parametrize("handler", SHELL)
def test_shell_attacks_are_answered_with_403(serve: Serve, handler: Handler) -> None:
    assert get(serve, handler, "a; echo b").status == 403


@pytest.mark.parametrize("handler", SHELL)
def test_plain_shell_words_pass(serve: Serve, handler: Handler) -> None:
    assert get(serve, handler, "example.com/a-b_c").status == 200


def test_an_argument_list_without_a_shell_passes(serve: Serve) -> None:
    def run(value: str) -> object:
        return subprocess.run(["echo", value], capture_output=True, check=False).stdout

    assert get(serve, run, "a; echo b").body == str(b"a; echo b\n").encode()


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    uploads = tmp_path / "uploads"
    (uploads / "docs").mkdir(parents=True)
    (uploads / "readme.md").write_text("read me")
    (tmp_path / "secret").write_text("secret")
    return uploads


def by_open(folder: pathlib.Path, value: str) -> object:
    with open(f"{folder}/{value}") as file:
        return file.read()


def by_pathlib(folder: pathlib.Path, value: str) -> object:
    return (folder / value).read_text()


def by_listing(folder: pathlib.Path, value: str) -> object:
    return os.listdir(os.path.join(folder, value, ".."))


def by_remove(folder: pathlib.Path, value: str) -> object:
    os.remove(os.path.join(folder, value))
    return None


@pytest.mark.parametrize("way", [by_open, by_pathlib, by_listing, by_remove])
@pytest.mark.parametrize("value", ["../secret", "docs/../../secret"])
def test_paths_that_climb_out_are_answered_with_403(
    serve: Serve, folder: pathlib.Path, way: Callable[[pathlib.Path, str], object], value: str
) -> None:
    assert get(serve, partial(way, folder), value).status == 403
    assert (folder.parent / "secret").exists()


@pytest.mark.parametrize("way", [by_open, by_pathlib])
@pytest.mark.parametrize("value", ["readme.md", "docs/../readme.md", "./readme.md"])
def test_paths_that_stay_inside_pass(
    serve: Serve, folder: pathlib.Path, way: Callable[[pathlib.Path, str], object], value: str
) -> None:
    assert get(serve, partial(way, folder), value).body == b"read me"


def test_an_absolute_path_passes_only_inside_an_allowed_folder(serve: Serve, folder: pathlib.Path) -> None:
    inside, outside = str(folder / "readme.md"), str(folder.parent / "secret")
    allowed = Plan.of([Guard(mode="block", roots=(str(folder),))])
    assert get(serve, partial(by_pathlib, folder), inside, allowed).body == b"read me"
    assert get(serve, partial(by_pathlib, folder), outside, allowed).status == 403
    assert get(serve, partial(by_pathlib, folder), inside).status == 403


def test_an_application_that_swallows_the_exception_still_answers_403(serve: Serve) -> None:
    def swallowing(value: str) -> object:
        try:
            return rows_by_name(value)
        except Exception:
            return "never mind"

    assert get(serve, swallowing, "' or 1=1--").status == 403
    assert get(serve, swallowing, "a").body == b"[(1,)]"


def test_observing_lets_it_pass_and_says_so(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "hauberk.decisions"):
        got = get(serve, rows_by_name, "' or 1=1--", OBSERVE)
    assert (got.status, got.body) == (200, b"[(1,), (2,)]")
    (record,) = [json.loads(r.getMessage()) for r in caplog.records if r.name == "hauberk.decisions"]
    line = rows_by_name.__code__.co_firstlineno + 2
    wanted = {"event": "guard-observed", "kind": "sql", "input": "query:v", "file": __file__, "line": line, "path": "/"}
    assert wanted.items() <= record.items()
    assert "or 1=1" not in json.dumps(record)


def test_blocking_is_logged_without_the_value(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    def by_path(ex: Exchange) -> Answer:
        return Answer(body=str(rows_by_name(ex.path.rpartition("/")[2])).encode())

    with caplog.at_level(logging.WARNING, "hauberk.decisions"):
        got = serve(BLOCK, by_path, path="/names/' or 1=1--")
    assert got.status == 403
    (record,) = [json.loads(r.getMessage()) for r in caplog.records if r.name == "hauberk.decisions"]
    assert (record["event"], record["input"], record["path"]) == ("guard-blocked", "path", None)
    assert "or 1=1" not in json.dumps(record)


def test_kinds_have_modes_of_their_own(serve: Serve) -> None:
    plan = Plan.of([Guard(mode="block", sql="off", shell="observe")])
    assert get(serve, rows_by_name, "' or 1=1--", plan).status == 200
    assert get(serve, run_shell, "a; echo b", plan).status == 200
    assert get(serve, partial(by_pathlib, pathlib.Path("/srv")), "../etc/passwd", plan).status == 403


ATTACK = "' or 1=1--"
BOUNDARY = "multipart/form-data; boundary=xyz"
PART = '--xyz\r\nContent-Disposition: form-data; name="n"{extra}\r\n\r\n{value}\r\n--xyz--\r\n'
SENT: list[tuple[str, dict[str, Any]]] = [
    ("query:v", {"query": "v=" + quote(ATTACK)}),
    ("query:" + ATTACK, {"query": quote(ATTACK) + "=1"}),
    ("query:v", {"query": "v=" + quote(quote(ATTACK))}),
    ("query:v", {"query": "v=" + base64.urlsafe_b64encode(ATTACK.encode()).decode()}),
    ("query:v", {"query": "v=" + quote("&#39; or 1=1--")}),
    ("query:v", {"query": "v=" + quote("\uff07 or 1=1--")}),
    ("header:x-name", {"headers": [("x-name", ATTACK)]}),
    ("cookie:n", {"headers": [("cookie", f"a=b; n={ATTACK}")]}),
    ("path", {"path": "/n/" + ATTACK}),
    ("json:user.names[1]", {"headers": [("content-type", "application/json")], "body": b'{"user":{"names":["",%s]}}'}),
    ("form:n", {"headers": [("content-type", "application/x-www-form-urlencoded")], "body": b"n=%27+or+1%3d1--"}),
    ("form:n", {"headers": [("content-type", BOUNDARY)], "body": PART.format(extra="", value=ATTACK).encode()}),
    (
        "upload:n",
        {
            "headers": [("content-type", BOUNDARY)],
            "body": PART.format(extra=f'; filename="{ATTACK}"', value="data").encode(),
        },
    ),
    ("body", {"headers": [("content-type", "text/plain")], "body": ATTACK.encode()}),
]


@pytest.mark.parametrize(("name", "sent"), SENT)
def test_inputs_are_found_wherever_they_are_sent(serve: Serve, name: str, sent: dict[str, Any]) -> None:
    if b"%s" in sent.get("body", b""):
        sent = {**sent, "body": sent["body"] % json.dumps(ATTACK).encode()}

    def app(ex: Exchange) -> Answer:
        return Answer(body=str(rows_by_name(ATTACK)).encode())

    # POST, because Django reads a form of nothing else.
    with recording() as events:
        got = serve(BLOCK, app, **{"method": "POST", **sent})
    assert got.status == 403
    event = next(event for event in events.events if event.verdict == "attack")
    assert (event.input, event.blocked, event.kind, event.dialect) == (name, True, "sql", "sqlite")


def test_the_event_names_the_line_of_the_application(serve: Serve) -> None:
    with recording() as events:
        get(serve, rows_by_name, ATTACK)
    event = next(event for event in events.events if event.verdict == "attack")
    assert (event.file, event.function) == (__file__, "rows_by_name")
    assert event.line == rows_by_name.__code__.co_firstlineno + 2


def test_an_attack_that_came_with_another_request_is_not_blamed(serve: Serve) -> None:
    def app(ex: Exchange) -> Answer:
        return Answer(body=str(rows_by_name(ATTACK)).encode())

    assert serve(BLOCK, app, query="v=1").status == 200


def test_outside_a_request_nothing_is_stopped_and_nothing_recorded() -> None:
    install()
    assert rows_by_name(ATTACK) == [(1,), (2,)]
    assert run_shell("a; echo b") == b"a\nb\n"


def test_a_recording_sees_every_sink_without_a_request(tmp_path: pathlib.Path) -> None:
    install()
    (tmp_path / "a").write_text("x")
    with recording() as events:
        rows_in_pool("a")
        run_list("b")
        (tmp_path / "a").read_text()
    seen = [(e.kind, e.text, e.verdict) for e in events.events]
    assert ("sql", "select id from t where n = 'a'", "unknown") in seen
    assert ("shell", "echo b", "unknown") in seen
    assert ("path", str(tmp_path / "a"), "unknown") in seen


def test_a_recording_keeps_no_file_that_the_interpreter_opens(tmp_path: pathlib.Path) -> None:
    install()
    handler = logging.FileHandler(tmp_path / "log", delay=True)
    with recording() as events:
        handler.emit(logging.makeLogRecord({"msg": "x"}))
        importlib.import_module("colorsys")
    handler.close()
    assert [event.text for event in events.events if event.kind == "path"] == []


def test_a_thread_that_outlives_its_recording_fills_it_no_more() -> None:
    install()
    go, done = threading.Event(), threading.Event()

    def work() -> None:
        go.wait(5)
        rows_by_name("late")
        done.set()

    with recording() as events:
        threading.Thread(target=work).start()
    go.set()
    assert done.wait(5)
    assert events.events == []


def test_text_of_an_event_is_bounded() -> None:
    install()
    with recording() as events, database() as db:
        db.execute("select '" + "x" * 10_000 + "'")
    assert max(len(event.text) for event in events.events) == 4_000


def test_the_messages_of_a_websocket_are_inputs() -> None:
    """Each message is judged, and a client that sends many does not make the guard blind."""
    import asyncio
    import sqlite3

    from hauberk.adapters.asgi import ASGIShield, Message, Receive, Scope, Send
    from hauberk.core.errors import BlockedError
    from hauberk.core.plan import Plan
    from hauberk.guard import Guard

    answers: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        db = sqlite3.connect(":memory:")
        db.execute("create table t (name text)")
        while (message := await receive())["type"] == "websocket.receive":
            try:
                answers.append(db.execute(f"select * from t where name = '{message['text']}'").fetchall())
            except BlockedError:
                answers.append("blocked")
        db.close()

    texts = ["ada", "x' or '1'='1", *(f"some words {n}" for n in range(3_000)), "y' or '1'='1"]
    incoming: list[Message] = [{"type": "websocket.receive", "text": text} for text in texts]
    incoming.append({"type": "websocket.disconnect"})

    async def receive() -> Message:
        return incoming.pop(0)

    async def send(message: Message) -> None:
        return None

    scope = {"type": "websocket", "path": "/", "query_string": b"", "headers": []}
    asyncio.run(ASGIShield(app, Plan.of([Guard(mode="block")]))(scope, receive, send))
    assert [at for at, answer in enumerate(answers) if answer == "blocked"] == [1, len(texts) - 1]
