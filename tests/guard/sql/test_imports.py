"""Modules that are imported later are hooked then, exactly once; a hook that fails is said aloud."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from hauberk.guard import imports


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name = f"late_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text("value = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    sys.modules.pop(name, None)
    for known in (imports._PATCHES, imports.HOOKED, imports.FAILED):
        known.pop(name, None)


def test_a_module_is_patched_after_its_import(package: str) -> None:
    def patch(module: ModuleType) -> list[str]:
        vars(module)["value"] += 1
        return ["late.value"]

    assert imports.when_imported(package, patch) == []
    module = importlib.import_module(package)
    assert (module.value, imports.HOOKED[package]) == (2, ("late.value",))
    assert type(module.__loader__).__name__ == "SourceFileLoader"
    assert module.__spec__ is not None
    assert module.__spec__.loader is module.__loader__
    assert imports.when_imported(package, patch) == ["late.value"]


def test_a_patch_that_fails_is_told(package: str) -> None:
    def patch(module: ModuleType) -> list[str]:
        raise AttributeError("there is no such method")

    imports.when_imported(package, patch)
    with pytest.warns(RuntimeWarning, match="could not hook late_"):
        importlib.import_module(package)
    assert imports.FAILED[package] == "AttributeError: there is no such method"


def test_a_module_that_fails_to_import_fails_as_ever(package: str, tmp_path: Path) -> None:
    (tmp_path / f"{package}.py").write_text("raise ValueError('broken')\n")
    imports.when_imported(package, lambda module: ["never"])
    with pytest.raises(ValueError, match="broken"):
        importlib.import_module(package)
    assert package not in imports.HOOKED


DRIVERS = ["psycopg", "psycopg2", "asyncpg", "pymysql", "MySQLdb", "aiomysql", "asyncmy"]


@pytest.mark.parametrize("first", [True, False], ids=["installed first", "imported first"])
@pytest.mark.parametrize("driver", DRIVERS)
def test_drivers_are_covered_whenever_they_are_imported(driver: str, first: bool) -> None:
    pytest.importorskip(driver)
    steps = ["import hauberk.guard as guard; guard.install()", f"import {driver}"]
    program = (
        "\n".join(steps if first else reversed(steps)) + f"\ncoverage = guard.coverage()\n"
        f"assert any(name.startswith({driver!r}) for name in coverage.hooked) or {driver!r} == 'MySQLdb', coverage\n"
        "assert coverage.complete, coverage\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


@pytest.mark.parametrize("first", [True, False], ids=["installed first", "imported first"])
def test_a_driver_that_loads_its_cursors_late_is_hooked_then(first: bool) -> None:
    """mysqlclient imports them at the first connection: until then they wait, and nothing can run."""
    pytest.importorskip("MySQLdb")
    steps = ["import hauberk.guard as guard; guard.install()", "import MySQLdb"]
    program = "\n".join([
        *(steps if first else reversed(steps)),
        "try: MySQLdb.connect(host='127.0.0.1', port=1, connect_timeout=1)",
        "except MySQLdb.OperationalError: pass",
        "hooked = guard.coverage().hooked",
        "assert {'MySQLdb.BaseCursor.execute', 'MySQLdb.Connection.query'} <= set(hooked), hooked",
    ])  # fmt: skip
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


def test_references_that_were_taken_before_are_guarded() -> None:
    """`from psycopg2 import connect` and its like, before hauberk was there."""
    program = """
from sqlite3 import connect
import sys
names = {}
for driver in ("psycopg2", "asyncpg", "psycopg", "pymysql"):
    try:
        names[driver] = __import__(driver).connect
    except ImportError:
        pass
import hauberk.guard
from hauberk.guard.carry import MARK
hauberk.guard.install()
assert getattr(type(connect(":memory:")), MARK, False)
if "psycopg2" in names:
    assert getattr(names["psycopg2"].__globals__["_connect"], MARK, False)
if "asyncpg" in names:
    import asyncpg
    assert getattr(asyncpg.Connection.fetch, MARK, False)
if "psycopg" in names:
    import psycopg
    assert getattr(psycopg.Cursor.execute, MARK, False)
"""
    subprocess.run([sys.executable, "-c", program], check=True)
