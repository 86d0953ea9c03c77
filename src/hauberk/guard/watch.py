"""What the guard watches in this process and what not: a hook that failed warns, a driver it doesn't know is named."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from threading import Lock

from hauberk.core.finding import Finding, Location
from hauberk.guard import imports
from hauberk.guard.drivers import Driver, drivers
from hauberk.guard.rules import HOOK_FAILED, STALE_REFERENCE, UNGUARDED_DRIVER
from hauberk.guard.stale import Stale, stale_references

SINKS = (
    "hauberk.guard.carry",
    "hauberk.guard.sinks.log",
    "hauberk.guard.sinks.files",
    "hauberk.guard.sinks.process",
    "hauberk.guard.sinks.stdin",
    "hauberk.guard.sinks.connect",
    "hauberk.guard.sinks.http_clients",
    "hauberk.guard.sinks.uvloop",
    "hauberk.guard.sinks.compiler",
    "hauberk.guard.sinks.modules",
    "hauberk.guard.sinks.unpickle",
    "hauberk.guard.sinks.yaml",
    "hauberk.guard.sinks.jsonpickle",
    "hauberk.guard.sinks.jinja",
    "hauberk.guard.sinks.django_templates",
    "hauberk.guard.sinks.mako",
    "hauberk.guard.sinks.tornado_templates",
    "hauberk.guard.sinks.xml",
    "hauberk.guard.sinks.lxml",
    "hauberk.guard.sinks.xpath",
    "hauberk.guard.sinks.ldap",
    "hauberk.guard.sinks.mongo",
    "hauberk.guard.sinks.sqlite",
    "hauberk.guard.sinks.sqlite_open",
    "hauberk.guard.sinks.aiosqlite",
    "hauberk.guard.sinks.psycopg",
    "hauberk.guard.sinks.psycopg2",
    "hauberk.guard.sinks.asyncpg",
    "hauberk.guard.sinks.mysql",
    "hauberk.guard.sinks.asyncmy",
    "hauberk.guard.sinks.sqlalchemy",
    "hauberk.guard.sinks.django",
)
"""Modules with an `install()` that names what it hooked."""

DRIVERS: dict[str, str] = {
    "pg8000": "PostgreSQL",
    "mysql.connector": "MySQL",
    "mariadb": "MariaDB",
    "oracledb": "Oracle",
    "pyodbc": "ODBC",
    "pymssql": "SQL Server",
    "apsw": "SQLite",
    "duckdb": "DuckDB",
    "clickhouse_driver": "ClickHouse",
}
"""Drivers whose statements no sink sees yet, by module."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What is watched and what is not."""

    hooked: tuple[str, ...] = ()
    """Functions and audit events, by public name; references that modules took before are named as `module.name`."""
    failed: tuple[tuple[str, str], ...] = ()
    """Sink and reason."""
    unguarded: tuple[str, ...] = ()
    """Drivers imported in this process that no sink watches."""
    drivers: tuple[Driver, ...] = ()
    """Every database driver imported in this process, watched or not."""
    stale: tuple[Stale, ...] = ()
    """Who still holds what a hook replaced. Only where it was looked for: `coverage(deep=True)`."""

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.failed and not self.unguarded and not any(one.kind == "reference" for one in self.stale)


class _Installed:
    """What `install` did so far in this process."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.hooked: dict[str, None] = {}
        self.failed: dict[str, str] = {}


_STATE = _Installed()


def install() -> Coverage:
    """Hook every sink, for the whole process. Hooks do nothing outside a guarded request and a recording.

    May be called again, and then also covers what was imported meanwhile. Warns of a hook that failed.
    """
    with _STATE.lock:
        for name in SINKS:
            _install(name)
    return coverage()


def _install(name: str) -> None:
    try:
        hook: Callable[[], list[str]] = import_module(name).install
        _STATE.hooked.update(dict.fromkeys(hook()))
    except Exception as error:  # Said aloud and kept as a finding: the user must not believe that he is protected.
        sink = name.rpartition(".")[2]
        _STATE.failed[sink] = f"{type(error).__name__}: {error}"
        warnings.warn(f"hauberk could not hook {sink}: {_STATE.failed[sink]}", RuntimeWarning, stacklevel=4)
    else:
        _STATE.failed.pop(name.rpartition(".")[2], None)


def coverage(*, deep: bool = False) -> Coverage:
    """As things are now: drivers may have been imported since `install`.

    `deep` looks for stale references too, through all objects of the process: about a second.
    """
    hooked = tuple(dict.fromkeys([*_STATE.hooked, *(name for names in imports.HOOKED.values() for name in names)]))
    found = drivers(hooked, DRIVERS, imports.waiting())
    return Coverage(
        hooked=hooked,
        failed=(*_STATE.failed.items(), *imports.FAILED.items()),
        unguarded=tuple(one.name for one in found if not one.guarded),
        drivers=found,
        stale=stale_references() if deep else (),
    )


def coverage_findings(now: Coverage | None = None) -> tuple[Finding, ...]:
    """A finding for each hook that failed, each driver that runs unguarded and each reference past the guard; a pass
    where there is none."""
    now = now or coverage(deep=True)
    failed = [
        Finding(rule=HOOK_FAILED, outcome="fail", message=f"{sink} is not watched: {reason}.", key=sink)
        for sink, reason in now.failed
    ]
    unguarded = [
        Finding(
            rule=UNGUARDED_DRIVER,
            outcome="fail",
            message=f"{one.name} ({one.what}) is imported, and the guard does not see its statements.",
            evidence={"driver": one.name, "version": one.version},
            key=one.name,
        )
        for one in now.drivers
        if not one.guarded
    ]
    stale = [
        Finding(
            rule=STALE_REFERENCE,
            outcome="review" if one.kind == "subclass" else "fail",
            message=f"{one}.",
            location=Location(file=one.file, line=one.line),
            evidence={"target": one.target, "holder": one.holder},
            key=f"{one.holder} {one.target}",
        )
        for one in now.stale
    ]
    watched = f"{len(now.hooked)} functions and events are watched."
    known = ", ".join(f"{one.name} {one.version}".strip() for one in now.drivers) or "no driver"
    return (
        *(failed or [Finding(rule=HOOK_FAILED, outcome="pass", message=watched)]),
        *(unguarded or [Finding(rule=UNGUARDED_DRIVER, outcome="pass", message=f"Every driver is watched: {known}.")]),
        *(stale or [Finding(rule=STALE_REFERENCE, outcome="pass", message="Nobody holds what the hooks replaced.")]),
    )
