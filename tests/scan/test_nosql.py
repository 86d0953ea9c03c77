"""Operators of MongoDB that get into a query: seen by the sensor in process, told from answers over a socket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hauberk.core.finding import HttpLocation, Result
from hauberk.guard import install
from hauberk.integrations.surface import transport
from hauberk.integrations.target import Target
from hauberk.scan import Budget, Operation, Parameter, Surface, scan
from hauberk.scan.build import Members, request
from hauberk.scan.site import site
from hauberk.scan.surface import FORM, JSON
from hauberk.scan.transport import Transport

pytest.importorskip("pymongo")
pytest.importorskip("mongomock")

install()
from tests.scan.apps import documents  # noqa: E402
from tests.scan.test_outside import served  # noqa: E402

EXAMPLES = {"name": "ada", "filter": '{"name": "ada"}'}
RULE = "scan.nosql-injection"


def operations() -> list[Operation]:
    found: dict[tuple[str, str], Operation] = {}
    for method, path, place, name in sorted(documents.HOLES | documents.TWINS):
        media = {"json": JSON, "form": FORM}.get(place, "")
        parameter = Parameter(name=name, place=place, example=EXAMPLES.get(name))  # type: ignore[arg-type]
        one = Operation(method=method, path=path, parameters=(parameter,), body=media)
        found[method, path] = found[method, path].union(one) if (method, path) in found else one
    return [*found.values()]


def run(way: Transport, *, senses: bool) -> Result:
    surface = Surface.of(operations(), root=str(Path(__file__).parents[2]), host=way.wire.host)
    result = scan(surface, way, target="documents", budget=Budget(max_seconds=120))
    assert way.senses is senses
    return result


@pytest.fixture(scope="module", params=["in process", "by its answers"])
def result(request: pytest.FixtureRequest) -> Iterator[Result]:
    if request.param == "in process":
        app: Any = documents.app
        target = Target(name="documents", app=app, framework="flask", protocol="wsgi", root=Path(__file__).parents[2])
        yield run(transport(target, Surface.of(operations())), senses=True)
        return
    with served(documents.app) as url:
        yield run(site(url).transport(timeout=5), senses=False)


def rows(result: Result) -> set[tuple[str, str, str, str]]:
    found = [f for f in result.failures if f.rule.id.removeprefix("scan.").endswith("injection")]
    assert {f.rule.id for f in found} == {RULE}
    places = [f.location for f in found if isinstance(f.location, HttpLocation)]
    return {(str(at.method), at.path, str(at.place), str(at.parameter)) for at in places}


def test_exactly_the_holes_are_found(result: Result) -> None:
    assert rows(result) == documents.HOLES


def test_no_record_was_reached_that_was_not_named(result: Result) -> None:
    assert {one["name"] for one in documents.people.find({"nick": "x"})} <= {EXAMPLES["name"]}


def test_each_finding_shows_both_answers(result: Result) -> None:
    for finding in result.failures:
        if finding.rule.id == RULE:
            assert finding.confidence in ("certain", "firm")
            assert {"request", "response", "control", "reason"} <= set(finding.evidence)


@pytest.mark.parametrize(
    ("place", "media", "sent"),
    [
        ("query", "", "/find?q%5B%24ne%5D=x&q.%24ne=x"),
        ("form", FORM, b"q%5B%24ne%5D=x&q.%24ne=x"),
        ("json", JSON, b'{"q": {"$ne": "x"}}'),
    ],
)
def test_an_object_goes_as_one_or_member_by_member(place: Any, media: Any, sent: str | bytes) -> None:
    method = "POST" if media else "GET"
    operation = Operation(method=method, path="/find", parameters=(Parameter(name="q", place=place),), body=media)
    made = request(operation, {(place, "q"): Members({"$ne": "x"})})
    assert sent in (made.target, made.body)
