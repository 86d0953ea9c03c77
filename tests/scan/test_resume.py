"""A scan that was stopped goes on from there, and finds what one in a single piece does."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from hauberk.cli.progressed import Progressed, rollback
from hauberk.core.errors import ConfigurationError, InputError
from hauberk.core.finding import Result
from hauberk.scan import Budget
from hauberk.scan.extent import Extent, Reached
from tests.scan.test_apps import run

SCAN = (sys.executable, "-m", "hauberk", "scan", "tests.scan.apps.fastapi_shop:app", "-q", "--format", "json")
ROOT = Path(__file__).parents[2]


def scanned(*more: str) -> tuple[int, dict[str, Any]]:
    done = subprocess.run([*SCAN, *more], capture_output=True, text=True, cwd=ROOT, check=False, timeout=120)
    return done.returncode, json.loads(done.stdout)


def failures(document: dict[str, Any]) -> set[str]:
    return {f["fingerprint"] for f in document["findings"] if f["outcome"] == "fail" and f["location"]["path"] != "*"}


def test_in_pieces_it_finds_what_it_finds_in_one(tmp_path: Path) -> None:
    file = tmp_path / "how-far.json"
    _, whole = scanned()
    most, points, attacked = whole["stats"]["requests"] * 2 // 3, -1, 0
    for _ in range(6):
        code, part = scanned("--resume", str(file), "--max-requests", str(most))
        assert part["stats"]["points"] >= points
        points = part["stats"]["points"]
        attacked += 1
        if part["complete"]:
            break
        assert code == 2
        assert file.stat().st_mode & 0o077 == 0
    assert part["complete"]
    assert attacked > 1
    assert not file.exists()
    assert failures(part) == failures(whole)
    assert part["stats"]["points"] == whole["stats"]["points"]


def forget(app: str, *names: str) -> None:
    """What a process that is started anew does not know any more. The application is imported by the scan and not by
    this file: its connection is to be one that the sensors see."""
    for name in names:
        getattr(import_module(f"tests.scan.apps.{app}"), name).clear()


def places(result: Result) -> set[str]:
    return {f.fingerprint for f in result.failures if not str(f.location).endswith(" *")}


@pytest.fixture(scope="module")
def uncut() -> set[str]:
    return places(run("tests.scan.apps.fastapi_shop"))


@pytest.mark.parametrize("cut", [70, 150, 155, 215])
def test_wherever_it_was_cut_the_one_that_goes_on_loses_nothing(cut: int, uncut: set[str]) -> None:
    kept: list[Reached] = []
    first = run("tests.scan.apps.fastapi_shop", budget=Budget(max_requests=cut), extent=Extent(checkpoint=kept.append))
    assert not first.complete
    forget("fastapi_shop", "NOTES")
    rest = run("tests.scan.apps.fastapi_shop", extent=Extent(begin=kept[-1]))
    assert rest.complete
    assert places(rest) == uncut


CUTS = range(14, 62, 8)
"""Requests after which it is cut: nearly all of them are after something was learnt that does not show again."""


@pytest.fixture(scope="module")
def unnamed_uncut() -> Result:
    return run("tests.scan.apps.unnamed")


@pytest.mark.parametrize("cut", CUTS)
def test_what_handlers_asked_for_is_known_to_the_one_that_goes_on(
    cut: int, unnamed_uncut: Result, tmp_path: Path
) -> None:
    file, kept = Progressed(tmp_path / "how-far.json", "unnamed"), list[Reached]()
    first = run("tests.scan.apps.unnamed", budget=Budget(max_requests=cut), extent=Extent(checkpoint=kept.append))
    assert not first.complete
    file.save(kept[-1])
    forget("unnamed", "NOTES", "KEPT")
    rest = run("tests.scan.apps.unnamed", extent=Extent(begin=file.load()))
    assert {f.fingerprint for f in rest.failures} == {f.fingerprint for f in unnamed_uncut.failures}
    assert {"scan.stored-xss", "scan.active-upload", "scan.traceback"} <= {f.rule.id for f in rest.failures}


def test_what_was_reached_is_the_same_after_it_was_in_a_file(tmp_path: Path) -> None:
    reached = Reached(
        reads={"/a": {("form", "text"): "app.py:7", ("header", "x-a"): "app.py:8"}},
        asked={"/a": {"POST": frozenset({"app.py:7", "app.py:8"})}},
    )
    file = Progressed(tmp_path / "x", "t")
    file.save(reached)
    assert file.load() == reached


def test_a_file_of_an_older_version(tmp_path: Path) -> None:
    file = Progressed(tmp_path / "x", "t")
    file.save(Reached(points=frozenset({"GET / query:q"}), reads={"/": {("query", "q"): "app.py:1"}}))
    document = json.loads(file.path.read_text())
    del document["reached"]["reads"], document["reached"]["asked"]
    file.path.write_text(json.dumps(document))
    assert file.load() == Reached(points=frozenset({"GET / query:q"}))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"target": "t", "reached": {}}', '{"target": "t", "reached": 3}'])
def test_a_file_that_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_text(text)
    with pytest.raises(InputError, match="is no file of --resume"):
        Progressed(tmp_path / "x", "t").load()


def test_a_file_of_another_target(tmp_path: Path) -> None:
    Progressed(tmp_path / "x", "one:app").save(Reached(points=frozenset({"GET / query:q"})))
    assert Progressed(tmp_path / "x", "one:app").load().points == {"GET / query:q"}
    with pytest.raises(InputError, match="is of one:app, not of two:app"):
        Progressed(tmp_path / "x", "two:app").load()


def test_no_file_is_the_beginning(tmp_path: Path) -> None:
    assert Progressed(tmp_path / "x", "t").load() == Reached()


@pytest.mark.parametrize("name", ["json", "json:", ":dumps"])
def test_a_rollback_that_is_written_wrong(name: str) -> None:
    with pytest.raises(ConfigurationError):
        rollback(name)


@pytest.mark.parametrize("name", ["no_such_module:f", "json:nothing"])
def test_a_rollback_that_is_not_there(name: str) -> None:
    with pytest.raises(InputError, match="cannot be imported"):
        rollback(name)


def test_a_rollback() -> None:
    assert isinstance(rollback("time:monotonic")(), float)
    with pytest.raises(ConfigurationError, match="is no function"):
        rollback("json:__name__")
