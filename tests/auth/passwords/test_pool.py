from __future__ import annotations

import asyncio
import os
import threading
import time

import pytest

from hauberk.auth.passwords import Argon2id, Passwords
from hauberk.auth.passwords.pool import Pool
from hauberk.core.errors import BusyError

SCHEME = Argon2id(memory_cost=7_168, iterations=5)


class Work:
    """Work that ends when it is told to, and counts how much of it runs at once."""

    def __init__(self) -> None:
        self.go, self.lock = threading.Event(), threading.Lock()
        self.now = self.most = self.started = 0

    def __call__(self) -> str:
        with self.lock:
            self.started += 1
            self.now += 1
            self.most = max(self.most, self.now)
        assert self.go.wait(10)
        with self.lock:
            self.now -= 1
        return "done"


def until(condition: object) -> None:
    assert callable(condition)
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_a_flood_is_turned_away_and_the_rest_is_served() -> None:
    pool, work = Pool(2, 3, "things"), Work()

    async def flood() -> list[object]:
        tasks = [asyncio.create_task(pool.run(work)) for _ in range(120)]
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_later(0.05, work.go.set)
        return await asyncio.gather(*tasks, return_exceptions=True)

    answers = asyncio.run(flood())
    assert answers.count("done") == 5
    busy = [answer for answer in answers if isinstance(answer, BusyError)]
    assert len(busy) == 115
    assert all(error.retry_after >= 1 and "things" in str(error) for error in busy)
    assert work.most == 2
    until(lambda: pool.inside == 0)


def test_places_come_back_after_the_flood() -> None:
    pool, work = Pool(1, 0, "things"), Work()
    work.go.set()
    for _ in range(20):
        assert pool.submit(work).result() == "done"
        until(lambda: pool.inside == 0)


def test_cancelled_work_keeps_its_place_until_it_ends() -> None:
    pool, work = Pool(1, 1, "things"), Work()

    async def cancel() -> None:
        running, waiting = (asyncio.create_task(pool.run(work)) for _ in range(2))
        await asyncio.to_thread(until, lambda: work.started)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert pool.inside == 2  # its thread is still busy
        with pytest.raises(BusyError):
            await pool.run(work)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert pool.inside == 1  # what had not begun is gone at once
        work.go.set()

    asyncio.run(cancel())
    until(lambda: pool.inside == 0)
    assert work.started == 1


def test_work_that_fails_gives_its_place_back() -> None:
    pool = Pool(1, 0, "things")

    def fail() -> None:
        raise ZeroDivisionError

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            pool.submit(fail).result()
        until(lambda: pool.inside == 0)


def test_retry_after_grows_with_the_line() -> None:
    pool, work = Pool(1, 5, "things"), Work()
    pool.seconds = 1.0
    futures = [pool.submit(work) for _ in range(6)]
    with pytest.raises(BusyError) as caught:
        pool.submit(work)
    assert caught.value.retry_after == 6
    work.go.set()
    assert [future.result() for future in futures] == ["done"] * 6


def test_one_pool_serves_one_loop_after_another() -> None:
    passwords = Passwords(scheme=SCHEME, workers=1)
    stored = passwords.hash_sync("x")
    for _ in range(3):
        assert asyncio.run(passwords.verify("x", stored))


def test_the_loop_turns_while_passwords_are_hashed() -> None:
    passwords = Passwords(workers=1, waiting=20)

    async def count() -> int:
        stored = await passwords.hash("x")
        tasks = [asyncio.create_task(passwords.verify("y", stored)) for _ in range(10)]
        turns = 0
        while not all(task.done() for task in tasks):
            await asyncio.sleep(0.001)
            turns += 1
        return turns

    assert asyncio.run(count()) > 30  # ten hashes on the loop would let it turn ten times


def test_nothing_starts_before_it_is_needed() -> None:
    passwords = Passwords(scheme=SCHEME, workers=3)
    assert passwords._pool._executor is None
    passwords.hash_sync("x")
    assert passwords._pool._executor is not None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of forking with threads, which is what is tested
def test_a_child_has_threads_of_its_own() -> None:
    passwords = Passwords(scheme=SCHEME, workers=1)
    stored = passwords.hash_sync("x")
    with passwords._pool._lock:  # as if another thread of the parent were just inside
        child = os.fork()
    if child == 0:
        os._exit(0 if passwords.verify_sync("x", stored) and not passwords.verify_sync("y", stored) else 3)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert passwords.verify_sync("x", stored)
