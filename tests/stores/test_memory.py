"""`memory://`."""

from __future__ import annotations

import logging

import pytest

from hauberk.core.plan import run_inline
from hauberk.core.store import Limit, Store
from hauberk.stores.memory import MemoryStore, workers_asked_for
from hauberk.testing import StoreContract


class TestMemory(StoreContract):
    def make(self) -> Store:
        return MemoryStore()


def test_it_is_bounded_and_what_was_used_longest_ago_goes_first() -> None:
    store = MemoryStore(most=100)
    for n in range(1_000):
        run_inline(store.hit([Limit(f"k{n}", interval=60, burst=5)]))
        run_inline(store.get("k0"))
    assert len(store._entries) == 100


@pytest.mark.parametrize("back", [0.5, 1.9, 2.1, 3.9, 4.1, 60.0, 3_600.0, 1e9])
@pytest.mark.parametrize("hits", [2, 3])
def test_a_clock_that_is_set_back_refuses_nobody_for_longer_than_two_bursts(back: float, hits: int) -> None:
    """And says how long: what it told to wait for is enough."""
    clock = [2e9]
    store = MemoryStore(clock=lambda: clock[0])
    limit = Limit("k", interval=1, burst=2)
    for _ in range(hits):
        run_inline(store.hit([limit]))
    clock[0] -= back
    (room,) = run_inline(store.hit([limit]))
    assert room.retry_after <= 3
    assert room.reset_after <= 4
    if not room.allowed:
        clock[0] += room.retry_after
        assert run_inline(store.hit([limit]))[0].allowed


@pytest.mark.parametrize(
    ("arguments", "environ", "workers"),
    [
        (["uvicorn", "app:app"], {}, 1),
        (["uvicorn", "app:app", "--workers", "4"], {}, 4),
        (["uvicorn", "app:app", "--workers=3"], {}, 3),
        (["gunicorn", "-w", "2", "app:app"], {}, 2),
        (["gunicorn", "-w5", "app:app"], {}, 5),
        (["gunicorn", "app:app"], {"WEB_CONCURRENCY": "6"}, 6),
        (["gunicorn", "app:app"], {"GUNICORN_CMD_ARGS": "--bind=127.0.0.1 --workers=7"}, 7),
        (["uwsgi", "--processes", "8"], {}, 8),
        (["tool", "--workers"], {"WEB_CONCURRENCY": "many"}, 1),
    ],
)
def test_how_many_workers_a_server_was_told_to_run(arguments: list[str], environ: dict[str, str], workers: int) -> None:
    assert workers_asked_for(arguments, environ) == workers


@pytest.mark.parametrize(("workers", "warned"), [("1", False), ("4", True)])
def test_several_workers_are_warned_that_they_share_nothing(
    workers: str, warned: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", workers)
    with caplog.at_level(logging.WARNING, "hauberk.decisions"):
        MemoryStore()
    assert ("memory-store-of-several-workers" in caplog.text) is warned
