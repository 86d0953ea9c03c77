"""A front and what is behind it that disagree where a request ends; those that agree, and servers alone."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hauberk.core.finding import Finding
from hauberk.scan import Budget, Operation, Parameter, Surface
from hauberk.scan.checks.active import request_smuggling
from hauberk.scan.checks.active.request_smuggling import NOT_ASKED, TOO_SLOW, ask
from hauberk.scan.client import Client
from hauberk.scan.site import site
from hauberk.scan.surface import FORM
from tests.scan.apps.relay import Reads, hexadecimal, leading, loose, never, plain, python, served, strict

SURFACE = Surface.of(
    [
        Operation(method="GET", path="/"),
        Operation(method="POST", path="/form", parameters=(Parameter(name="a", place="form"),), body=FORM),
    ]
)
BOTH = Reads(both=True)


def asked(url: str, *, intrusive: bool = False) -> tuple[int, list[Finding], str, int]:
    with site(url).transport(timeout=5) as transport:
        client = Client(transport, Budget())
        return *ask(client, SURFACE, intrusive=intrusive), client.requests


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_smuggling, "PATIENCE", 0.6)


@pytest.mark.parametrize(
    ("front", "back", "said"),
    [
        (Reads(chunked=never), BOTH, "CL.TE, Transfer-Encoding"),
        (BOTH, Reads(chunked=never), "TE.CL, Transfer-Encoding"),
        (Reads(chunked=plain, both=True), Reads(chunked=loose, both=True), "CL.TE, a space before the colon"),
        (Reads(chunked=loose, both=True), Reads(chunked=plain, both=True), "TE.CL, a space before the colon"),
        (Reads(size=leading), Reads(size=python), "TE.TE, 0x8 as a size"),
        (Reads(bare=True), Reads(), "TE.TE, a size's line that ends in LF alone"),
        (Reads(length=min), Reads(length=max), "CL.CL"),
        (Reads(), Reads(bodiless=True), "CL.0"),
    ],
)
def test_those_that_disagree(front: Reads, back: Reads, said: str) -> None:
    with served(front, back) as url:
        places, found, _, _ = asked(url)
    assert places == 2
    assert [f.rule.id for f in found] == ["scan.request-smuggling"]
    assert said in found[0].message
    assert {"request", "response", "control", "reason"} <= set(found[0].evidence)
    assert found[0].as_json()["confidence"] == "firm"


@pytest.mark.parametrize(
    ("front", "back"),
    [
        (Reads(), Reads()),
        (BOTH, BOTH),
        (Reads(chunked=never), Reads(chunked=never)),
        (Reads(chunked=plain, both=True), Reads(chunked=plain, both=True)),
        (Reads(chunked=loose, both=True), Reads(chunked=loose, both=True)),
        (Reads(), Reads(chunked=loose, both=True, size=python, length=max, bare=True)),
        (Reads(size=python), Reads(size=python)),
        (Reads(length=min), Reads(length=min)),
    ],
)
def test_those_that_agree_and_a_strict_front(front: Reads, back: Reads) -> None:
    with served(front, back) as url:
        places, found, why, requests = asked(url)
    assert (places, found, why) == (2, [], "")
    assert requests > 40


def test_where_others_may_go_the_same_way_it_is_asked_only_when_told() -> None:
    with served(Reads(chunked=never), BOTH, via="1.1 cache") as url:
        assert asked(url)[:3] == (0, [], NOT_ASKED)
        assert len(asked(url, intrusive=True)[1]) == 1


def test_a_server_that_is_slow_is_no_finding() -> None:
    with served(Reads(chunked=slowly), Reads()) as url:
        assert asked(url)[:3] == (0, [], TOO_SLOW)


def slowly(lines: list[bytes]) -> bool | None:
    time.sleep(0.7)
    return strict(lines)


@pytest.mark.parametrize(
    ("text", "reader", "size"),
    [(b"1f", hexadecimal, 31), (b"0x8", python, 8), (b"0x8", leading, 0), (b"1_0", leading, 1)],
)
def test_the_readers_of_sizes_are_what_they_are_called(text: bytes, reader: object, size: int) -> None:
    assert reader(text) == size  # type: ignore[operator]


APP = """
from flask import Flask, request
app = Flask("plain")
@app.route("/", methods=["GET", "POST"])
@app.route("/form", methods=["POST"])
def page():
    return "page %d" % len(request.get_data())
"""
ASGI = """
async def app(scope, receive, send):
    while scope["type"] == "http" and (await receive()).get("more_body"):
        pass
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"page"})
"""
SERVERS = {
    "uvicorn with httptools": ["-m", "uvicorn", "asgi:app", "--http", "httptools", "--port", "{port}"],
    "uvicorn with h11": ["-m", "uvicorn", "asgi:app", "--http", "h11", "--port", "{port}"],
    "hypercorn": ["-m", "hypercorn", "asgi:app", "-b", "127.0.0.1:{port}"],
    "gunicorn": ["-m", "gunicorn", "wsgi:app", "--threads", "2", "-b", "127.0.0.1:{port}"],
    "werkzeug": ["-c", "from wsgi import app; app.run(port={port})"],
}


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "wsgi.py").write_text(APP)
    (folder / "asgi.py").write_text(ASGI)
    line = [sys.executable, *(part.format(port=port) for part in command)]
    with subprocess.Popen(line, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + 20
            while time.monotonic() < until and process.poll() is None:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.mark.parametrize("server", SERVERS)
def test_a_server_alone_agrees_with_itself(server: str, tmp_path: Path) -> None:
    with running(SERVERS[server], tmp_path) as url:
        places, found, why, requests = asked(url)
    assert (places, why) == (2, "")
    assert [f.message for f in found] == []
    assert requests > 40
