"""Answers as servers send them, right or wrong, in pieces of any size; and requests that no client would send."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.scan import Request
from hauberk.scan.http1 import Answer, ClosedError, NoAnswerError, Reader
from hauberk.scan.site import site


def read(octets: bytes, *, method: str = "GET", size: int = 1 << 16, limit: int = 100) -> Answer:
    pieces = iter([octets[at : at + size] for at in range(0, len(octets), size)])
    return Reader(lambda: next(pieces, b""), limit).read(method)


OK = b"HTTP/1.1 200 OK\r\n"
ROWS: list[tuple[str, bytes, tuple[int, bytes, bool, bool]]] = [
    # what, octets, (status, body, whole, may be used again)
    ("length", OK + b"content-length: 2\r\n\r\nok", (200, b"ok", True, True)),
    ("no body", b"HTTP/1.1 204 No Content\r\n\r\n", (204, b"", True, True)),
    ("to the end", OK + b"\r\nuntil it closes", (200, b"until it closes", True, False)),
    (
        "chunks",
        OK + b"transfer-encoding: chunked\r\n\r\n2\r\nok\r\n1;x=y\r\n!\r\n0\r\na: b\r\n\r\n",
        (200, b"ok!", True, True),
    ),
    ("close", OK + b"connection: close\r\ncontent-length: 2\r\n\r\nok", (200, b"ok", True, False)),
    ("old", b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", (200, b"ok", True, False)),
    (
        "old, kept",
        b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok",
        (200, b"ok", True, True),
    ),
    (
        "interim",
        b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK + b"content-length: 2\r\n\r\nok",
        (200, b"ok", True, True),
    ),
    ("bare line feeds", b"HTTP/1.1 200 OK\ncontent-length: 2\n\nok", (200, b"ok", True, True)),
    ("cut short", OK + b"content-length: 9\r\n\r\nok", (200, b"ok", False, False)),
    ("chunks cut short", OK + b"transfer-encoding: chunked\r\n\r\n9\r\nok", (200, b"ok", False, False)),
    ("chunks that are none", OK + b"transfer-encoding: chunked\r\n\r\nxyz", (200, b"", False, False)),
    ("too long", OK + b"content-length: 2147483648\r\n\r\n" + b"x" * 300, (200, b"x" * 100, False, False)),
    ("switched", b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n", (101, b"", True, False)),
]


@pytest.mark.parametrize("size", [1, 7, 1 << 16])
@pytest.mark.parametrize(("octets", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_an_answer(octets: bytes, expected: tuple[int, bytes, bool, bool], size: int) -> None:
    answer = read(octets, size=size)
    assert (answer.status, answer.body, answer.whole, answer.keeps) == expected


def test_fields_are_read_as_they_come() -> None:
    head = OK + b"Set-Cookie: a=1\r\nset-cookie: b=2\r\nX-Folded: one\r\n two\r\nno field\r\n: none\r\n"
    head += b"content-length: 0\r\n\r\n"
    assert read(head).headers == (
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("x-folded", "one two"),
        ("content-length", "0"),
    )


def test_the_answer_to_a_head_has_no_body() -> None:
    assert read(OK + b"content-length: 5\r\n\r\n", method="HEAD").keeps


@pytest.mark.parametrize(
    "octets", [b"\x00\xff" * 50 + b"\r\n\r\n", b"HTTP/1.1 banana\r\n\r\n", b"x" * 300_000, b"HTTP/1.1 200"]
)
def test_what_is_no_answer(octets: bytes) -> None:
    with pytest.raises(NoAnswerError):
        read(octets)


def test_nothing_at_all_is_told_apart() -> None:
    with pytest.raises(ClosedError):
        read(b"")


@given(st.binary(max_size=400), st.integers(1, 50))
def test_any_octets_are_an_answer_or_none(octets: bytes, size: int) -> None:
    for start in (b"", OK, OK + b"transfer-encoding: chunked\r\n\r\n"):
        try:
            answer = read(start + octets, size=size)
        except NoAnswerError:
            continue
        assert 100 <= answer.status <= 999
        assert len(answer.body) <= 100


@contextmanager
def echo() -> Iterator[tuple[str, list[bytes]]]:
    """Keeps what comes, and answers twice."""
    heard: list[bytes] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with closing(connection):
                    heard.append(connection.recv(65_536))
                    connection.sendall((OK + b"content-length: 2\r\n\r\nok") * 2)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", heard
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def test_octets_go_out_as_they_are() -> None:
    smuggled = (
        b"POST /a HTTP/1.1\r\nhost: a\r\nHost: b\r\ncontent-length: 4\r\ntransfer-encoding : chunked\r\n\r\n0\r\n\r\n"
    )
    with echo() as (url, heard), site(url).transport(timeout=3) as transport:
        answers = transport.raw(smuggled, answers=2)
        assert [answer.body for answer in answers] == [b"ok", b"ok"]
        transport.send(Request(target="/%00/..%2f?a=%zz", headers=(("x-a", "1"), ("x-a", "2"))))
    assert heard[1] == smuggled  # the first one is the visit of __enter__
    assert heard[2].startswith(b"GET /%00/..%2f?a=%zz HTTP/1.1\r\n")
    assert heard[2].count(b"x-a: ") == 2
