"""What a store keeps when several use it at once: in one event loop, in threads, one loop after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from hauberk.core.plan import run_inline
from hauberk.core.store import Limit, Store
from hauberk.testing.store_case import LONG, StoreCase

ROUNDS = 12


class StoreRaces(StoreCase):
    """Tests of one store under several hands."""

    def test_the_two_faces_see_the_same(self) -> None:
        """What one writes, the other reads."""

        async def what() -> None:
            key, made = uuid4().hex, self.make()
            async with made as store, store.blocking() as other:
                await store.set(key, b"x", LONG)
                assert run_inline(other.get(key)) == b"x"
                run_inline(other.save(key + "r", {"a": b"1"}, ttl=LONG, create=True))
                assert await store.load(key + "r") == {"a": b"1"}

        asyncio.run(what())

    def test_several_event_loops_after_each_other(self) -> None:
        """A connection of a loop that is closed is not used in the next."""
        store, key = self.make(), uuid4().hex

        async def write() -> None:
            await store.set(key, b"x", LONG)
            await store.close()

        async def read() -> bytes | None:
            found = await store.get(key)
            await store.close()
            return found

        asyncio.run(write())
        assert asyncio.run(read()) == b"x"

    def test_parallel_writers_of_different_fields_all_win(self) -> None:
        """Eight at once, on the face that may suspend."""

        async def what() -> None:
            key = uuid4().hex
            async with self.make() as store:
                await store.save(key, {"start": b""}, ttl=LONG, create=True)
                done = await asyncio.gather(*(store.save(key, {f"f{n}": b"%d" % n}, ttl=LONG) for n in range(8)))
                assert all(done)
                assert await store.load(key) == {"start": b""} | {f"f{n}": b"%d" % n for n in range(8)}

        asyncio.run(what())

    def test_threads_that_write_different_fields_all_win(self) -> None:
        """Eight at once, on the blocking face; counters and limits count each."""
        store, key = self.make().blocking(), uuid4().hex

        def write(number: int) -> bool:
            run_inline(store.increment(key + "n", 1, LONG))
            assert run_inline(store.save(key, {f"f{number}": b"%d" % number}, ttl=LONG))
            return run_inline(store.hit([Limit(key + "l", interval=LONG, burst=5)]))[0].allowed

        run_inline(store.save(key, {}, ttl=LONG, create=True))
        with ThreadPoolExecutor(8) as pool:
            allowed = list(pool.map(write, range(8)))
        assert run_inline(store.load(key)) == {f"f{n}": b"%d" % n for n in range(8)}
        assert run_inline(store.increment(key + "n", 0, LONG)) == 8
        assert sum(allowed) == 5
        run_inline(store.close())

    def test_what_may_happen_once_happens_once_among_many(self) -> None:
        """Of eight that `add` at once, one succeeds."""

        async def what() -> None:
            async with self.make() as store:
                for _ in range(ROUNDS):
                    key = uuid4().hex
                    done = await asyncio.gather(*(store.add(key, b"%d" % n, LONG) for n in range(8)))
                    assert done.count(True) == 1
                    assert await store.get(key) == b"%d" % done.index(True)

        asyncio.run(what())

    def test_of_parallel_rotations_one_wins_and_the_others_follow(self) -> None:
        """Nobody is logged out, and no change of those that still know the old key is lost."""

        async def what(store: Store) -> None:
            key = uuid4().hex
            await store.save(key, {"a": b"1"}, ttl=LONG, create=True, index=key + "i")
            done = await asyncio.gather(
                *(store.rotate(key, f"{key}-{n}", ttl=LONG, grace=LONG) for n in range(3)),
                *(store.save(key, {f"f{n}": b"x"}, ttl=LONG) for n in range(4)),
            )
            assert done[:3].count(True) == 1
            assert all(done[3:])
            kept = {"a": b"1"} | {f"f{n}": b"x" for n in range(4)}
            winner = f"{key}-{done.index(True)}"
            assert await store.load(winner) == await store.load(key) == kept
            assert await store.records(key + "i") == {winner: kept}

        self._rounds(what)

    def test_a_logout_is_not_undone_by_what_runs_beside_it(self) -> None:
        """Neither by a writer, nor by one that touches, nor by a rotation: afterwards the record is nowhere."""

        async def what(store: Store) -> None:
            key = uuid4().hex
            await store.save(key, {"a": b"1"}, ttl=LONG, create=True, index=key + "i")
            gone, *_ = await asyncio.gather(
                store.delete(key),
                store.rotate(key, key + "n", ttl=LONG, grace=LONG),
                store.save(key, {"b": b"2"}, ttl=LONG),
                store.touch(key, LONG),
            )
            assert gone
            assert await store.load(key) is None
            assert await store.load(key + "n") is None
            assert await store.members(key + "i") == []

        self._rounds(what)

    def test_when_all_are_revoked_no_record_is_left_that_is_not_listed(self) -> None:
        """A login under way while all sessions of its user are revoked survives, listed, or does not."""

        async def what(store: Store) -> None:
            key = uuid4().hex
            index = key + "i"
            for name in "ab":
                await store.save(key + name, {}, ttl=LONG, create=True, index=index)
            await store.save(key + "c", {"guest": b"1"}, ttl=LONG, create=True)
            await asyncio.gather(
                store.forget(index),
                store.save(key + "n", {}, ttl=LONG, create=True, index=index),
                store.rotate(key + "a", key + "x", ttl=LONG, grace=LONG),
                store.rotate(key + "c", key + "y", ttl=LONG, grace=LONG, index=index),
            )
            left = [key + name for name in "abnxy" if await store.load(key + name) is not None]
            assert key + "b" not in left
            assert key + "a" not in left
            assert key + "x" not in left
            assert await store.members(index) == left

        self._rounds(what)

    def _rounds(self, what: Callable[[Store], Awaitable[None]]) -> None:
        async def run() -> None:
            async with self.make() as store:
                for _ in range(ROUNDS):
                    await what(store)

        asyncio.run(run())
