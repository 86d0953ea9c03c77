"""Where batches are worked on: processes of this machine, or the machines of a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import closing
from importlib import import_module
from typing import Any, TypeVar

from hauberk.core.errors import ConfigurationError, InputError, MissingExtraError

T = TypeVar("T")
Answers = Iterator[T]
ENGINES = ("processes", "dask")
_AHEAD = 3
"""Batches that wait for each worker: enough that none is idle, few enough that memory does not grow."""


def answers(engine: str, jobs: int, function: Callable[..., T], batches: Iterator[tuple[Any, ...]]) -> Answers[T]:
    """The function's answer for each batch, in any order, while they come.

    `engine` is `processes`, `dask` (a cluster of `jobs` workers on this machine) or `dask:ADDRESS` (of a scheduler).
    """
    name, _, address = engine.partition(":")
    if name == "processes":
        return _processes(jobs, function, batches)
    if name == "dask":
        return _dask(jobs, address, function, batches)
    raise ConfigurationError("--engine", engine, "is no engine", "there are processes, dask and dask:ADDRESS")


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _processes(jobs: int, function: Callable[..., T], batches: Iterator[tuple[Any, ...]]) -> Answers[T]:
    # Not forked: this process may have threads (a progress bar's), whose locks a fork would copy as they are.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        waiting: set[Future[T]] = set()
        try:
            for arguments in batches:
                waiting.add(pool.submit(function, *arguments))
                if len(waiting) >= jobs * _AHEAD:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (_answer(one) for one in done)
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (_answer(one) for one in done)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _answer(future: Future[T]) -> T:
    try:
        return future.result()
    except (OSError, RuntimeError) as error:  # a worker was killed: BrokenProcessPool is a RuntimeError
        problem = f"stopped: {error}"
        raise InputError("a worker", problem, "run it again with the same --journal: it goes on") from error


def _dask(jobs: int, address: str, function: Callable[..., T], batches: Iterator[tuple[Any, ...]]) -> Answers[T]:
    try:
        dask: Any = import_module("distributed")  # not typed
    except ImportError:
        raise MissingExtraError("distributed", "fleet", "working on a Dask cluster") from None
    try:
        cluster: Any = address or dask.LocalCluster(n_workers=jobs, threads_per_worker=1, dashboard_address=None)
        client = dask.Client(cluster)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(address or "dask", f"cannot be reached: {error}", "name a scheduler's address") from error
    with closing(client):
        workers = max(len(client.scheduler_info()["workers"]), 1)
        running = dask.as_completed()
        first = [next(batches, None) for _ in range(workers * _AHEAD)]
        for arguments in first:
            if arguments is not None:
                running.add(client.submit(function, *arguments, pure=False))
        for future in running:
            yield future.result()
            arguments = next(batches, None)
            if arguments is not None:
                running.add(client.submit(function, *arguments, pure=False))
    if not address:
        cluster.close()
