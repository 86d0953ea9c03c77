"""Modules that a request named: said, never stopped; names that the code has are its own."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from tests.guard.sites import ask

PLUGINS = "colorsys"


@pytest.mark.parametrize(
    ("handler", "value", "events"),
    [
        (lambda v: importlib.import_module(v), "os.path", ["guard-reported"]),
        (lambda v: import_module(v), "subprocess", ["guard-reported"]),
        (lambda v: importlib.import_module("os.path") if v else "", "os.path", []),
        (lambda v: importlib.import_module(v) if v in ("os.path", "json") else "", "json", []),
        (lambda v: importlib.import_module(PLUGINS) if v else "", "colorsys", []),
        (lambda v: importlib.import_module(f"json.{v}"), "decoder", []),
    ],
)
def test_what_is_said(
    handler: Callable[[str], Any], value: str, events: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert ask(handler, value) == 200
    assert [record.hauberk["event"] for record in caplog.records if hasattr(record, "hauberk")] == events
    assert logging.getLogger("hauberk.decisions").isEnabledFor(logging.WARNING)
