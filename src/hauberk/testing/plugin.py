"""The pytest plug-in: the fixture `assert_secure`, with defaults from the project's own configuration; and a recording
of what the tests send, as seeds for a scan."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hauberk.testing.recording import Recorder


def pytest_addoption(parser: pytest.Parser) -> None:
    """`hauberk_fail_on = high` in pytest's section of the configuration, or `--hauberk-fail-on`; `--hauberk-record`."""
    group = parser.getgroup("hauberk")
    group.addoption("--hauberk-fail-on", default=None, help="the least severity that fails `assert_secure`")
    group.addoption(
        "--hauberk-record",
        default=None,
        metavar="FILE.har",
        help="write what the tests send to the application, as seeds for `hauberk scan --seeds`",
    )
    parser.addini("hauberk_fail_on", "the least severity that fails `assert_secure`", default="medium")


def pytest_configure(config: pytest.Config) -> None:
    """Listen, if that is asked for: nothing is imported otherwise."""
    if config.getoption("--hauberk-record"):
        from hauberk.testing.recording import Recorder

        config.pluginmanager.register(Recording(config, Recorder()), "hauberk-recording")


class Recording:
    """Listens while tests run; with pytest-xdist every worker hands in its part."""

    def __init__(self, config: pytest.Config, recorder: Recorder) -> None:
        self._config, self._recorder = config, recorder
        self._file = Path(config.getoption("--hauberk-record"))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """Clients that have been imported since are listened to as well."""
        self._recorder.attach()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self) -> None:
        """Fixtures may have imported more."""
        self._recorder.attach()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker has ended (pytest-xdist)."""
        from hauberk.scan.har import exchanges

        text = getattr(node, "workeroutput", {}).get("hauberk_record")
        if text is not None:
            self._recorder.exchanges += exchanges(json.loads(text)) or ()

    def pytest_sessionfinish(self) -> None:
        """Hand in, or write."""
        from hauberk.scan.har import written

        self._recorder.detach()
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output["hauberk_record"] = written(self._recorder.exchanges)
        else:
            self._recorder.write(self._file)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say where it is."""
        count = len(self._recorder.exchanges)
        terminalreporter.write_line(f"hauberk: {count} requests recorded in {self._file}")


@pytest.fixture
def assert_secure(pytestconfig: pytest.Config) -> Callable[..., Any]:
    """`assert_secure(app)`: see `hauberk.testing.assert_secure`."""
    from hauberk.testing.secure import assert_secure as check

    floor = pytestconfig.getoption("--hauberk-fail-on") or pytestconfig.getini("hauberk_fail_on")
    return partial(check, fail_on=floor)
