"""The twins, each with stock of its own for every test."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from hauberk.demo.shop import create_app


def _open() -> Any:
    return create_app()


def _protected() -> Any:
    twin = importlib.import_module("hauberk.demo.protected")
    return importlib.import_module("hauberk").protect(create_app(), twin.policy)


TWINS: dict[str, Callable[[], Any]] = {"open": _open, "protected": _protected}


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop and a browser that stands in front of it."""

    app: Any
    client: TestClient

    def log_in(self, name: str, password: str) -> TestClient:
        reply = self.client.post("/login", data={"name": name, "password": password}, follow_redirects=False)
        assert reply.status_code == 303, reply.text
        return self.client


@pytest.fixture(params=list(TWINS))
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    app = TWINS[request.param]()
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Shop(app, client)


@pytest.fixture
def open_shop() -> Iterator[Shop]:
    app = _open()
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Shop(app, client)


@pytest.fixture
def protected_shop() -> Iterator[Shop]:
    app = _protected()
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Shop(app, client)
