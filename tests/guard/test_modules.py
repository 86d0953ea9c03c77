"""Modules that a request named: said, never stopped; names that the code has are its own."""

from __future__ import annotations

import builtins
import importlib
import logging
import pkgutil
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from tests.guard.sites import ask

PLUGINS = "colorsys"


def unloaded(name: str) -> str:
    sys.modules.pop(name, None)
    return name


def by_statement(_: str) -> str:
    import colorsys

    return colorsys.__name__


@pytest.mark.parametrize(
    ("handler", "value", "events"),
    [
        (lambda v: importlib.import_module(v), "os.path", ["guard-reported"]),
        (lambda v: import_module(v), "subprocess", ["guard-reported"]),
        (lambda v: importlib.import_module("os.path") if v else "", "os.path", []),
        (lambda v: importlib.import_module(v) if v in ("os.path", "json") else "", "json", []),
        (lambda v: importlib.import_module(PLUGINS) if v else "", "colorsys", []),
        (lambda v: importlib.import_module(f"json.{v}"), "decoder", []),
        (lambda v: __import__(unloaded(v)), "colorsys", ["guard-reported"]),
        (lambda v: builtins.__import__(unloaded(v), fromlist=["x"]), "wsgiref.headers", ["guard-reported"]),
        (lambda v: pkgutil.resolve_name(unloaded(v)), "wsgiref.headers", ["guard-reported"]),
        (lambda v: __import__(v), "os", []),
        (lambda v: __import__("colorsys" if unloaded(v) else ""), "colorsys", []),
        (lambda v: by_statement(unloaded(v)), "colorsys", []),
    ],
)
def test_what_is_said(
    handler: Callable[[str], Any], value: str, events: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert ask(handler, value) == 200
    assert [record.hauberk["event"] for record in caplog.records if hasattr(record, "hauberk")] == events
    assert logging.getLogger("hauberk.decisions").isEnabledFor(logging.WARNING)
