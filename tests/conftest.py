"""Fixtures and options for every test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.drivers import Serve, serve_asgi, serve_django, serve_wsgi

SHARED = Path(__file__).parents[2] / "shared" / "vectors"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("vectors")
    group.addoption("--vectors", default=str(SHARED), help="folder of vector topics")
    group.addoption("--vectors-report", default=None, help="write passed, failed and skipped ids of each file here")


@pytest.fixture(params=["asgi", "wsgi", "django"])
def serve(request: pytest.FixtureRequest) -> Serve:
    """Run one request through a Plan, once for each adapter."""
    drivers: dict[str, Serve] = {"asgi": serve_asgi, "wsgi": serve_wsgi, "django": serve_django}
    return drivers[request.param]
