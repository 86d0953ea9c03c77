"""Files with script that are served as pages are found, whatever name they get; those that are served apart are not."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from hauberk.core.finding import HttpLocation, Result
from tests.scan.apps import uploads
from tests.scan.test_outside import run, served


@pytest.fixture(scope="module")
def result() -> Iterator[Result]:
    with served(uploads.app) as url:
        yield run(url)


def found(result: Result) -> set[tuple[str, str | None]]:
    faults = [f for f in result.failures if f.rule.id == "scan.active-upload"]
    return {(f.location.path, f.location.parameter) for f in faults if isinstance(f.location, HttpLocation)}


@pytest.mark.parametrize("name", uploads.HOLES)
def test_the_hole_is_found(result: Result, name: str) -> None:
    assert (f"/{name}", "file") in found(result)


@pytest.mark.parametrize("name", uploads.TWINS)
def test_its_twin_is_not(result: Result, name: str) -> None:
    assert (f"/{name}", "file") not in found(result)


def test_what_was_sent_and_served_is_shown(result: Result) -> None:
    for finding in result.failures:
        if finding.rule.id == "scan.active-upload":
            json.dumps(finding.as_json())
            assert {"request", "response", "page", "control"} <= set(finding.evidence)
            assert "<script>" in finding.evidence["page"]["response"]["body"]
