from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hauberk.core.plan import run_inline
from hauberk.core.store import Store
from hauberk.dashboard import Dashboard
from hauberk.stores import open_store
from tests.dashboard.events import packed

PASSWORD = "correct horse battery"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(f"sqlite:///{tmp_path}/events.db")


@pytest.fixture
def filled(store: Store) -> Store:
    run_inline(store.append("events:events", packed(120), most=100, ttl=3600))
    return store


@pytest.fixture
def client(filled: Store) -> Iterator[Any]:
    from starlette.testclient import TestClient

    dashboard = Dashboard(store=filled, password=PASSWORD, metrics_token="m" * 20)
    with TestClient(dashboard.app, base_url="http://127.0.0.1", follow_redirects=False) as made:
        yield made
