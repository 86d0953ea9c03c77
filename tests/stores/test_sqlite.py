"""`sqlite:///`: on a real file, over restarts, kills and forks."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import msgspec
import pytest

from hauberk.core.errors import StoreError
from hauberk.core.plan import run_inline
from hauberk.core.store import Store
from hauberk.stores.sqlite import SQLiteStore
from hauberk.stores.sqlite_schema import MIGRATIONS, VERSION
from hauberk.testing import StoreContract


class TestSQLite(StoreContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.path = str(tmp_path / "store.db")

    def make(self) -> Store:
        return SQLiteStore(self.path)


def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    code = f"""
        from hauberk.core.plan import run_inline
        from hauberk.stores.sqlite import SQLiteStore
        store = SQLiteStore({str(path)!r})
        n = 0
        while True:
            run_inline(store.save(f"s{{n}}", {{"n": str(n).encode()}}, ttl=600, create=True))
            print(n, flush=True)
            n += 1
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(200)]
        process.send_signal(signal.SIGKILL)
        told += [int(line) for line in process.stdout.read().split()[:-1]]
    store = SQLiteStore(str(path))
    for n in told:
        assert run_inline(store.load(f"s{n}")) == {"n": str(n).encode()}


def _write(path: str, worker: int) -> None:
    store = SQLiteStore(path, timeout=10)
    for n in range(25):
        assert run_inline(store.save("shared", {f"{worker}-{n}": b"x"}, ttl=600))


def test_writers_in_several_processes_lose_nothing(tmp_path: Path) -> None:
    path = str(tmp_path / "store.db")
    store = SQLiteStore(path)
    run_inline(store.save("shared", {}, ttl=600, create=True))
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_write, args=(path, n)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * 4
    found = run_inline(store.load("shared"))
    assert found is not None
    assert len(found) == 100


def test_a_forked_child_opens_its_own_connection(tmp_path: Path) -> None:
    store = SQLiteStore(str(tmp_path / "store.db"))
    run_inline(store.set("k", b"parent", 60))
    child = os.fork()
    if child == 0:
        code = 1
        try:
            run_inline(store.set("k", b"child", 60))
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert run_inline(store.get("k")) == b"child"


def test_a_locked_file_is_an_error_within_the_time_limit(tmp_path: Path) -> None:
    path = str(tmp_path / "store.db")
    store = SQLiteStore(path, timeout=0.1)
    run_inline(store.ping())
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError) as caught:
        run_inline(store.set("k", b"x", 60))
    assert caught.value.kind == "timeout"
    other.execute("ROLLBACK")
    run_inline(store.set("k", b"x", 60))


@pytest.mark.parametrize(
    ("prepare", "kind"),
    [
        (lambda path: path.write_bytes(b"this is no database, and never was one" * 40), "corrupt"),
        (lambda path: path.mkdir(), "unavailable"),
    ],
)
def test_a_file_that_is_none_is_an_error_of_ours(tmp_path: Path, prepare: object, kind: str) -> None:
    path = tmp_path / "store.db"
    prepare(path)  # type: ignore[operator]
    with pytest.raises(StoreError) as caught:
        run_inline(SQLiteStore(str(path)).ping())
    assert caught.value.kind == kind


def test_an_old_schema_is_brought_up_to_date_with_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with sqlite3.connect(path) as connection:
        for statement in MIGRATIONS[0]:
            connection.execute(statement)
        fields = msgspec.msgpack.encode({"a": b"1"})
        connection.execute(
            "INSERT INTO hauberk_entries (key, ends, fields, filed) VALUES ('s', 1e12, ?, 'u')", (fields,)
        )
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    store = SQLiteStore(str(path))
    assert run_inline(store.records("u")) == {"s": {"a": b"1"}}
    run_inline(store.append("log", b"x", most=5, ttl=60))
    assert [entry for _, entry in run_inline(store.read("log"))] == [b"x"]


def test_nobody_else_may_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = SQLiteStore(str(path))
    run_inline(store.set("k", b"x", 60))
    for file in tmp_path.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file
    assert {file.name for file in tmp_path.iterdir()} == {"store.db", "store.db-wal", "store.db-shm"}


def test_a_disk_that_is_full_is_an_error_of_ours_and_loses_nothing(tmp_path: Path) -> None:
    store = SQLiteStore(str(tmp_path / "store.db"))
    run_inline(store.set("k", b"x", 60))
    store._connection().execute("PRAGMA max_page_count = 40")

    def fill() -> None:
        for n in range(200):
            run_inline(store.save(f"s{n}", {"a": b"x" * 4_000}, ttl=60, create=True))

    with pytest.raises(StoreError) as caught:
        fill()
    assert caught.value.kind == "full"
    assert run_inline(store.get("k")) == b"x"
    assert run_inline(store.delete("s0"))


def test_a_thread_that_ends_closes_its_connection(tmp_path: Path) -> None:
    store = SQLiteStore(str(tmp_path / "store.db"))
    run_inline(store.ping())
    before = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
    for n in range(5):
        thread = threading.Thread(target=lambda n=n: run_inline(store.set(f"k{n}", b"x", 60)))
        thread.start()
        thread.join()
    after = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
    assert after <= before + 1  # the WAL, opened by this thread at the latest now
    assert run_inline(store.get("k4")) == b"x"


def test_a_folder_that_is_missing_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        run_inline(SQLiteStore(str(tmp_path / "missing" / "store.db")).ping())
    assert caught.value.kind == "unavailable"


def test_a_newer_schema_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(StoreError, match="upgrade"):
        run_inline(SQLiteStore(str(path)).ping())


def test_what_is_over_is_swept_as_others_write(tmp_path: Path) -> None:
    now = 1_000.0
    store = SQLiteStore(str(tmp_path / "store.db"), clock=lambda: now)
    for n in range(300):
        run_inline(store.set(f"k{n}", b"x", 10))
    now += 100
    for n in range(600):
        run_inline(store.set(f"m{n % 3}", b"x", 10))
    with sqlite3.connect(tmp_path / "store.db") as connection:
        (rows,) = connection.execute("SELECT count(*) FROM hauberk_entries").fetchone()
    assert rows == 3
