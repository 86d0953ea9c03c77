"""Cache-Control: what belongs to one reader is kept by nobody else, and nothing else is touched."""

from __future__ import annotations

import pytest

from hauberk import CacheControl, ConfigurationError
from hauberk.core.exchange import Exchange
from hauberk.core.plan import Plan
from tests.drivers import Answer, App, Pairs, Serve

COOKIE = ("set-cookie", "theme=dark; Path=/")
PERSONAL = "private, no-store"


def answer(*fields: tuple[str, str], session: bool = False, nonce: bool = False) -> App:
    def app(ex: Exchange) -> Answer:
        if session:
            ex.personal = True
        if nonce:
            ex.read_nonce()
        headers: Pairs = [("content-type", "text/html"), *fields]
        return Answer(headers=headers)

    return app


# fields of the application, session, nonce -> Cache-Control, Vary
ROWS: list[tuple[list[tuple[str, str]], bool, bool, str | None, str | None]] = [
    ([], False, False, None, None),
    ([], False, True, PERSONAL, None),
    ([COOKIE], False, False, "private", None),
    ([COOKIE], True, False, PERSONAL, "Cookie"),
    ([COOKIE], True, True, PERSONAL, "Cookie"),
    ([COOKIE, ("cache-control", "no-store")], True, False, "no-store", "Cookie"),
    ([COOKIE, ("cache-control", "public, max-age=60")], False, False, "public, max-age=60", None),
    ([("cache-control", "max-age=60")], False, True, "max-age=60", None),
    ([COOKIE, ("vary", "Cookie, Accept")], True, False, PERSONAL, "Cookie, Accept"),
    ([COOKIE, ("vary", "*")], True, False, PERSONAL, "*"),
]


@pytest.mark.parametrize(("fields", "session", "nonce", "cached", "vary"), ROWS)
def test_what_leaves(
    serve: Serve, fields: list[tuple[str, str]], session: bool, nonce: bool, cached: str | None, vary: str | None
) -> None:
    got = serve(Plan.of([CacheControl()]), answer(*fields, session=session, nonce=nonce))
    assert got.one("cache-control") == cached
    assert got.one("vary") == vary


@pytest.mark.parametrize("nonce", [True, False])
def test_always(serve: Serve, nonce: bool) -> None:
    plan = Plan.of([CacheControl(personal="no-store, max-age=0", always="no-store, max-age=0")])
    assert serve(plan, answer(nonce=nonce)).one("cache-control") == "no-store, max-age=0"
    assert serve(plan, answer(COOKIE)).one("cache-control") == "no-store, max-age=0"


def test_cookies_can_be_left_alone(serve: Serve) -> None:
    assert serve(Plan.of([CacheControl(cookies="")]), answer(COOKIE)).one("cache-control") is None


@pytest.mark.parametrize("options", [{"personal": ""}, {"personal": "a\r\nb"}, {"always": 3}, {"cookies": None}])
def test_refused(options: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        CacheControl(**options)
