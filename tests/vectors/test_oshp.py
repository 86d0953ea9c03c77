"""oshp.json: every check of the validator passes under the profile `oshp`, and the list to remove is removable."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from hauberk import Policy
from hauberk.core.plan import Plan
from tests.drivers import Answer, Got, serve_asgi, serve_django, serve_wsgi

DRIVERS = (serve_asgi, serve_wsgi, serve_django)
LOGOUT = "/logout"
# What sends these is to be silenced, not doubled: the application sends every field that the validator wants absent.
CARELESS = ("feature-policy", "public-key-pins", "expect-ct", "x-xss-protection")


def plan() -> Plan:
    """Without the features that need secrets and stores: they send no header of this list."""
    return Policy.oshp().replace(csrf=None, guard=None).plan()


def answers(path: str, fields: tuple[str, ...] = CARELESS) -> list[Got]:
    headers = [("content-type", "text/html"), *((name, "1") for name in fields)]
    return [drive(plan(), lambda ex: Answer(headers=list(headers)), path=path) for drive in DRIVERS]


def holds(check: dict[str, Any], value: str | None) -> None:
    name = check["header"]
    if check.get("absent"):
        assert value is None, f"{name} is there"
        return
    assert value is not None, f"{name} is missing"
    assert "any_of" not in check or value in check["any_of"], value
    assert "equals" not in check or value == check["equals"], value
    assert "not_containing" not in check or check["not_containing"] not in value, value
    parts = value.replace(" ", "").split(",")
    for feature in check.get("contains_each_denied", ()):
        assert f"{feature}=()" in parts, feature
    wanted = check.get("contains_any_of")
    assert wanted is None or any(text in parts for text in wanted), value


def check_validator(check: dict[str, Any]) -> None:
    only_logout = "logout" in check.get("on", "")
    for got in answers(LOGOUT if only_logout else "/"):
        holds(check, got.one(check["header"].lower()))
    if only_logout:
        for got in answers("/"):
            assert got.one(check["header"].lower()) is None, "it would log the user out everywhere"


def check_removed(name: str) -> None:
    for got in answers("/", (name.lower(),)):
        assert got.one(name.lower()) is None


def check_added(row: dict[str, Any], conflicts: list[str]) -> None:
    """The value that the list names, up to case and spelling, unless the list contradicts its own validator."""
    name = row["name"].lower()
    got = answers(LOGOUT if name == "clear-site-data" else "/")[0].one(name)
    assert got is not None
    if any("HSTS" in text for text in conflicts) and name == "strict-transport-security":
        assert got == "max-age=31536000; includeSubDomains"
        return
    assert members(got) == members(row["value"])


def members(value: str) -> set[str]:
    """Directives or features, whatever their order, spaces and case."""
    return {part.strip().lower() for part in value.replace("),", ");").split(";")}


def check_status() -> None:
    for got in answers("/"):
        assert got.status == 200


def cases(path: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    data = json.loads(path.read_text(encoding="utf-8"))
    for check in data["validator_checks"]:
        yield f"validator {check['header']}", partial(check_validator, check)
    for name in data["remove"]:
        yield f"remove {name}", partial(check_removed, name)
    for row in data["add"]:
        yield f"add {row['name']}", partial(check_added, row, data["conflicts"])
    yield "status", check_status


FILES = {"headers/oshp.json": cases}


def test_vectors(vector_file: str, run_file: Callable[[Any], None]) -> None:
    run_file(FILES[vector_file])
