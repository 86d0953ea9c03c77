"""Documents as input: a body that is handed on as it came, and what an uploaded file holds."""

from pathlib import Path

import pytest

from hauberk.core.finding import Result
from hauberk.integrations.surface import surface, transport
from hauberk.integrations.target import Target
from hauberk.scan import build, scan
from hauberk.scan.surface import Operation, Parameter
from tests.scan.apps import loaders

HOLES = {
    ("scan.xxe", "/open/xml"),
    ("scan.xxe", "/open/order"),
    ("scan.xxe", "/open/upload"),
    ("scan.deserialisation", "/open/settings"),
    ("scan.deserialisation", "/open/job"),
    ("scan.deserialisation", "/open/token"),
}


@pytest.fixture(scope="module")
def result() -> Result:
    target = Target(
        name="documents", app=loaders.app, framework="flask", protocol="wsgi", root=Path(loaders.__file__).parent
    )
    found = surface(target)
    return scan(found, transport(target, found), target="documents:app")


def test_what_reads_documents_openly_is_found_and_nothing_else(result: Result) -> None:
    places = [f.as_json() for f in result.failures if f.rule.id in {"scan.xxe", "scan.deserialisation"}]
    assert {(f["rule"], f["location"]["path"]) for f in places} == HOLES
    assert all(f["location"]["file"] and f["location"]["line"] for f in places)


@pytest.mark.parametrize(
    ("value", "kind", "name"),
    [
        ('<?xml version="1.0"?><r/>', "application/xml", "hauberk.xml"),
        ("!!python/name:sys.x", "application/yaml", "hauberk.yaml"),
        ("a b", "text/plain", "a b"),
    ],
)
def test_a_file_is_named_and_holds_what_the_value_says(value: str, kind: str, name: str) -> None:
    operation = Operation(method="POST", path="/", parameters=(Parameter(name="doc", place="upload"),))
    body = build.request(operation, {("upload", "doc"): value}).body.decode()
    assert f'filename="{name}"' in body
    assert f"Content-Type: {kind}" in body
    assert f"\r\n\r\n{value}\r\n" in body
