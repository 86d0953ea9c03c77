"""Real database servers, one of a kind for each worker, and a guard that has seen nothing yet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hauberk.guard.seen import COMPILED, SEEN
from tests.guard.sql.servers import MariaDB
from tests.stores.servers import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    server = Postgres().start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    pytest.importorskip("pymysql")
    server = MariaDB().start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _forget() -> None:
    SEEN.clear()
    COMPILED.clear()
