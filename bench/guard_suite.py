"""The functional tests of somebody else's application, under a guard that blocks: does it stop what it should not?

In the application's own environment, from its own folder, with this project's `src` and root on PYTHONPATH:

    GUARD_APP=httpbin:app pytest -p bench.guard_suite tests              Flask, FastAPI and others: module:app
    GUARD_SETTINGS=hc.settings python manage.py test --settings=bench.guard_suite      Django: its settings module

At the end one JSON object stands in the file that GUARD_REPORT names (guard-report.json): requests that had a guard,
and every decision of the guard. Compare the tests' own result with one without `-p`.
"""

from __future__ import annotations

import atexit
import importlib
import json
import logging
import os
from collections import Counter
from pathlib import Path
from typing import Any

from hauberk import Actors, Guard, Policy
from hauberk.guard import feature
from hauberk.guard.request import RequestGuard

POLICY = Policy(guard=Guard(mode="block"), actors=Actors())
COUNT: Counter[str] = Counter()
SAID: list[dict[str, Any]] = []


class Counted(RequestGuard):
    """A request's guard, counted."""

    def __init__(self) -> None:
        COUNT["requests"] += 1


class Heard(logging.Handler):
    """Every decision."""

    def emit(self, record: logging.LogRecord) -> None:
        members = record.__dict__.get("hauberk", {})
        COUNT[str(members.get("event"))] += 1
        if len(SAID) < 50:
            SAID.append(members)


def _report() -> None:
    path = Path(os.environ.get("GUARD_REPORT", "guard-report.json"))
    path.write_text(json.dumps({"counts": COUNT, "decisions": SAID}, indent=1, default=str) + "\n")


setattr(feature, "RequestGuard", Counted)  # noqa: B010
logging.getLogger("hauberk.decisions").addHandler(Heard())
logging.getLogger("hauberk.decisions").setLevel(logging.WARNING)
atexit.register(_report)

if settings := os.environ.get("GUARD_SETTINGS"):
    globals().update({name: value for name, value in vars(importlib.import_module(settings)).items() if name.isupper()})
    MIDDLEWARE = ["hauberk.django.Shield", *globals()["MIDDLEWARE"]]
    HAUBERK = POLICY


def pytest_configure(config: Any) -> None:
    """Protect the application before any test imports it."""
    from hauberk import protect

    module, _, name = os.environ["GUARD_APP"].partition(":")
    holder = importlib.import_module(module)
    setattr(holder, name, protect(getattr(holder, name), POLICY))
