"""Inputs that a program may take for an option (CWE-88): said, counted against nobody, and never stopped."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from hauberk.core.plan import Plan
from hauberk.events.kinds import KINDS
from hauberk.guard import Guard
from hauberk.guard.actors.signals import OF_EVENT
from tests.guard.sites import ask

OUTPUT = "--output=/srv/x.php"
RUN: tuple[str, ...] = (sys.executable, "-c", "pass")


def run(*arguments: str) -> str:
    subprocess.run([*RUN, *arguments], check=True)
    return "ok"


def run_as_it_is(*arguments: str) -> str:
    """By `os.posix_spawn`, which says so once more."""
    subprocess.run([*RUN, *arguments], check=True, close_fds=False)
    return "ok"


def said(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [record.hauberk for record in caplog.records if hasattr(record, "hauberk")]


@pytest.mark.parametrize(
    ("handler", "value", "events"),
    [
        (lambda v: run(v), OUTPUT, ["guard-reported"]),
        (lambda v: run(f"{v}.txt"), "-oProxyCommand=id", ["guard-reported"]),
        (lambda v: run_as_it_is(v), OUTPUT, ["guard-reported"]),
        (lambda v: str(os.waitpid(os.posix_spawn(RUN[0], [*RUN, v], {}), 0)), OUTPUT, ["guard-reported"]),
        (lambda v: run("--", v), OUTPUT, []),
        (lambda v: run(f"--name={v}"), OUTPUT, []),
        (lambda v: run(v), "two words", []),
        (lambda v: run("--verbose") if v else "", "--verbose", []),
        (lambda v: run(*["--a", "--b", "--verbose"]) if v else "", "--verbose", []),
    ],
)
def test_what_is_said(
    handler: Callable[[str], str], value: str, events: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert ask(handler, value) == 200
    assert [one["event"] for one in said(caplog)] == events


def test_what_the_event_holds(caplog: pytest.LogCaptureFixture) -> None:
    assert ask(run, OUTPUT) == 200
    (one,) = said(caplog)
    assert (one["kind"], one["input"], one["function"]) == ("argv", "query:v", "run")
    assert one["file"] == __file__
    assert "hyphen" in one["reason"]
    assert "x.php" not in str({name: value for name, value in one.items() if name != "stack"})


def test_it_is_off_with_its_class(caplog: pytest.LogCaptureFixture) -> None:
    assert ask(run, OUTPUT, Plan.of([Guard(mode="block", shell="off")])) == 200
    assert said(caplog) == []


def test_it_is_known_to_the_dashboard_and_counts_against_nobody() -> None:
    assert KINDS["guard-reported"].severity == "medium"
    assert not KINDS["guard-reported"].stopped
    assert "guard-reported" not in OF_EVENT
    assert logging.getLogger("hauberk.decisions").isEnabledFor(logging.WARNING)
