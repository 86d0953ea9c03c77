"""Records that a body names, and those that only links tell of: exactly the planted holes, none on the fixed twins."""

from collections.abc import Callable
from typing import Any

import pytest

from hauberk.core.finding import Result
from hauberk.scan import Operation, Surface, WSGITransport, scan
from hauberk.scan.identities import Identity
from hauberk.scan.surface import DIGITS
from tests.scan.apps import people_pages, people_records
from tests.scan.test_access import Rows, identity, rows, run

API = tuple(
    identity(role, f'POST /login {{"username": "{name}", "password": "{word}"}}')
    for role, (name, word) in zip(("a", "b", "admin"), people_records.USERS, strict=True)
)
SITE = tuple(
    identity(role, f"POST /login user={name}&password={word}")
    for role, (name, word) in zip(("a", "b"), people_pages.USERS.items(), strict=True)
)
ACCESS = {"bola", "function-level", "mass-assignment"}


def of_access(result: Result) -> Rows:
    return {row for row in rows(result) if row[0] in ACCESS}


@pytest.mark.parametrize(
    ("make", "people", "open_", "holes"),
    [
        (people_records.make, API, True, people_records.HOLES),
        (people_records.make, API, False, set()),
        (people_pages.make, SITE, True, people_pages.HOLES),
        (people_pages.make, SITE, False, set()),
    ],
    ids=["bodies, open", "bodies, closed", "pages, open", "pages, closed"],
)
def test_whose_record_it_is(make: Callable[..., Any], people: tuple[Identity, ...], open_: bool, holes: Rows) -> None:
    assert of_access(run(make(open_=open_), people)) == holes


@pytest.mark.parametrize(("open_", "holes"), [(True, people_pages.SEEN_BY_LINKS), (False, set())])
def test_pages_of_which_no_route_is_known(open_: bool, holes: Rows) -> None:
    surface = Surface.of([Operation(method="GET", path="/login", source="crawl")])
    result = scan(surface, WSGITransport(people_pages.make(open_=open_)), target="pages", identities=SITE)
    assert {(rule, DIGITS.sub("{}", place)) for rule, place in of_access(result)} == holes


def test_everybody_keeps_role_and_password() -> None:
    app = people_records.make(open_=True)
    run(app, API)
    again = run(app, API)
    assert not [gap for gap in again.gaps if gap.startswith("Identity")]
    assert of_access(again) == people_records.HOLES
