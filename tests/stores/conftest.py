"""Servers that nobody disturbs, one of a kind for each worker, started when the first test wants it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stores.servers import Postgres, Valkey


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    server = Valkey(tmp_path_factory.mktemp("valkey")).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    server = Postgres().start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def valkey_url(valkey: Valkey) -> str:
    """A Valkey on loopback."""
    return valkey.url


@pytest.fixture(scope="session")
def postgres_url(postgres: Postgres) -> str:
    """A PostgreSQL on loopback."""
    return postgres.url
