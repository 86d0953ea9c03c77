"""What a scan may not do to a server: budgets in every phase, a pace, a name, and leaving alone what suffers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import pytest

from hauberk.core.errors import NothingToTestError
from hauberk.core.finding import Result
from hauberk.scan import Budget, Operation, Parameter, Request, Response, Surface, Wire, health, scan
from hauberk.scan.client import Client
from hauberk.scan.extent import Extent
from hauberk.scan.transport import GoneError, Transport

HTML = (("content-type", "text/html"),)
SURFACE = Surface.of(
    [
        Operation(method="GET", path="/", parameters=(Parameter(name="q", place="query", example="a"),)),
        Operation(method="POST", path="/login", body="application/x-www-form-urlencoded", parameters=()),
    ],
    sockets=["/live"],
)
LOGIN = Request(
    method="POST",
    target="/login",
    headers=(("content-type", "application/x-www-form-urlencoded"),),
    body=b"user=ada&password=x",
)
PAGE = (
    b"<!DOCTYPE html><a href='/a?x=1'>a</a><script src=/app.js></script>"
    b"<form method=post action=/login><input name=user>"
)


class Counted:
    """Stands for a server: hears everything, answers a page."""

    senses = False

    def __init__(self, *, seconds: float = 0.0, status: int = 200, fields: tuple[tuple[str, str], ...] = ()) -> None:
        self.wire = Wire(scheme="http", host="127.0.0.1:9")
        self.heard: list[Request] = []
        self.seconds, self.status, self.fields = seconds, status, fields

    def send(self, request: Request) -> Response:
        self.heard.append(request)
        cookie = (("set-cookie", "session=abc"),) if request.method == "POST" else ()
        return Response(status=self.status, headers=(*HTML, *cookie, *self.fields), body=PAGE, seconds=self.seconds)

    def handshake(self, request: Request) -> int:
        self.heard.append(request)
        return 403

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def run(transport: Transport, **budget: float) -> Result:
    limits = Budget(**{"max_requests": 5_000, **budget})  # type: ignore[arg-type]
    return scan(SURFACE, transport, target="t", login=[LOGIN], budget=limits)


WHOLE = len((_whole := Counted()).heard) or (run(_whole), len(_whole.heard))[1]
"""Requests of a scan that nothing stops."""


@pytest.mark.parametrize("most", range(3, WHOLE, 9))
def test_the_budget_of_requests_holds_whatever_it_does(most: int) -> None:
    transport = Counted()
    try:
        found = run(transport, max_requests=most)
    except NothingToTestError as error:
        assert "limit of" in str(error)  # noqa: PT017 - the least of them do not reach an input
    else:
        assert found.complete or len(transport.heard) == most
        assert any("limit of" in gap for gap in found.gaps) != found.complete
    assert len(transport.heard) <= most


def test_a_scan_that_nothing_stops_is_complete() -> None:
    assert run(Counted()).complete


def test_the_budget_of_time_holds() -> None:
    class Slow(Counted):
        def send(self, request: Request) -> Response:
            time.sleep(0.05)
            return super().send(request)

    began = time.monotonic()
    try:
        said = " ".join(run(Slow(), max_seconds=1.2).gaps)
    except NothingToTestError as error:  # it was spent before anything was attacked
        said = str(error)
    assert time.monotonic() - began < 4
    assert "limit of 1.2 seconds" in said


def test_the_rate_holds() -> None:
    transport = Counted()
    client = Client(transport, Budget(max_rate=50))
    began = time.monotonic()
    for _ in range(11):
        client.send(Request())
    assert time.monotonic() - began >= 0.19
    with pytest.raises(ValueError, match="max_rate"):
        Budget(max_rate=-1)


def test_every_request_names_the_scan() -> None:
    transport = Counted()
    found = run(transport)
    names = {request.header("x-hauberk-scan") for request in transport.heard}
    assert names == {found.stats["scan"]}
    assert {request.header("user-agent") for request in transport.heard} == {"hauberk-scan"}


def test_a_server_that_asks_for_a_pause_gets_one_within_reason() -> None:
    client = Client(Counted(status=429, fields=(("retry-after", "1"),)), Budget(max_seconds=0.5))
    began = time.monotonic()
    client.send(Request())
    assert 0.3 < time.monotonic() - began < 1


class Worn(Counted):
    """Well at first, then not."""

    def __init__(self, *, well: int, recovers: bool) -> None:
        super().__init__()
        self.well, self.recovers = well, recovers

    def send(self, request: Request) -> Response:
        super().send(request)
        if len(self.heard) <= self.well or (self.recovers and request.target == "/"):
            return Response(status=200, headers=HTML, body=PAGE, seconds=0.001)
        return Response(status=503, seconds=0.001)


def send(client: Client, count: int) -> None:
    for _ in range(count):
        client.send(Request())


@contextmanager
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setattr(health, "PAUSES", (0.01, 0.01, 0.01))
        yield


def test_a_server_that_suffers_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = Worn(well=20, recovers=False)
    client = Client(transport, Budget())
    with hurried(monkeypatch), pytest.raises(GoneError, match="suffers: 12 answers in a row"):
        send(client, 200)
    assert len(transport.heard) < 20 + 20
    assert client.requests == len(transport.heard)  # what is asked of its health counts as well


def test_one_that_recovers_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = Worn(well=20, recovers=True)
    client = Client(transport, Budget())
    with hurried(monkeypatch):
        for _ in range(20):
            client.send(Request())
        for _ in range(100):
            client.send(Request(target="/attacked"))
    assert len(transport.heard) < 140


def test_one_that_becomes_slow_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = Counted(seconds=0.01)
    client = Client(transport, Budget())
    for _ in range(20):
        client.send(Request())
    transport.seconds = 4.0
    with hurried(monkeypatch), pytest.raises(GoneError, match="20 times as long"):
        send(client, 200)


def test_a_scan_of_one_that_suffers_is_not_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    with hurried(monkeypatch):
        found = run(Worn(well=12, recovers=False))
    assert not found.complete
    assert any("suffers" in gap for gap in found.gaps)


def test_a_redirect_elsewhere_is_not_followed() -> None:
    class Leading(Counted):
        def send(self, request: Request) -> Response:
            super().send(request)
            return Response(status=302, headers=(("location", "https://elsewhere.example/"),))

    transport = Leading()
    scan(SURFACE, transport, target="t", budget=Budget(max_requests=300))
    assert all(request.target.startswith("/") for request in transport.heard)
    assert not any("elsewhere" in request.target and request.header("host") for request in transport.heard)


@pytest.mark.parametrize(
    ("method", "path", "spared"),
    [
        ("DELETE", "/items/1", True),
        ("POST", "/account/delete", True),
        ("POST", "/deleteUser", True),
        ("POST", "/pay", True),
        ("POST", "/api/reset-password", True),
        ("GET", "/logout", True),
        ("POST", "/payload", False),
        ("GET", "/deleted-items-guide", False),
        ("POST", "/clearance", False),
        ("POST", "/items", False),
    ],
)
def test_what_destroys_is_left_alone(method: str, path: str, spared: bool) -> None:
    transport = Counted()
    also = Operation(method=method, path=path, parameters=(Parameter(name="n", place="query", example="1"),))
    found = scan(SURFACE.add([also]), transport, target="t")
    assert any(r.method == method and r.path == path and "hbk" in r.target for r in transport.heard) != spared
    assert any(f"{method} {path}" in gap for gap in found.gaps if "Not attacked" in gap) == spared


def test_extent_is_the_usual_one_unless_asked() -> None:
    assert Extent() == Extent(browser=False, rollback=None, checkpoint=None)
