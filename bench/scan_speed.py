"""How fast a scan is: in process on a bare Starlette application, oracles included; over a socket beside aiohttp's
client; and whether its memory stays flat.

    python -m bench.scan_speed

In process one request carries a value for every input of an operation, and for the names of inputs as well: beside
requests a second, of operations with one input, there is how many inputs a second are attacked where there are four.

CPU time of this process, as a shared machine's wall clock says little. The server of the socket rounds runs in a
process of its own; the floor in process is the application called with nothing around it.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from statistics import median
from time import perf_counter, process_time
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request as Asked
from starlette.responses import HTMLResponse
from starlette.routing import Route

from bench.harness import report
from hauberk.guard import install
from hauberk.scan import ASGITransport, Budget, Operation, Parameter, Request, Response, Surface, scan
from hauberk.scan.site import site

PAGE = "<!DOCTYPE html><html><head><title>page</title></head><body><p>" + "word " * 180 + "</p></body></html>"
ROUNDS = 7
SMALL, LARGE = 40, 240
"""Operations of the two scans of a round: their difference leaves out what a scan costs once."""
MANY = 100_000


def app() -> Starlette:
    """One page at every address."""

    async def page(_: Asked) -> HTMLResponse:
        return HTMLResponse(PAGE)

    return Starlette(routes=[Route("/p{n}", page)])


def surface(operations: int, each: int) -> Surface:
    """So many operations with so many inputs each."""
    inputs = tuple(Parameter(name=f"q{n}", place="query", example="a") for n in range(each))
    return Surface.of(Operation(method="GET", path=f"/p{n}", parameters=inputs) for n in range(operations))


def scanned(operations: int, each: int = 1) -> tuple[int, int, float, float]:
    """Requests, inputs that were attacked, seconds of CPU and seconds of a whole scan."""
    cpu, wall = process_time(), perf_counter()
    result = scan(
        surface(operations, each),
        ASGITransport(app()),
        target="bench",
        budget=Budget(max_requests=10_000_000, max_seconds=36_000),
    )
    return int(result.stats["requests"]), int(result.stats["points"]), process_time() - cpu, perf_counter() - wall


def in_process() -> dict[str, Any]:
    """Requests a second of a scan, beside the transport alone and the bare application."""
    install()
    scanned(10)
    scans: list[float] = []
    inputs: list[float] = []
    walls: list[float] = []
    calls: list[float] = []
    bare: list[float] = []
    for _ in range(ROUNDS):
        few, _, cost, _ = scanned(SMALL)
        many, _, more, wall = scanned(LARGE)
        scans.append((many - few) / (more - cost))
        walls.append(many / wall)
        _, few, cost, _ = scanned(SMALL, each=4)
        _, many, more, _ = scanned(LARGE, each=4)
        inputs.append((many - few) / (more - cost))
        calls.append(_transport(5_000))
        bare.append(_bare(5_000))
    return {
        "requests_per_cpu_second": round(median(scans)),
        "best_round": round(max(scans)),
        "inputs_per_cpu_second": round(median(inputs)),
        "requests_per_second_of_wall_clock": round(median(walls)),
        "transport_alone": round(median(calls)),
        "floor_bare_application": round(median(bare)),
        "ratio_to_floor": round(median(b / s for s, b in zip(scans, bare, strict=True)), 2),
    }


def _transport(count: int) -> float:
    request = Request(target="/p1?q0=a")
    with ASGITransport(app()) as transport:
        began = process_time()
        for _ in range(count):
            transport.send(request)
        return count / (process_time() - began)


def _bare(count: int) -> float:
    """The application, called from one coroutine."""
    called = app()

    async def all_of_them() -> float:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            del message

        began = process_time()
        for _ in range(count):
            scope = {"type": "http", "method": "GET", "path": "/p1", "query_string": b"q0=a", "headers": []}
            await called({**scope, "root_path": "", "scheme": "https", "server": ("x", 443)}, receive, send)
        return count / (process_time() - began)

    return asyncio.run(all_of_them())


# --- over a socket -----------------------------------------------------------------------------------------------

ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\nserver: bench\r\nx-frame-options: DENY\r\n"
    + f"content-length: {len(PAGE)}\r\n\r\n{PAGE}".encode()
)


class _Answering(asyncio.Protocol):
    """As little of a server as can be."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(ANSWER * data.count(b"\r\n\r\n"))


def _serve(port: Any) -> None:
    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(_Answering, "127.0.0.1", 0)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


@contextmanager
def served() -> Iterator[int]:
    """A server in another process; its port."""
    context = multiprocessing.get_context("spawn")
    port: Any = context.Queue()
    process = context.Process(target=_serve, args=(port,), daemon=True)
    process.start()
    try:
        yield int(port.get(timeout=60))
    finally:
        process.terminate()
        process.join(5)


