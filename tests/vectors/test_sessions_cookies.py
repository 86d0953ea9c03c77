"""cookie_build, cookie_parse, set_cookie_verdicts, browser_cookies: cookies as servers and browsers take them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from hauberk.wire.cookie import CookieError, cookie_of, cookies_of, parse_cookies
from hauberk.wire.cookie_build import build_cookie
from hauberk.wire.cookie_jar import CookieJar
from hauberk.wire.cookie_storage import CONTROL, Dropped, Kept, Place, counted, received
from hauberk.wire.cookie_weaknesses import weaknesses
from hauberk.wire.set_cookie import SetCookie

Case = tuple[str, Callable[[], None]]
NOW = 1_795_000_000
"""November 2026, when the verdicts were written."""
IN_2011 = 1_300_000_000
"""March 2011, when the test data of the http-state working group was: some of its dates have passed meanwhile."""


def _cases(run: Callable[[dict[str, Any]], None], path: Path) -> Iterator[Case]:
    for row in json.loads(path.read_text("utf-8"))["cases"]:
        yield row["id"], partial(run, row)


def _build(row: dict[str, Any]) -> None:
    value = row["value"] if "value" in row else row["value_repeat"][0] * row["value_repeat"][1]
    given = row["attributes"]
    attributes = {"path": given.get("path"), "same_site": given.get("same_site")}
    attributes |= {"secure": given.get("secure", False), "http_only": given.get("http_only", False)}
    attributes |= {name: given[name] for name in ("domain", "max_age", "expires", "partitioned") if name in given}
    unknown = set(given) - set(attributes)
    assert not unknown, f"attributes that the runner does not know: {unknown}"
    try:
        cookie = build_cookie(row["name"], value, **attributes)
    except CookieError:
        assert row["expect"] != "accept", "was refused"
        return
    assert row["expect"] in {"accept", "either"}, f"was accepted: {str(cookie)[:200]}"
    assert SetCookie.parse(str(cookie)) == cookie
    assert (cookie.name, cookie.value) == (row["name"], value)
    if "header" in row and "expires" in given:
        assert cookie.attribute("expires") == row["header"]
    elif "header" in row:
        wanted = SetCookie.parse(row["header"])
        assert sorted(cookie.attributes) == sorted(wanted.attributes)


def _parse(row: dict[str, Any]) -> None:
    field = row["cookie_header"]
    pairs = parse_cookies(field)
    if row["expect"] is not None:
        assert [list(pair) for pair in pairs] == row["expect"]
    for name in {name for name, _ in pairs}:
        values = [value for key, value in pairs if key == name]
        assert cookies_of(field, name) == values
        assert cookie_of(field, name) == values[0]


def _verdict(row: dict[str, Any]) -> None:
    line = row["set_cookie"]
    if isinstance(line, dict):
        line = line["before"] + line["repeat"][0] * line["repeat"][1] + line["after"]
    place = Place.of(row["received_at"])
    kept = received(line, place, now=NOW)
    stored = isinstance(kept, Kept) and (kept.expires is None or kept.expires > NOW)
    assert stored is row["expect"]["stored"], kept
    if "attributes" in row["expect"]:
        wanted = row["expect"]["attributes"]
        # How long it lives and where it goes shows in `stored`; here they are compared where the case names them.
        found = {k: v for k, v in _effective(line).items() if k in wanted or k not in {"max_age", "expires", "domain"}}
        assert found == wanted
    if "findings_contain" in row:
        said = weaknesses(line, place, now=NOW)
        assert set(row["findings_contain"]) <= set(said), said
        assert row["findings_contain"] or not said, said


def _effective(line: str) -> dict[str, object]:
    cookie = counted(line)
    assert not isinstance(cookie, Dropped)
    flags = {"secure": "secure", "httponly": "http_only", "partitioned": "partitioned"}
    values = {"samesite": "same_site", "path": "path", "domain": "domain", "expires": "expires"}
    found: dict[str, object] = {}
    for name, value in cookie.attributes:
        if name in flags:
            found[flags[name]] = True
        elif name == "max-age":
            found["max_age"] = int(value)
        elif value:
            found[values[name]] = value
    return found


def _browser(row: dict[str, Any]) -> None:
    jar = CookieJar()
    place = Place.of(row["request_uri"])
    outcomes = [jar.keep(line, place, now=IN_2011) for line in row["set_cookie"]]
    sent = jar.cookies(Place.of(urljoin(row["request_uri"], row["next_uri"])), now=IN_2011)
    if any(CONTROL.search(line) for line in row["set_cookie"]) and row["expect_sent"]:
        assert any(isinstance(outcome, Dropped) for outcome in outcomes)
        pytest.skip("RFC 6265bis, section 5.6, drops a cookie with control characters, which RFC 6265 cut")
    # RFC 6265bis keeps cookies without a name where RFC 6265, of which these cases are, drops them.
    assert [[cookie.name, cookie.value] for cookie in sent if cookie.name] == row["expect_sent"]


FILES = {
    "sessions/cookie_build.json": partial(_cases, _build),
    "sessions/cookie_parse.json": partial(_cases, _parse),
    "sessions/set_cookie_verdicts.json": partial(_cases, _verdict),
    "sessions/browser_cookies.json": partial(_cases, _browser),
}


def test_vectors(vector_file: str, run_file: Callable[[Any], None]) -> None:
    run_file(FILES[vector_file])
