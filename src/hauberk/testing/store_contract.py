"""The contract that every store keeps, as tests.

    class TestMine(StoreContract):
        def make(self) -> Store:
            return MyStore(...)

pytest collects them by themselves. Each test takes fresh keys, so that a store may be shared between them.
"""

from __future__ import annotations

import math

from hauberk.core.store import Limit, Store
from hauberk.testing.store_case import LONG, SHORT, pause
from hauberk.testing.store_races import StoreRaces


class StoreContract(StoreRaces):
    """Tests of one store, by its calls that may suspend and by its blocking face; those of races come with it."""

    def test_a_value_comes_back_and_is_forgotten(self) -> None:
        """`get`, `set`, `delete`."""

        async def what(store: Store, key: str) -> None:
            assert await store.get(key) is None
            await store.set(key, b"\x00one\xff", LONG)
            assert await store.get(key) == b"\x00one\xff"
            await store.set(key, b"", LONG)
            assert await store.get(key) == b""
            assert await store.delete(key)
            assert not await store.delete(key)
            assert await store.get(key) is None

        self.run(what)

    def test_what_may_happen_once_happens_once(self) -> None:
        """`add`."""

        async def what(store: Store, key: str) -> None:
            assert await store.add(key, b"first", LONG)
            assert not await store.add(key, b"second", LONG)
            assert await store.get(key) == b"first"

        self.run(what)

    def test_lifetimes_end(self) -> None:
        """Values, counters, records and what was added once."""

        async def what(store: Store, key: str) -> None:
            await store.set(key, b"x", SHORT)
            await store.add(key + "a", b"x", SHORT)
            await store.increment(key + "n", 5, SHORT)
            await store.save(key + "r", {"a": b"1"}, ttl=SHORT, create=True, index=key + "i")
            await pause(SHORT * 2)
            assert await store.get(key) is None
            assert await store.add(key + "a", b"y", LONG)
            assert await store.increment(key + "n", 1, LONG) == 1
            assert await store.load(key + "r") is None
            assert not await store.save(key + "r", {"b": b"2"}, ttl=LONG)
            assert await store.members(key + "i") == []

        self.run(what)

    def test_touching_makes_nothing(self) -> None:
        """`touch` starts a lifetime again, of what is there."""

        async def what(store: Store, key: str) -> None:
            assert not await store.touch(key, LONG)
            assert await store.get(key) is None
            await store.set(key, b"x", SHORT)
            assert await store.touch(key, LONG)
            await store.save(key + "r", {"a": b"1"}, ttl=SHORT, create=True)
            assert await store.touch(key + "r", LONG)
            await pause(SHORT * 2)
            assert await store.get(key) == b"x"
            assert await store.load(key + "r") == {"a": b"1"}

        self.run(what)

    def test_counters_count(self) -> None:
        """`increment` from nothing, up and down."""

        async def what(store: Store, key: str) -> None:
            assert [await store.increment(key, n, LONG) for n in (1, 5, -2)] == [1, 6, 4]

        self.run(what)

    def test_records_are_merged_by_field(self) -> None:
        """Two writers of different fields both win; a field that is taken away stays away."""

        async def what(store: Store, key: str) -> None:
            assert await store.save(key, {"a": b"1", "b": b"2"}, ttl=LONG, create=True)
            assert await store.save(key, {"c": b"\x00\xff"}, ttl=LONG)
            assert await store.save(key, {"a": b"3"}, ttl=LONG, remove=["b", "unknown"])
            assert await store.load(key) == {"a": b"3", "c": b"\x00\xff"}
            assert await store.save(key, {}, ttl=LONG, remove=["a", "c"])
            assert await store.load(key) == {}

        self.run(what)

    def test_nobody_brings_back_what_was_destroyed(self) -> None:
        """A writer that started before and ends after a destruction writes nothing."""

        async def what(store: Store, key: str) -> None:
            await store.save(key, {"a": b"1"}, ttl=LONG, create=True, index=key + "i")
            assert await store.delete(key)
            assert not await store.save(key, {"a": b"2"}, ttl=LONG)
            assert not await store.touch(key, LONG)
            assert not await store.rotate(key, key + "n", ttl=LONG, grace=LONG)
            assert await store.load(key) is None
            assert await store.load(key + "n") is None
            assert await store.members(key + "i") == []

        self.run(what)

    def test_rotation_leads_parallel_requests_to_the_new_key(self) -> None:
        """The old key works for its grace, for reading and for writing, and then no more."""

        async def what(store: Store, key: str) -> None:
            new, index = key + "n", key + "i"
            await store.save(key, {"a": b"1"}, ttl=LONG, create=True, index=index)
            assert await store.rotate(key, new, ttl=LONG, grace=SHORT * 2)
            assert await store.load(new) == await store.load(key) == {"a": b"1"}
            assert await store.save(key, {"b": b"2"}, ttl=LONG)
            assert await store.load(new) == {"a": b"1", "b": b"2"}
            assert await store.members(index) == [new]
            assert not await store.rotate(key, key + "x", ttl=LONG, grace=LONG)
            await pause(SHORT * 4)
            assert await store.load(key) is None
            assert not await store.save(key, {"c": b"3"}, ttl=LONG)
            assert await store.load(new) == {"a": b"1", "b": b"2"}

        self.run(what)

    def test_a_key_that_was_rotated_twice_since_writes_to_the_record_or_nowhere(self) -> None:
        """What leads on is no record: nothing is kept there, and its grace stays what it was."""

        async def what(store: Store, key: str) -> None:
            await store.save(key, {"a": b"1"}, ttl=LONG, create=True)
            assert await store.rotate(key, key + "n", ttl=LONG, grace=LONG)
            assert await store.rotate(key + "n", key + "m", ttl=LONG, grace=SHORT * 2)
            assert await store.load(key) is None
            saved = await store.save(key, {"b": b"2"}, ttl=LONG)
            record = {"a": b"1", "b": b"2"} if saved else {"a": b"1"}
            assert await store.load(key + "n") == await store.load(key + "m") == record
            await pause(SHORT * 4)
            assert await store.load(key + "n") is None
            assert await store.load(key + "m") == record

        self.run(what)

    def test_a_key_that_was_rotated_twice_since_destroys_the_record(self) -> None:
        """Who logs out in a request that was slow is logged out."""

        async def what(store: Store, key: str) -> None:
            await store.save(key, {"a": b"1"}, ttl=LONG, create=True, index=key + "i")
            assert await store.rotate(key, key + "n", ttl=LONG, grace=LONG)
            assert await store.rotate(key + "n", key + "m", ttl=LONG, grace=LONG)
            assert await store.delete(key)
            assert [await store.load(key + end) for end in ("", "n", "m")] == [None] * 3
            assert await store.members(key + "i") == []
            assert not await store.delete(key)

        self.run(what)

    def test_a_record_changes_as_it_takes_another_key(self) -> None:
        """In one step: nobody finds it as it was under its new key, nor half of what was changed."""

        async def what(store: Store, key: str) -> None:
            new, index, other = key + "n", key + "i", key + "j"
            before = {"kept": b"1", "changed": b"1", "gone": b"1"}
            await store.save(key, before, ttl=LONG, create=True, index=index)
            changed = {"changed": b"2", "came": b"\x00\xff"}
            remove = ["gone", "never there"]
            assert await store.rotate(key, new, ttl=LONG, grace=LONG, fields=changed, remove=remove, index=other)
            after = {"kept": b"1", "changed": b"2", "came": b"\x00\xff"}
            assert await store.load(new) == await store.load(key) == after
            assert await store.records(other) == {new: after}
            assert await store.members(index) == []
            assert not await store.rotate(key + "x", key + "y", ttl=LONG, grace=LONG, fields=changed)
            assert await store.load(key + "y") is None

        self.run(what)

    def test_destroying_by_the_old_key_destroys_the_record(self) -> None:
        """A logout with a cookie of a moment ago is a logout."""

        async def what(store: Store, key: str) -> None:
            await store.save(key, {"a": b"1"}, ttl=LONG, create=True)
            await store.rotate(key, key + "n", ttl=LONG, grace=LONG)
            assert await store.delete(key)
            assert await store.load(key + "n") is None
            assert await store.load(key) is None

        self.run(what)

    def test_records_are_listed_and_forgotten_by_index(self) -> None:
        """One user's sessions, one by one or all; those of others stay."""

        async def what(store: Store, key: str) -> None:
            for name in "abc":
                await store.save(key + name, {"v": b"1"}, ttl=LONG, create=True, index=key + "i")
            await store.save(key + "d", {"v": b"1"}, ttl=LONG, create=True)
            await store.save(key + "d", {}, ttl=LONG, index=key + "j")
            assert sorted(await store.members(key + "i")) == [key + name for name in "abc"]
            await store.delete(key + "b")
            assert sorted(await store.members(key + "i")) == [key + "a", key + "c"]
            assert await store.forget(key + "i") == 2
            assert await store.load(key + "a") is None
            assert await store.members(key + "j") == [key + "d"]
            assert await store.forget(key + "none") == 0

        self.run(what)

    def test_records_are_counted(self) -> None:
        """`count`: by what their keys begin with; what is no record, or is over, does not count."""

        async def what(store: Store, key: str) -> None:
            assert await store.count(key) == (0, True)
            for name in ("a", "b", "c%", "c_"):
                await store.save(f"{key}:{name}", {"v": b"1"}, ttl=LONG, create=True, index=key + "i")
            await store.save(f"{key}:brief", {"v": b"1"}, ttl=SHORT, create=True)
            await store.set(f"{key}:value", b"1", LONG)
            await store.increment(f"{key}:sum", 1, LONG)
            await store.hit([Limit(f"{key}:limit", 1.0, 5)])
            await store.save(f"{key}-other", {"v": b"1"}, ttl=LONG, create=True)
            await store.rotate(f"{key}:a", f"{key}:d", ttl=LONG, grace=LONG)
            assert (await store.count(key + ":")).number in {4, 5}  # a slow machine is past its end
            await pause(SHORT * 2)
            assert (await store.count(key + ":"), (await store.count(key + ":c%")).number) == ((4, True), 1)
            await store.forget(key + "i")
            assert (await store.count(key + ":")).number == 0

        self.run(what)

    def test_a_list_of_records_comes_with_their_fields(self) -> None:
        """`records`: what `members` names, in one call."""

        async def what(store: Store, key: str) -> None:
            assert await store.records(key + "i") == {}
            await store.save(key + "a", {"v": b"1"}, ttl=LONG, create=True, index=key + "i")
            await store.save(key + "b", {"v": b"2"}, ttl=SHORT, create=True, index=key + "i")
            await store.save(key + "c", {}, ttl=LONG, create=True, index=key + "i")
            assert await store.rotate(key + "a", key + "d", ttl=LONG, grace=LONG)
            await pause(SHORT * 2)
            assert await store.records(key + "i") == {key + "c": {}, key + "d": {"v": b"1"}}

        self.run(what)

    def test_a_record_moves_from_one_index_to_another(self) -> None:
        """One that is saved or takes another key under another name is in one list only."""

        async def what(store: Store, key: str) -> None:
            await store.save(key, {"v": b"1"}, ttl=LONG, create=True, index=key + "i")
            await store.save(key, {}, ttl=LONG, index=key + "j")
            assert (await store.members(key + "i"), await store.members(key + "j")) == ([], [key])
            assert await store.rotate(key, key + "n", ttl=LONG, grace=LONG, index=key + "k")
            assert (await store.members(key + "j"), await store.members(key + "k")) == ([], [key + "n"])
            assert await store.forget(key + "j") == 0
            assert await store.load(key + "n") == {"v": b"1"}

        self.run(what)

    def test_a_touched_record_stays_in_its_index(self) -> None:
        """`touch` and `save` start the lifetime in the index again too."""

        async def what(store: Store, key: str) -> None:
            for name in "ab":
                await store.save(key + name, {}, ttl=SHORT, create=True, index=key + "i")
            assert await store.touch(key + "a", LONG)
            assert await store.save(key + "b", {"v": b"1"}, ttl=LONG)
            await pause(SHORT * 2)
            assert await store.members(key + "i") == [key + "a", key + "b"]
            assert await store.forget(key + "i") == 2

        self.run(what)

    def test_keys_and_names_may_be_any_text(self) -> None:
        """Up to 512 octets, whatever they would mean elsewhere; values may be any octets."""

        async def what(store: Store, key: str) -> None:
            names = ["{a}", "{", "}", "*", "'; DROP TABLE x; --", "%s %b", "\n\r\t", "é🍪", "a" * 470]
            for number, name in enumerate(names):
                await store.set(key + name, bytes(range(256)) + b"%d" % number, LONG)
                await store.save(key + "r" + name, {name: name.encode()}, ttl=LONG, create=True, index=key + name)
            for number, name in enumerate(names):
                assert await store.get(key + name) == bytes(range(256)) + b"%d" % number
                assert await store.records(key + name + "i") == {}
                assert await store.load(key + "r" + name) == {name: name.encode()}

        self.run(what)

    def test_a_log_keeps_the_newest(self) -> None:
        """`append` and `read`: bounded, in order, and from a position on."""

        async def what(store: Store, key: str) -> None:
            assert await store.read(key) == []
            for number in range(7):
                await store.append(key, b"%d" % number, most=5, ttl=LONG)
            rows = await store.read(key)
            assert [entry for _, entry in rows] == [b"2", b"3", b"4", b"5", b"6"]
            assert [entry for _, entry in await store.read(key, most=2)] == [b"5", b"6"]
            assert await store.read(key, after=rows[1][0], most=2) == rows[2:4]
            assert await store.read(key, after=rows[-1][0]) == []
            assert await store.read(key, after="no position") == rows
            await store.append(key, b"", most=5, ttl=LONG)
            assert [entry for _, entry in await store.read(key, after=rows[-1][0])] == [b""]

        self.run(what)

    def test_entries_of_a_log_end(self) -> None:
        """Each by its own lifetime."""

        async def what(store: Store, key: str) -> None:
            await store.append(key, b"long", most=5, ttl=LONG)
            await store.append(key, b"short", most=5, ttl=SHORT)
            await pause(SHORT * 2)
            assert [entry for _, entry in await store.read(key)] == [b"long"]

        self.run(what)

    def test_a_burst_passes_and_then_the_rate(self) -> None:
        """The generic cell rate algorithm: exact, with what is left and when to come again."""

        async def what(store: Store, key: str) -> None:
            limit = Limit(key, interval=LONG, burst=3)
            rooms = [(await store.hit([limit]))[0] for _ in range(4)]
            assert [room.allowed for room in rooms] == [True, True, True, False]
            assert [room.remaining for room in rooms] == [2, 1, 0, 0]
            assert rooms[0].retry_after == 0
            assert LONG - 5 < rooms[3].retry_after <= LONG
            assert 3 * LONG - 5 < rooms[3].reset_after <= 3 * LONG

        self.run(what)

    def test_a_refused_hit_charges_nothing(self) -> None:
        """Hammering while limited does not make the wait longer, and all limits of a hit are charged or none."""

        async def what(store: Store, key: str) -> None:
            narrow, wide = Limit(key + "n", interval=LONG, burst=1), Limit(key + "w", interval=LONG, burst=10)
            assert all(room.allowed for room in await store.hit([narrow, wide]))
            for _ in range(5):
                rooms = await store.hit([narrow, wide])
                assert not rooms[0].allowed
            assert (await store.hit([wide]))[0].remaining == 8

        self.run(what)

    def test_a_limit_is_forgotten(self) -> None:
        """By its key, as anything else: it is as if it had never been hit, and the others stay."""

        async def what(store: Store, key: str) -> None:
            one, other = Limit(key + "o", interval=LONG, burst=1), Limit(key + "p", interval=LONG, burst=1)
            assert all(room.allowed for room in await store.hit([one, other]))
            assert await store.delete(one.key)
            assert not await store.delete(one.key)
            assert [(await store.hit([limit]))[0].allowed for limit in (one, other)] == [True, False]

        self.run(what)

    def test_limits_refill(self) -> None:
        """After an interval there is room for one."""

        async def what(store: Store, key: str) -> None:
            limit = Limit(key, interval=SHORT, burst=1)
            assert (await store.hit([limit]))[0].allowed
            assert not (await store.hit([limit]))[0].allowed
            await pause(SHORT * 1.5)
            assert (await store.hit([limit]))[0].allowed

        self.run(what)

    def test_a_cost_above_the_burst_never_fits(self) -> None:
        """And says so, instead of a time to wait for."""

        async def what(store: Store, key: str) -> None:
            (room,) = await store.hit([Limit(key, interval=1, burst=2, cost=3)])
            assert (room.allowed, room.retry_after) == (False, math.inf)

        self.run(what)
