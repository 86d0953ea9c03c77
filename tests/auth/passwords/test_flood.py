"""A flood of logins at an application under a policy: some are answered, the others are told when to come back."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hauberk import Policy, protect
from hauberk.auth.passwords import Argon2id, Passwords

LOGINS = 120
POLICY = Policy.api()


class Watched:
    """Passwords whose line is watched: how many were in it at most."""

    def __init__(self) -> None:
        self.passwords = Passwords(scheme=Argon2id(memory_cost=7_168, iterations=5), workers=1, waiting=4)
        self.stored = self.passwords.hash_sync("right")
        self.most = 0

    def look(self) -> None:
        self.most = max(self.most, self.passwords._pool.inside)


def judged(answers: Iterable[tuple[int, str, str]], watched: Watched) -> None:
    found = list(answers)
    assert Counter(status for status, _, _ in found).total() == LOGINS
    assert {status for status, _, _ in found} == {401, 503}
    for status, wait, body in found:
        assert (wait.isdigit() and int(wait) >= 1) is (status == 503)
        assert "password" not in body
        assert "Busy" not in body
    assert 0 < watched.most <= 5


def test_a_flood_on_a_loop() -> None:
    watched = Watched()

    async def login(request: Request) -> Response:
        found = watched.passwords.verify(request.headers["x-word"], watched.stored)
        asyncio.get_running_loop().call_soon(watched.look)
        return Response(status_code=200 if (await found).ok else 401)

    app = protect(Starlette(routes=[Route("/login", login, methods=["POST"])]), POLICY)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)

    async def flood() -> tuple[list[tuple[int, str, str]], int]:
        async with httpx2.AsyncClient(transport=transport, base_url="https://api.example") as client:

            async def one(word: str) -> tuple[int, str, str]:
                got = await client.post("/login", headers={"x-word": word})
                return got.status_code, got.headers.get("retry-after", ""), got.text

            answers = await asyncio.gather(*(one("wrong") for _ in range(LOGINS)))
            after, _, _ = await one("right")
            return list(answers), after

    answers, after = asyncio.run(flood())
    judged(answers, watched)
    assert after == 200
    assert watched.passwords._pool.inside == 0


def test_a_flood_on_threads() -> None:
    watched = Watched()

    def login(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        watched.look()
        found = watched.passwords.verify_sync(environ["HTTP_X_WORD"], watched.stored)
        start("200 OK" if found.ok else "401 Unauthorized", [("content-type", "text/plain")])
        return [b""]

    app: Any = protect(login, POLICY)
    answers: list[tuple[int, str, str]] = []
    together = threading.Barrier(LOGINS)

    def one(word: str, alone: bool = False) -> None:
        if not alone:
            together.wait(20)
        with httpx2.Client(
            transport=httpx2.WSGITransport(app=app, raise_app_exceptions=False), base_url="https://api.example"
        ) as client:
            got = client.post("/login", headers={"x-word": word})
        answers.append((got.status_code, got.headers.get("retry-after", ""), got.text))

    threads = [threading.Thread(target=one, args=("wrong",)) for _ in range(LOGINS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    judged(answers, watched)
    one("right", alone=True)
    assert answers[-1][0] == 200
