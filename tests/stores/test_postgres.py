"""`postgresql://`: a real server on loopback."""

from __future__ import annotations

import pytest

from hauberk.core.store import Store
from hauberk.stores import open_store
from hauberk.testing import StoreContract


class TestPostgres(StoreContract):
    @pytest.fixture(autouse=True)
    def _server(self, postgres_url: str) -> None:
        self.url = postgres_url

    def make(self) -> Store:
        return open_store(self.url)
