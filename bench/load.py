"""Sessions under load for a while. `python -m bench.load --store valkey|postgres --minutes 10`

A server of the store on loopback, uvicorn with two workers, and 200 connections that stay open: each is a visitor who
logs in, looks, changes, does something else, and logs out, again and again. Each answer is checked against what this
visitor did: an error is any other status than 200, somebody else's name, a change that is missing, or a session that is
still there after its end. Times are the client's, of a process that shares the machine with all the others.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.stores.servers import Postgres, Valkey, free_port, wait_for

CONNECTIONS, WORKERS = 200, 2
SAMPLE_EVERY = 10.0
"""Seconds between two looks at the workers' memory."""
APART = 0.02
"""Seconds between two visitors' arrivals: of many at once, the worker that wakes first takes all."""
STEP = 1.05
"""Times are counted in steps of five per cent."""
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
COOKIE = re.compile(rb"set-cookie: (session=[^;\r\n]*)", re.IGNORECASE)


class Times:
    """How many requests took how long, without keeping each."""

    def __init__(self) -> None:
        self.counts: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        step = 0
        micros = seconds * 1e6
        while micros > 100 * STEP**step and step < 400:
            step += 8
        while step and micros <= 100 * STEP ** (step - 1):
            step -= 1
        self.counts[step] += 1

    def part(self, share: float) -> float:
        """The time that so many did not exceed, in milliseconds."""
        left = share * self.counts.total()
        for step in sorted(self.counts):
            left -= self.counts[step]
            if left <= 0:
                return round(STEP**step / 10, 2)
        return 0.0


class Totals:
    """What all visitors have seen."""

    def __init__(self) -> None:
        self.times: dict[str, Times] = {}
        self.errors: Counter[str] = Counter()
        self.workers: Counter[bytes] = Counter()
        """How many connections each process has."""

    @property
    def requests(self) -> int:
        return sum(times.counts.total() for times in self.times.values())


class Visitor:
    """One connection, one cookie."""

    def __init__(self, name: str, port: int, totals: Totals) -> None:
        self.name, self.port, self.totals = name, port, totals
        self.cookie = self.status = b""

    async def stay(self, wait: float, end: float) -> None:
        """After a while, until then, and to the end of what is under way."""
        await asyncio.sleep(wait)
        reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.reader = reader
        self.totals.workers[await self.say("/worker")] += 1
        while time.monotonic() < end:
            await self.visit()
        self.writer.close()

    async def visit(self) -> None:
        await self.ask("login", f"/login/{self.name}", f"{self.name} 0")
        number = 0
        for _ in range(random.randrange(4, 12)):
            kind = random.choices(("read", "change", "nothing"), (5, 2, 3))[0]
            number += kind == "change"
            await self.ask(kind, f"/{kind}", "-" if kind == "nothing" else f"{self.name} {number}")
        old = self.cookie
        await self.ask("logout", "/logout", "None None")
        self.cookie = old  # a copy that somebody kept
        await self.ask("replay", "/read", "None None")
        self.cookie = b""

    async def say(self, path: str) -> bytes:
        """What is answered there; the cookie and the status are kept."""
        cookie = b"cookie: %s\r\n" % self.cookie if self.cookie else b""
        self.writer.write(b"GET %s HTTP/1.1\r\nhost: 127.0.0.1:%d\r\n%s\r\n" % (path.encode(), self.port, cookie))
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        body = await self.reader.readexactly(int(length[1])) if length else b""
        for cookie in COOKIE.findall(head):
            self.cookie = cookie
        self.status = head[9:12]
        return body

    async def ask(self, kind: str, path: str, wanted: str) -> None:
        start = time.perf_counter()
        body = await self.say(path)
        self.totals.times.setdefault(kind, Times()).add(time.perf_counter() - start)
        if self.status != b"200":
            self.totals.errors[f"{kind}: {self.status.decode()}"] += 1
        elif body.decode() != wanted:
            self.totals.errors[
                f"{kind}: {'a session of somebody else' if self.name not in body.decode() else 'old'}"
            ] += 1


def memory(parent: int) -> list[int]:
    """Resident memory of each worker in kB: the children that have an application."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                status = (folder / "status").read_text("utf-8")
                command = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if f"PPid:\t{parent}\n" in status and b"spawn_main" in command:
                found.append(int(re.findall(r"VmRSS:\s+(\d+)", status)[0]))
    return sorted(found)


@contextmanager
def store(name: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        server: Valkey | Postgres = Valkey(Path(folder) / "valkey") if name == "valkey" else Postgres()
        server.start()
        try:
            yield server.url
        finally:
            server.stop()


@contextmanager
def workers(url: str) -> Iterator[tuple[int, int]]:
    port = free_port()
    place = ["--host", "127.0.0.1", "--port", str(port), "--workers", str(WORKERS)]
    quiet = ["--no-access-log", "--log-level", "warning", "--factory"]
    command = [sys.executable, "-m", "uvicorn", "bench.load_app:make", *place, *quiet]
    process = subprocess.Popen(command, env={**os.environ, "HAUBERK_LOAD_STORE": url})
    try:
        wait_for(lambda: len(memory(process.pid)) == WORKERS and _answers(port), what="uvicorn")
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(20)


def _answers(port: int) -> bool:
    import socket

    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as link:
            link.sendall(b"GET /nothing HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")
            return link.recv(15).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


async def drive(port: int, parent: int, minutes: float) -> dict[str, Any]:
    totals, start = Totals(), time.monotonic()
    end = start + minutes * 60
    visitors = [Visitor(f"u{number}.", port, totals) for number in range(CONNECTIONS)]
    running = [asyncio.create_task(visitor.stay(n * APART, end)) for n, visitor in enumerate(visitors)]
    samples: list[list[int]] = []
    while any(not task.done() for task in running):
        await asyncio.wait(running, timeout=SAMPLE_EVERY)
        samples.append(memory(parent))
    for task in running:
        if task.exception() is not None:
            totals.errors[type(task.exception()).__name__] += 1
    spent = time.monotonic() - start
    quarter = max(1, len(samples) // 4)
    return {
        "minutes": round(spent / 60, 1),
        "requests": totals.requests,
        "per_second": round(totals.requests / spent),
        "errors": dict(totals.errors),
        "connections_by_worker": sorted(totals.workers.values()),
        "ms": {
            kind: {"p50": times.part(0.5), "p99": times.part(0.99), "p999": times.part(0.999)}
            for kind, times in sorted(totals.times.items())
        },
        "memory_mb": {
            "after_a_quarter": [round(kb / 1_024, 1) for kb in samples[quarter - 1]],
            "half": [round(kb / 1_024, 1) for kb in samples[len(samples) // 2]],
            "end": [round(kb / 1_024, 1) for kb in samples[-2 if len(samples) > 1 else -1]],
        },
    }


def main() -> None:
    """Run it, and print what was seen; the exit status is 1 if there was any error."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--store", choices=("valkey", "postgres"), default="valkey")
    options.add_argument("--minutes", type=float, default=10.0)
    asked = options.parse_args()
    with store(asked.store) as url, workers(url) as (port, parent):
        found = asyncio.run(drive(port, parent, asked.minutes))
    print(
        json.dumps(
            {"subject": f"load on {asked.store}", "connections": CONNECTIONS, "workers": WORKERS} | found, indent=1
        )
    )
    sys.exit(bool(found["errors"]))


if __name__ == "__main__":
    main()
