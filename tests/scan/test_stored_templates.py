"""What is stored and becomes a template elsewhere is found; what is shown as data, stripped or counted there is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hauberk.core.finding import HttpLocation, Result
from hauberk.integrations.surface import surface, transport
from hauberk.integrations.target import Target
from hauberk.scan import scan
from hauberk.scan.planting import is_free
from hauberk.scan.stored_templates import product, sized
from hauberk.scan.surface import Parameter
from tests.scan.apps import letters
from tests.scan.test_outside import run, served

RULE = "scan.template-injection"


@pytest.fixture(scope="module", params=["inside", "outside"])
def result(request: pytest.FixtureRequest) -> Iterator[tuple[str, Result]]:
    letters.KEPT.clear()
    letters.BOARD.clear()
    if request.param == "outside":
        with served(letters.app) as url:
            yield request.param, run(url)
        return
    target = Target(
        name="letters", app=letters.app, framework="flask", protocol="wsgi", root=Path(letters.__file__).parent
    )
    found = surface(target)
    yield request.param, scan(found, transport(target, found), target="letters:app")


def found(result: Result, rule: str = RULE) -> set[str]:
    at = [f.location for f in result.failures if f.rule.id == rule and isinstance(f.location, HttpLocation)]
    return {f"{one.path} {one.place}:{one.parameter}" for one in at}


def test_exactly_the_holes(result: tuple[str, Result]) -> None:
    way, seen = result
    assert seen.complete
    assert found(seen) == letters.HOLES | ({letters.UNSHOWN} if way == "inside" else set())


def test_markup_is_found_where_one_text_is_kept_behind_a_check(result: tuple[str, Result]) -> None:
    assert found(result[1], "scan.stored-xss") == letters.MARKUP


def test_a_finding_shows_both_requests_and_where_the_template_is_made(result: tuple[str, Result]) -> None:
    way, seen = result
    faults = [f for f in seen.failures if f.rule.id == RULE]
    assert faults
    for fault in faults:
        json.dumps(fault.as_json())
        assert {"request", "control", "page", "page_after_control"} <= set(fault.evidence)
        if way == "inside":
            assert fault.evidence["event"]["file"] == fault.location.file == "letters.py"
        else:
            assert "evaluated it" in fault.message


@pytest.mark.parametrize(
    ("unit", "written", "read"),
    [
        (10**9, "{:.1f} GB", True),
        (2**30, "{:.1f}\xa0GB", True),
        (10**9, "x {:.1f} GB", False),
        (10**9, "}}{:.1f} GB", False),
        (10**8, "{:.1f} GB", False),
    ],
)
def test_which_sizes_prove_that_a_filter_ran(unit: int, written: str, read: bool) -> None:
    template, told = sized()
    octets = int("".join(filter(str.isdigit, template)))
    assert bool(told(written.format(octets / unit))) is read


@pytest.mark.parametrize(
    ("after", "proved"),
    [("{product}", True), (" {product}</p>", True), ("{{{{{a}*{b}}}}}", False), ("</p>{product}", False), ("", False)],
)
def test_a_number_counts_right_behind_the_word_alone(after: str, proved: bool) -> None:
    template, told = product()
    a, b = (int(number) for number in template.removeprefix("{c}").strip("{}").split("*"))
    assert bool(told(after.format(product=a * b, a=a, b=b))) is proved


@pytest.mark.parametrize(
    ("parameter", "free"),
    [
        (Parameter(name="bio", place="form"), True),
        (Parameter(name="title", place="json", schema={"type": "string"}), True),
        (Parameter(name="contact_email", place="form"), False),
        (Parameter(name="contact", place="form", schema={"format": "email"}), False),
        (Parameter(name="size", place="form", schema={"enum": ["s", "m"]}), False),
        (Parameter(name="post_id", place="form"), False),
        (Parameter(name="post", place="form", example="17"), False),
    ],
)
def test_which_fields_may_take_any_text(parameter: Parameter, free: bool) -> None:
    assert is_free(parameter) is free
