"""Programs at each of the example sites: access tokens, refresh tokens, and how both end."""

from __future__ import annotations

from typing import Any

import pytest

from tests.examples.browsing import Browser, Seen, Site
from tests.examples.conftest import Clock
from tests.examples.test_sites import NAME, OTHER, PASSWORD, SESSION, code, register, with_app


def token(program: Browser, password: str = PASSWORD, **more: str) -> Any:
    given = program.send("/api/token", {"name": NAME, "password": password, **more})
    assert given.status == 200, given.text
    assert "no-store" in given.headers["cache-control"]
    return given.json


def refresh(program: Browser, token: str) -> Seen:
    return program.send("/api/refresh", {"refresh_token": token})


def me(program: Browser, token: str) -> Seen:
    return program.get("/api/me", {"authorization": f"Bearer {token}"})


def test_a_token_opens_the_api(site: Site) -> None:
    register(site)
    program = site.browser()
    given = token(program)
    assert given["token_type"] == "Bearer"
    assert given["expires_in"] == 600
    seen = me(program, given["access_token"])
    assert (seen.status, seen.json["name"]) == (200, "ann")
    assert not program.cookie(SESSION)


def test_without_a_token_the_api_is_closed(site: Site) -> None:
    browser = register(site)
    closed = browser.get("/api/me")
    assert (closed.status, closed.headers["www-authenticate"]) == (401, "Bearer")
    bad = me(browser, "a.b.c")
    assert bad.status == 401
    assert 'error="invalid_token"' in bad.headers["www-authenticate"]
    narrow = site.equipment.tokens.pair_sync("somebody", scope="other")
    refused = me(browser, narrow.access)
    assert refused.status == 403
    assert 'error="insufficient_scope"' in refused.headers["www-authenticate"]


def test_a_token_needs_password_and_code(site: Site) -> None:
    _, secret, _ = with_app(site)
    program = site.browser()
    assert program.send("/api/token", {"name": NAME, "password": "wrong"}).status == 401
    assert program.send("/api/token", {"name": NAME, "password": PASSWORD}).status == 401
    assert token(program, code=code(secret))


def test_programs_are_throttled_as_well(site: Site) -> None:
    register(site)
    program = site.browser()
    seen = [program.send("/api/token", {"name": NAME, "password": "wrong"}) for _ in range(7)]
    assert seen[-1].status == 429
    assert int(seen[-1].headers["retry-after"]) > 0
    assert seen[-1].json["problem"].startswith("Too many attempts.")


def test_a_refresh_token_gives_the_next_two(site: Site) -> None:
    register(site)
    program = site.browser()
    first = token(program)
    second = refresh(program, first["refresh_token"])
    assert second.status == 200
    assert second.json["refresh_token"] != first["refresh_token"]
    assert me(program, second.json["access_token"]).json["name"] == "ann"
    assert "no-store" in second.headers["cache-control"]


def test_a_refresh_token_that_comes_again_ends_the_login(site: Site, clock: Clock) -> None:
    register(site)
    program = site.browser()
    first = token(program)
    second = refresh(program, first["refresh_token"]).json
    again = refresh(program, first["refresh_token"]).json
    assert again["refresh_token"] == second["refresh_token"], "within the grace it is an answer that got lost"
    third = refresh(program, second["refresh_token"]).json
    clock.ahead = 31
    assert refresh(program, first["refresh_token"]).status == 401
    assert refresh(program, third["refresh_token"]).status == 401
    assert me(program, third["access_token"]).status == 401


def test_a_logout_ends_one_program(site: Site) -> None:
    register(site)
    program, other = site.browser(), site.browser()
    mine, theirs = token(program), token(other)
    for _ in range(2):
        assert program.send("/api/logout", {"refresh_token": mine["refresh_token"]}).status == 200
    assert refresh(program, mine["refresh_token"]).status == 401
    assert me(program, mine["access_token"]).status == 401
    assert refresh(other, theirs["refresh_token"]).status == 200


def test_a_changed_password_ends_programs(site: Site) -> None:
    browser, program = register(site), site.browser()
    given = token(program)
    assert browser.post("/password", old=PASSWORD, new=OTHER).status == 303
    assert refresh(program, given["refresh_token"]).status == 401
    assert me(program, given["access_token"]).status == 401
    assert token(program, OTHER)


def test_a_token_of_an_earlier_password_opens_nothing(site: Site) -> None:
    register(site)
    program = site.browser()
    given = token(program)
    user = site.equipment.accounts.by_name(NAME)
    assert user
    assert site.equipment.accounts.change_password(user, "elsewhere, and nobody ended the tokens")
    for access in (given["access_token"], refresh(program, given["refresh_token"]).json["access_token"]):
        closed = me(program, access)
        assert (closed.status, closed.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')


@pytest.mark.parametrize("made_up", ["", "x", "hr1_" + "A" * 64, "a.b.c", "\x00"])
def test_refresh_tokens_that_are_made_up(site: Site, made_up: str) -> None:
    assert refresh(site.browser(), made_up).status == 401
    assert site.browser().send("/api/logout", {"refresh_token": made_up}).status == 200


def test_a_token_of_one_kind_is_none_of_the_other(site: Site) -> None:
    register(site)
    program = site.browser()
    given = token(program)
    assert me(program, given["refresh_token"]).status == 401
    assert refresh(program, given["access_token"]).status == 401


@pytest.mark.parametrize(
    "body", [None, [], 7, {}, {"name": NAME}, {"name": NAME, "password": 7}, {"name": None, "password": "x"}]
)
@pytest.mark.parametrize("path", ["/api/token", "/api/refresh", "/api/logout"])
def test_what_is_no_request_for_a_token(site: Site, path: str, body: object) -> None:
    assert site.browser().send(path, body).status in {400, 422}
