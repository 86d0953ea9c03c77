"""Clear-Site-Data: with a logout that succeeds, and with nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from hauberk import ConfigurationError
from hauberk.core.exchange import Exchange
from hauberk.core.plan import Plan
from hauberk.shield.headers import ClearSiteData
from hauberk.shield.headers.clear_site_data import clear
from tests.drivers import Answer, Serve

EVERYTHING = '"cache","cookies","storage"'
PLAN = Plan.of([ClearSiteData(paths=frozenset({"/logout"}))])


@pytest.mark.parametrize(
    ("path", "status", "value"),
    [
        ("/logout", 200, EVERYTHING),
        ("/logout", 303, EVERYTHING),
        ("/logout", 403, None),
        ("/logout", 500, None),
        ("/logout/", 200, None),
        ("/", 200, None),
        ("/logout2", 200, None),
    ],
)
def test_sent_where_a_logout_succeeds(serve: Serve, path: str, status: int, value: str | None) -> None:
    assert serve(PLAN, lambda ex: Answer(status=status), path=path).one("clear-site-data") == value


def test_a_crash_on_the_way_out_logs_nobody_out(serve: Serve) -> None:
    def crash(ex: Exchange) -> Answer:
        raise RuntimeError("database is gone")

    got = serve(PLAN, crash, path="/logout")
    assert got.status == 500
    assert got.one("clear-site-data") is None


def test_the_application_clears_by_itself(serve: Serve) -> None:
    feature = ClearSiteData(types=("storage", "executionContexts"))

    def leave(ex: Exchange) -> Answer:
        feature.clear(ex)
        return Answer()

    assert serve(Plan.of([feature]), leave).one("clear-site-data") == '"storage","executionContexts"'
    assert serve(Plan.of([feature])).one("clear-site-data") is None


def test_clear_works_without_the_feature(serve: Serve) -> None:
    def leave(ex: Exchange) -> Answer:
        clear(ex)
        return Answer()

    assert serve(Plan.of([]), leave).one("clear-site-data") == EVERYTHING


def test_its_own_value_takes_the_applications_place(serve: Serve) -> None:
    got = serve(PLAN, lambda ex: Answer(headers=[("clear-site-data", "cookies")]), path="/logout")
    assert got.all("clear-site-data") == [EVERYTHING]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"types": ()}, "empty"),
        ({"types": ("cookie",)}, "did you mean 'cookies'"),
        ({"types": ("cookies", "cookies")}, "twice"),
        ({"types": "cookies"}, "write ('cookies',)"),
        ({"paths": frozenset({"logout"})}, "is not a path"),
    ],
)
def test_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        ClearSiteData(**options)
    assert problem in str(caught.value)
