"""`valkey://`: a real server on loopback."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest

from hauberk.core.errors import StoreError
from hauberk.core.plan import run_inline
from hauberk.core.store import Limit, Store
from hauberk.stores import open_store
from hauberk.testing import StoreContract
from tests.stores.servers import Valkey
from tests.stores.tls import TLSRelay, certificate

TTL = 60.0


class TestValkey(StoreContract):
    @pytest.fixture(autouse=True)
    def _server(self, valkey_url: str) -> None:
        self.url = valkey_url

    def make(self) -> Store:
        return open_store(self.url)


class TestRESP2(StoreContract):
    """The protocol of Redis before 6."""

    @pytest.fixture(autouse=True)
    def _server(self, valkey_url: str) -> None:
        self.url = valkey_url + "?protocol=2"

    def make(self) -> Store:
        return open_store(self.url)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_a_loop_that_closed_without_us_leaves_nothing_to_stumble_over(valkey_url: str) -> None:
    store = open_store(valkey_url)
    for n in range(3):
        asyncio.run(store.set("k", b"%d" % n, 60))
    assert asyncio.run(store.get("k")) == b"2"
    assert len(store._line._clients) == 1  # type: ignore[attr-defined]
    del store
    gc.collect()


def test_nothing_stays_for_ever(tmp_path: Path) -> None:
    """Expiry needs no sweeper: every key that the store makes has its end."""
    server = Valkey(tmp_path).start()
    try:
        store = open_store(server.url).blocking()
        run_inline(store.set("v", b"x", TTL))
        run_inline(store.add("once", b"x", TTL))
        run_inline(store.increment("n", 1, TTL))
        run_inline(store.hit([Limit("l", interval=1, burst=5)]))
        run_inline(store.append("log", b"x", most=5, ttl=TTL))
        run_inline(store.save("s", {"a": b"1"}, ttl=TTL, create=True, index="u"))
        run_inline(store.save("s", {"b": b"1"}, ttl=TTL))
        run_inline(store.rotate("s", "t", ttl=TTL, grace=1, index="w"))
        run_inline(store.touch("t", TTL))
        run_inline(store.close())
        space = server.say("INFO", "keyspace").decode()
        # v, once, n, l, log, s, t, and the index w; u is empty and gone.
        assert "keys=8,expires=8," in space, space
    finally:
        server.stop()


def test_a_server_that_forgot_its_scripts_is_told_again(tmp_path: Path) -> None:
    server = Valkey(tmp_path).start()
    try:
        store = open_store(server.url)
        for face in (store.blocking(), store.blocking()):
            assert run_inline(face.save("s", {"a": b"1"}, ttl=TTL, create=True))
            assert server.say("SCRIPT", "FLUSH").startswith(b"+OK")
            assert run_inline(face.save("s", {"b": b"2"}, ttl=TTL))
            run_inline(face.close())
    finally:
        server.stop()


def test_a_key_that_holds_something_else_is_said_to_be_corrupt(valkey_url: str) -> None:
    store = open_store(valkey_url).blocking()
    run_inline(store.set("mixed", b"x", TTL))
    with pytest.raises(StoreError) as caught:
        run_inline(store.load("mixed"))
    assert caught.value.kind == "corrupt"
    run_inline(store.close())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_a_connection_that_is_closed_in_another_task_is_one_that_was_lost(
    valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from redis.asyncio.connection import AbstractConnection

    send: Any = AbstractConnection._send_packed_command
    lost: list[object] = []

    async def closed_meanwhile(self: Any, command: Any) -> None:
        if b"hauberk:" in b"".join(command) and len(lost) < 2:
            lost.append(self)
            self._writer = None
        await send(self, command)

    async def run() -> None:
        async with open_store(valkey_url) as store:
            assert await store.save("moved", {"a": b"1"}, ttl=TTL, create=True)
            monkeypatch.setattr(AbstractConnection, "_send_packed_command", closed_meanwhile)
            with pytest.raises(StoreError, match="closed while it was used") as caught:
                await store.save("moved", {"a": b"2"}, ttl=TTL)
            assert caught.value.kind == "unavailable"
            # What only reads is asked again.
            assert await store.load("moved") == {"a": b"1"}

    asyncio.run(run())
    assert len(lost) == 2


def test_tls_is_verified(valkey: Valkey, tmp_path: Path) -> None:
    (cert, key), (other, _) = certificate(tmp_path), certificate(tmp_path, "other")
    relay = TLSRelay(valkey.port, cert, key)
    store = open_store(f"valkeys://localhost:{relay.port}/0?ssl_ca_certs={cert}")
    run_inline(_once(store.blocking()))
    asyncio.run(_once(store))
    for stranger in (f"valkeys://localhost:{relay.port}/0", f"valkeys://localhost:{relay.port}/0?ssl_ca_certs={other}"):
        with pytest.raises(StoreError, match="certificate verify failed"):
            run_inline(open_store(stranger).blocking().ping())
        with pytest.raises(StoreError, match="certificate verify failed"):
            asyncio.run(open_store(stranger).ping())
    relay.close()
    gc.collect()


async def _once(store: Store) -> None:
    async with store:
        await store.set("k", b"v", TTL)
        assert await store.get("k") == b"v"


def test_of_many_keys_a_sample_is_counted(valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(valkey_url).blocking()

    async def fill() -> None:
        for number in range(300):
            await store.save(f"many:{number}", {"v": b"1"}, ttl=TTL, create=True)
            await store.set(f"other:{number}", b"1", TTL)

    run_inline(fill())
    exact = run_inline(store.count("many:"))
    monkeypatch.setattr("hauberk.stores.valkey.COUNTED", 10)
    estimate = run_inline(store.count("many:"))
    assert (exact, estimate.exact) == ((300, True), False)
    assert 200 < estimate.number < 400
    assert run_inline(store.count("none:")) == (0, False)
