"""The server, a clock that stands still, and both faces of the client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.auth.jwks.served import Clock, Server
from tests.judges.conftest import certificate  # noqa: F401 - a fixture


@pytest.fixture
def server(certificate: Path) -> Iterator[Server]:  # noqa: F811 - the fixture
    made = Server(certificate)
    yield made
    made.http.shutdown()
    made.http.server_close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["waiting", "blocking"])
def ask(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Both faces."""
    if request.param == "blocking":
        return lambda jwks, kid=None: jwks.keys_sync(kid)
    return lambda jwks, kid=None: asyncio.run(jwks.keys(kid))
