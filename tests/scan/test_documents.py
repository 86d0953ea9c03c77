"""Documents as input: a body that is handed on as it came, and what an uploaded file holds."""

import base64
import pickle
import sys
from pathlib import Path
from types import ModuleType

import pytest

from hauberk.core.events import recording
from hauberk.core.finding import Result
from hauberk.guard.decoding import decoding
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
    ("scan.deserialisation", "/open/quiet/one"),
    ("scan.deserialisation", "/open/quiet/two"),
    ("scan.deserialisation", "/open/quiet/three"),
    ("scan.xxe", "/open/quiet/four"),
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


def test_what_was_replaced_to_hear_it_is_put_back(result: Result) -> None:
    assert result.complete
    assert not hasattr(pickle.loads, "__wrapped__")
    assert not hasattr(base64.b64decode, "__wrapped__")


def test_a_reference_that_was_taken_before_is_heard() -> None:
    names = ModuleType("took_before")
    names.__dict__["decode"] = base64.b64decode
    sys.modules["took_before"] = names
    try:
        with decoding(), recording() as heard:
            names.decode("aGk=")
            pickle.loads(pickle.dumps(1))
        assert [(e.kind, e.dialect, e.target) for e in heard.events] == [
            ("document", "base64", "base64.b64decode"),
            ("document", "pickle", "pickle.loads"),
        ]
        assert heard.events[0].text == "aGk="
        assert names.decode is base64.b64decode
    finally:
        del sys.modules["took_before"]


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