def _own(port: int, count: int) -> None:
    request = Request(target="/p1?q0=a", headers=(("user-agent", "bench"), ("accept", "*/*")))
    with site(f"http://127.0.0.1:{port}/").transport() as transport:
        for _ in range(count):
            answer = transport.send(request)
            assert answer.status == 200
            assert len(answer.body) == len(PAGE)


def _aiohttp(port: int, count: int, at_once: int = 16) -> None:
    import aiohttp

    async def main() -> None:
        async with aiohttp.ClientSession() as session:

            async def some() -> None:
                for _ in range(count // at_once):
                    async with session.get(f"http://127.0.0.1:{port}/p1?q0=a") as answer:
                        assert len(await answer.read()) == len(PAGE)

            await asyncio.gather(*(some() for _ in range(at_once)))

    asyncio.run(main())


def _aiohttp_in_turn(port: int, count: int) -> None:
    _aiohttp(port, count, 1)


def on_a_socket(count: int = 3_200) -> dict[str, Any]:
    """Requests a second of ours, one after another, and of aiohttp's, sixteen at once and one after another: by CPU
    time and by the clock."""
    subjects: dict[str, Callable[[int, int], None]] = {
        "hauberk": _own,
        "aiohttp": _aiohttp,
        "aiohttp_in_turn": _aiohttp_in_turn,
    }
    cpu: dict[str, list[float]] = {name: [] for name in subjects}
    wall: dict[str, list[float]] = {name: [] for name in subjects}
    with served() as port:
        for once in subjects.values():
            once(port, 160)
        for _ in range(ROUNDS):
            for name, once in subjects.items():
                began, clock = process_time(), perf_counter()
                once(port, count)
                cpu[name].append(count / (process_time() - began))
                wall[name].append(count / (perf_counter() - clock))
    return {
        "requests_per_cpu_second": {name: round(median(rows)) for name, rows in cpu.items()},
        "requests_per_second_of_wall_clock": {name: round(median(rows)) for name, rows in wall.items()},
        **{
            f"ratio_to_{name}_{clock}": round(
                median(a / b for a, b in zip(rows["hauberk"], rows[name], strict=True)), 2
            )
            for name in ("aiohttp", "aiohttp_in_turn")
            for clock, rows in (("cpu", cpu), ("wall", wall))
        },
    }


def memory(count: int = MANY) -> dict[str, Any]:
    """Resident memory while so many requests go by: after a tenth, and at the end."""
    requests = [Request(target=f"/p{n}?q0=a") for n in range(1_000)]
    with ASGITransport(app()) as transport:
        figures = []
        for number in range(count):
            transport.send(requests[number % 1_000])
            if number in (count // 10, count - 1):
                gc.collect()
                figures.append(_resident())
    return {
        "requests": count,
        "mib_after_a_tenth": round(figures[0] / 2**20, 1),
        "mib_at_the_end": round(figures[1] / 2**20, 1),
        "one_scan": one_scan(),
    }


class _Blind(ASGITransport):
    """Without sensors, as from outside: every input takes many requests."""

    senses = False


def one_scan(operations: int = 100, each: int = 12) -> dict[str, Any]:
    """Resident memory during one scan that judges from answers alone, of pages that repeat all that they are sent."""

    async def page(request: Asked) -> HTMLResponse:
        return HTMLResponse(PAGE + escape(str(request.query_params)) + str(len(request.query_params)))

    looks: list[tuple[int, int]] = []
    transport = _Blind(Starlette(routes=[Route("/p{n}", page)]))
    sent, send = 0, transport.send

    def counted(request: Request) -> Response:
        nonlocal sent
        sent += 1
        if sent % 10_000 == 0:
            gc.collect()
            looks.append((sent, _resident()))
        return send(request)

    transport.send = counted  # type: ignore[method-assign]
    budget = Budget(max_requests=10_000_000, max_seconds=36_000)
    result = scan(surface(operations, each), transport, target="bench", budget=budget)
    return {
        "requests": int(result.stats["requests"]),
        "inputs": int(result.stats["points"]),
        "mib": {number: round(octets / 2**20, 1) for number, octets in looks},
    }


def _resident() -> int:
    """Octets; where the system does not say, the most there ever were."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def results() -> dict[str, Any]:
    """All three."""
    return {"in_process": in_process(), "socket": on_a_socket(), "memory": memory()}


if __name__ == "__main__":
    report("scan_speed", results() | {"unit": "requests a second of CPU time; MiB"})
