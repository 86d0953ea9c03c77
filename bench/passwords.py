"""A flood of 120 logins in a second: what it does to the event loop, to the queue, and to those who get in.

Arrivals come from a thread of their own, so that no timer but the sampler's runs on the loop. Beside `Passwords` stand
the same arrivals with nothing to hash (`idle`), the usual `asyncio.to_thread`, and hashing on the loop itself.
"""

from __future__ import annotations

import asyncio
import logging
import os
import platform
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from statistics import median, quantiles
from time import perf_counter, sleep
from typing import Any

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id as Primitive

from bench.harness import report
from hauberk import Policy, protect
from hauberk.auth.passwords import Argon2id, Passwords
from hauberk.auth.passwords.passwords import processors
from hauberk.core.errors import BusyError

LOGINS, SECONDS, ROUNDS = 120, 1.0, 7
TICK = 0.001
PROFILE = Argon2id.owasp()
Login = Callable[[], Awaitable[object]]


def bare() -> bytes:
    """The floor: one computation, and nothing around it."""
    cost = PROFILE.memory_cost
    return Primitive(salt=b"s" * 16, length=32, iterations=PROFILE.iterations, lanes=1, memory_cost=cost).derive(b"x")


async def sample(until: asyncio.Event, lags: list[float]) -> None:
    """How late the loop wakes, again and again."""
    while not until.is_set():
        start = perf_counter()
        await asyncio.sleep(TICK)
        lags.append(perf_counter() - start - TICK)


async def flood(login: Login) -> dict[str, float]:
    """One second of arrivals; lag and latency in ms."""
    loop, lags, took, tasks = asyncio.get_running_loop(), list[float](), list[float](), list[asyncio.Task[None]]()
    refused = inside = most = 0

    async def one() -> None:
        nonlocal refused, inside, most
        start = perf_counter()
        inside += 1
        most = max(most, inside)
        try:
            await login()
            took.append(perf_counter() - start)
        except BusyError:
            refused += 1
        finally:
            inside -= 1

    def arrive() -> None:
        for _ in range(LOGINS):
            loop.call_soon_threadsafe(lambda: tasks.append(loop.create_task(one())))
            sleep(SECONDS / LOGINS)
        loop.call_soon_threadsafe(arrived.set)

    arrived, done = asyncio.Event(), asyncio.Event()
    sampler = asyncio.create_task(sample(done, lags))
    feeder = threading.Thread(target=arrive)
    start = perf_counter()
    feeder.start()
    await arrived.wait()
    await asyncio.gather(*tasks)
    whole = perf_counter() - start
    done.set()
    await sampler
    cuts, logins = quantiles(lags, n=100), quantiles(took, n=100) if len(took) > 1 else [0.0] * 99
    figures = {"lag p50": cuts[49], "lag p99": cuts[98], "login p50": logins[49], "login p95": logins[94]}
    out = {name: round(value * 1_000, 2) for name, value in figures.items()}
    return out | {"most in flight": most, "refused with 503": refused, "all done after s": round(whole, 2)}


async def nothing() -> None:
    """A login with nothing to hash."""


async def on_loop() -> None:
    """Hashing where the requests are served."""
    bare()


def served(passwords: Passwords, stored: str) -> Login:
    """The same logins as requests to an ASGI application under a policy: its 503 must say when to come back."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await passwords.verify("x", stored)
        await send({"type": "http.response.start", "status": 401, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    app = protect(application, Policy.api())
    headers = [(b"host", b"api.example"), (b"content-length", b"0")]
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "https",
    }
    scope |= {"path": "/login", "raw_path": b"/login", "query_string": b"", "headers": headers, "root_path": ""}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def login() -> None:
        starts: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                starts.append(message)

        await app({**scope, "state": {}}, receive, send)
        if starts[0]["status"] == 503:
            raise BusyError("password checks", int(dict(starts[0]["headers"])[b"retry-after"]))
        if starts[0]["status"] != 401:
            raise RuntimeError(f"answered with {starts[0]['status']}")

    return login


def results() -> dict[str, Any]:
    """Medians over interleaved rounds, and the ratio of the lags to idle."""
    subjects: dict[str, Login] = {"idle": nothing}
    for workers in sorted({max(1, processors() - 1), processors()}):
        passwords = Passwords(workers=workers)
        stored = passwords.hash_sync("correct horse battery staple")
        subjects[f"hauberk, {workers} of {processors()} processors"] = partial(passwords.verify, "x", stored)
    served_by = Passwords(workers=max(1, processors() - 1))
    requests = served(served_by, served_by.hash_sync("correct horse battery staple"))
    subjects["hauberk, requests under a policy"] = requests
    subjects |= {"asyncio.to_thread, unbounded": partial(asyncio.to_thread, bare), "on the loop": on_loop}
    # Each refusal is logged: in full, to where no terminal slows it down.
    logging.basicConfig(filename=os.devnull)
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in subjects}
    order = list(subjects.items())
    for number in range(ROUNDS):
        for name, login in order[number % len(order) :] + order[: number % len(order)]:
            rounds[name].append(asyncio.run(flood(login)))
    figures = {
        name: {key: round(median(row[key] for row in rows), 2) for key in rows[0]} for name, rows in rounds.items()
    }
    lag = {
        name: round(median(row["lag p99"] / idle["lag p99"] for row, idle in zip(rows, rounds["idle"], strict=True)), 2)
        for name, rows in rounds.items()
    }
    return {"unit": "ms", "flood of 120 logins in 1 s": figures, "lag p99 over idle": lag, "over the floor": overhead()}


def overhead() -> float:
    """A whole refused `verify_sync` over one bare computation."""
    passwords = Passwords(workers=1)
    stored = passwords.hash_sync("correct horse battery staple")
    rows = []
    for _ in range(31):
        start = perf_counter()
        bare()
        between = perf_counter()
        passwords.verify_sync("x", stored)
        rows.append((perf_counter() - between) / (between - start))
    return round(median(rows), 3)


if __name__ == "__main__":
    report("passwords", results() | {"processors": processors(), "system": platform.system()})
