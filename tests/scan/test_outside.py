"""Judging a server by its answers alone; and servers that are hard to talk to."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from hauberk.core.errors import InputError, NothingToTestError
from hauberk.core.finding import HttpLocation, Result
from hauberk.integrations.surface import surface
from hauberk.integrations.target import Target
from hauberk.scan import Budget, Operation, Request, Surface, scan
from hauberk.scan.site import site
from hauberk.scan.transport import GoneError
from tests.scan.apps import outside, trap

PASSIVE = (
    *("missing-", "clickjacking", "server-banner", "weak-", "traceback", "hsts"),
    *("rendered-data", "frame-ancestors", "content-type"),
)


@contextmanager
def served(app: Any) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


def run(url: str, **budget: Any) -> Result:
    place = site(url)
    return scan(
        Surface.of([Operation(method="GET", path="/", source="crawl")]),
        place.transport(timeout=5),
        target=url,
        budget=Budget(**budget),
    )


@pytest.fixture(scope="module")
def result() -> Iterator[Result]:
    with served(outside.app) as url:
        yield run(url)


def rows(result: Result) -> set[tuple[str, str, str]]:
    found = set()
    for finding in result.failures:
        rule, at = finding.rule.id.removeprefix("scan."), finding.location
        if not rule.startswith(PASSIVE) and isinstance(at, HttpLocation):
            found.add((rule, at.path, str(at.parameter)))
    return found


@pytest.mark.parametrize("name", sorted(outside.HOLES))
def test_the_hole_is_found(result: Result, name: str) -> None:
    rule, parameter = name.split()
    assert (rule, outside.HOLES[name][1].partition("?")[0], parameter) in rows(result)


@pytest.mark.parametrize("name", sorted(outside.TWINS))
def test_its_twin_is_not(result: Result, name: str) -> None:
    path = outside.TWINS[name][1].partition("?")[0]
    assert [row for row in rows(result) if row[1] == path] == []


def test_nothing_else_is_found(result: Result) -> None:
    planted = {(name.split()[0], row[1].partition("?")[0]) for name, row in outside.HOLES.items()}
    # A program that is fetched is a forged request as well, and what shell and evaluator say is written out escaped.
    assert {(rule, path) for rule, path, _ in rows(result)} - planted <= {
        ("ssrf", "/open/include"),
        ("template-injection", "/open/template"),
        ("reflected-xss", "/open/template"),
    }


def test_it_says_how_it_judged(result: Result) -> None:
    assert result.complete
    assert any("its answers alone" in gap for gap in result.gaps)
    assert outside.SEEN.count("99999999") == 0
    for finding in result.failures:
        json.dumps(finding.as_json())
        if not finding.rule.id.removeprefix("scan.").startswith(PASSIVE):
            assert {"request", "response", "control"} <= set(finding.evidence)


def test_the_trap_is_not_walked_into() -> None:
    from hauberk.demo.loopback import served as served_asgi

    known = surface(Target(name="trap", app=trap.app, framework="starlette", protocol="asgi", root=Path.cwd()))
    with served_asgi(trap.app) as url:
        found = scan(known, site(url).transport(timeout=1), target=url)
    assert found.stats["operations"]["attacked"] >= 10
    assert [f for f in found.failures if f.severity in {"critical", "high", "medium"}] == []


# --- servers that are hard to talk to ------------------------------------------------------------------------------

Answer = Callable[[socket.socket], None]


@contextmanager
def raw(answer: Answer) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.1)
    over = threading.Event()

    def serve(connection: socket.socket) -> None:
        with closing(connection):
            try:
                connection.recv(65_536)
                answer(connection)
            except OSError:
                pass

    def accept() -> None:
        while not over.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                continue
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        over.set()
        thread.join(5)
        listening.close()


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65_536)


def huge(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2147483648\r\n\r\n")
    for _ in range(200):
        connection.sendall(b"x" * 65_536)


def dripping(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
    for _ in range(1_000):
        connection.sendall(b"x")
        time.sleep(0.05)


def dripping_head(connection: socket.socket) -> None:
    for _ in range(1_000):
        connection.sendall(b"H")
        time.sleep(0.05)


def garbage(connection: socket.socket) -> None:
    connection.sendall(b"\x00\xff" * 100)


@pytest.mark.parametrize("answer", [endless, huge, dripping])
def test_what_came_in_time_is_kept(answer: Answer) -> None:
    with raw(answer) as url, site(url).transport(timeout=0.5) as transport:
        began = time.monotonic()
        response = transport.send(Request())
        assert response.status == 200
        assert response.truncated
        assert len(response.body) <= transport.wire.max_body
        assert time.monotonic() - began < 30


@pytest.mark.parametrize("answer", [dripping_head, garbage])
def test_what_is_no_answer_is_an_error_and_then_the_end(answer: Answer) -> None:
    with raw(answer) as url, site(url).transport(timeout=0.2) as transport:
        assert transport.send(Request()).status == 504
        for _ in range(3):
            transport.send(Request())
        with pytest.raises(GoneError, match="has not answered 5 requests in a row"):
            transport.send(Request())


def test_a_target_that_dies_is_no_clean_result() -> None:
    asked = 0

    def dying(connection: socket.socket) -> None:
        nonlocal asked
        asked += 1
        if asked <= 12:
            body = b"<!DOCTYPE html><a href='/?q=1'>x</a><a href='/b?r=1'>y</a>"
            fields = f"content-type: text/html\r\nconnection: close\r\ncontent-length: {len(body)}\r\n"
            connection.sendall(f"HTTP/1.1 200 OK\r\n{fields}\r\n".encode() + body)

    with raw(dying) as url:
        found = run(url)
    assert not found.complete
    assert any("has not answered" in gap for gap in found.gaps)


def test_an_endless_redirect_ends() -> None:
    def around(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 302 Found\r\nlocation: /?n=1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")

    with raw(around) as url:
        found = run(url, max_requests=2_000)
    assert found.stats["requests"] < 2_000


def test_nothing_to_attack_is_nothing_tested() -> None:
    def plain(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok")

    with raw(plain) as url, pytest.raises(NothingToTestError, match="nothing was attacked"):
        run(url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:9/", "does not answer"),
        ("ftp://127.0.0.1/", "neither an http nor an https URL"),
        ("http://", "neither an http nor an https URL"),
        ("http://[::1", "is no URL"),
        ("http://127.0.0.1:99999/", "is no URL"),
        ("http://nowhere.invalid/", "has no address"),
        ("http://ada:secret@127.0.0.1:9/", "names a user"),
    ],
)
def test_a_wrong_url_is_said(url: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        run(url)
    assert "secret" not in str(caught.value)


SCAN = (sys.executable, "-m", "hauberk", "scan", "-q", "--format", "json")


def test_the_command_line(tmp_path: Path) -> None:
    with served(outside.app) as url:
        done = subprocess.run(
            [*SCAN, url, "--max-requests", "120"],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
            timeout=120,
        )
    assert done.returncode == 2, done.stderr  # the budget was too small
    assert json.loads(done.stdout)["stats"]["requests"] == 120


def test_an_openapi_document_leads_where_no_link_does(tmp_path: Path) -> None:
    parameter = {"name": "id", "in": "query", "schema": {"type": "string"}, "example": "2"}
    document = {"openapi": "3.1.0", "paths": {"/open/number": {"get": {"parameters": [parameter]}}}}
    (tmp_path / "api.json").write_text(json.dumps(document))
    with served(outside.app) as url:
        done = subprocess.run(
            [*SCAN, f"{url}/danger", "--openapi", "api.json"],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
            timeout=120,
        )
    assert done.returncode == 1, done.stderr
    assert "scan.sql-injection" in done.stdout
