"""Servers that are hard to talk to, from the command line: bounded, clear, and status 2."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from hauberk.scan.browser import certificate

Answer = Callable[[socket.socket, bytes], None]
SCAN = (sys.executable, "-m", "hauberk", "scan", "-q", "--format", "json")


def say(connection: socket.socket, body: bytes = b"", *, status: str = "200 OK", fields: str = "") -> None:
    fields = f"content-type: text/html\r\nconnection: close\r\n{fields}content-length: {len(body)}\r\n"
    head = f"HTTP/1.1 {status}\r\n{fields}\r\n"
    connection.sendall(head.encode() + body)


def around(connection: socket.socket, asked: bytes) -> None:
    given = asked.partition(b"n=")[2].partition(b" ")[0]
    say(connection, status="302 Found", fields=f"location: /?n={int(given) + 1 if given.isdigit() else 1}\r\n")


def itself(connection: socket.socket, asked: bytes) -> None:
    say(connection, status="302 Found", fields="location: /\r\n")


def huge(connection: socket.socket, asked: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2147483648\r\n\r\n")
    for _ in range(2_000):
        connection.sendall(b"<p>x" * 16_384)


def endless(connection: socket.socket, asked: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n")
    while True:
        connection.sendall(b"<p>x" * 16_384)


def dripping(connection: socket.socket, asked: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 100000\r\n\r\n")
    for _ in range(2_000):
        connection.sendall(b"x")
        time.sleep(0.02)


def no_login(connection: socket.socket, asked: bytes) -> None:
    if asked.startswith(b"POST"):
        say(connection, b"wrong password", status="401 Unauthorized")
    else:
        say(connection, b"<!DOCTYPE html><a href='/?q=1'>x</a>")


@contextmanager
def served(answer: Answer, *, tls: ssl.SSLContext | None = None, most: int = 1_000_000) -> Iterator[int]:
    """A port that answers that way, so many times."""
    over, counted = threading.Event(), iter(range(most))

    def serve(connection: socket.socket) -> None:
        with closing(connection):
            try:
                wrapped = tls.wrap_socket(connection, server_side=True) if tls is not None else connection
                with closing(wrapped):
                    asked = wrapped.recv(65_536)
                    if asked and next(counted, None) is not None:
                        answer(wrapped, asked)
            except OSError:
                pass

    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        listening.settimeout(0.1)

        def accept() -> None:
            while not over.is_set():
                try:
                    connection, _ = listening.accept()
                except OSError:
                    continue
                connection.settimeout(30)
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            over.set()
            thread.join(5)


def scanned(url: str, folder: Path, *more: str) -> tuple[int, str]:
    command = [*SCAN, url, "--max-requests", "150", "--max-seconds", "6", *more]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False, timeout=60)
    assert "Traceback" not in done.stderr
    said = " ".join(json.loads(done.stdout)["gaps"]) if done.stdout else done.stderr
    return done.returncode, said


ROWS: list[tuple[str, Answer, str, tuple[str, ...]]] = [
    ("a redirect that counts", around, "An endless redirect: / -> /?n=1", ()),
    ("a redirect to itself", itself, "An endless redirect: / -> /", ()),
    ("two gigabytes", huge, "answered more than is read", ()),
    ("without end", endless, "answered more than is read", ()),
    ("drop by drop", dripping, "too slowly", ()),
    ("a login that fails", no_login, "POST /login was answered 401", ("--login", "POST /login user=a&password=b")),
]


@pytest.mark.parametrize(("answer", "said", "more"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_server_that_is_hard_to_talk_to(answer: Answer, said: str, more: tuple[str, ...], tmp_path: Path) -> None:
    with served(answer) as port:
        began = time.monotonic()
        code, gaps = scanned(f"http://127.0.0.1:{port}/", tmp_path, *more)
        assert time.monotonic() - began < 45
    assert said in gaps
    assert code == 2


def test_a_server_that_dies(tmp_path: Path) -> None:
    with served(no_login, most=8) as port:
        code, gaps = scanned(f"http://127.0.0.1:{port}/", tmp_path)
    assert "answer" in gaps
    assert "See whether it still runs" in gaps
    assert code == 2


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:9/", "does not answer"),
        ("https://127.0.0.1:PLAIN/", "does not answer"),
        ("http://127.0.0.1:TLS/", "answer"),
    ],
)
def test_what_does_not_speak_that_way(url: str, said: str, tmp_path: Path) -> None:
    with served(no_login) as plain, served(no_login, tls=certificate.context()) as secure:
        code, gaps = scanned(url.replace("PLAIN", str(plain)).replace("TLS", str(secure)), tmp_path)
    assert said in gaps
    assert code == 2


def test_a_certificate_that_nobody_signed_is_fine_on_this_machine(tmp_path: Path) -> None:
    with served(no_login, tls=certificate.context()) as port:
        code, _ = scanned(f"https://127.0.0.1:{port}/", tmp_path)
    assert code in (1, 2)  # it was scanned; the budget may have been too small
