"""The pytest plug-in: the fixture `assert_secure`, with defaults from the project's own configuration."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`hauberk_fail_on = high` in pytest's section of the configuration, or `--hauberk-fail-on`."""
    group = parser.getgroup("hauberk")
    group.addoption("--hauberk-fail-on", default=None, help="the least severity that fails `assert_secure`")
    parser.addini("hauberk_fail_on", "the least severity that fails `assert_secure`", default="medium")


@pytest.fixture
def assert_secure(pytestconfig: pytest.Config) -> Callable[..., Any]:
    """`assert_secure(app)`: see `hauberk.testing.assert_secure`."""
    from hauberk.testing.secure import assert_secure as check

    floor = pytestconfig.getoption("--hauberk-fail-on") or pytestconfig.getini("hauberk_fail_on")
    return partial(check, fail_on=floor)
