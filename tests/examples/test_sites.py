"""The same visits to each of the example sites."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from hauberk.auth.passwords import Argon2id, Passwords
from hauberk.auth.totp import hotp, read_secret
from tests.examples.browsing import Browser, Seen, Site

NAME, PASSWORD, OTHER = "Ann", "velvet orbit cactus", "lantern meadow gravel"
SESSION = "__Host-session"
PAGES = Path(__file__).parents[2] / "examples" / "pages"


def register(site: Site, name: str = NAME) -> Browser:
    browser = site.browser()
    assert browser.post("/register", name=name, password=PASSWORD).status == 303
    return browser


def login(browser: Browser, password: str = PASSWORD, name: str = NAME) -> Seen:
    return browser.post("/login", name=name, password=password)


def code(secret: str, ahead: int = 0) -> str:
    return hotp(read_secret(secret), int(time.time() // 30) + ahead)


def holding(site: Site, session: str) -> Browser:
    """The browser of somebody who has another's cookie."""
    browser = site.browser()
    browser.hold(SESSION, session)
    return browser


def with_app(site: Site) -> tuple[Browser, str, list[str]]:
    """A browser that is logged in, the app's secret, and the recovery codes."""
    browser = register(site)
    page = browser.post("/app")
    assert "<svg" in page.text
    secret = re.search(r'<code id="secret">(\w+)</code>', page.text)
    assert secret
    done = browser.post("/app/confirm", code=code(secret[1], -1))
    assert done.status == 200, done.problem
    return browser, secret[1], re.findall(r"<li><code>([\w-]+)</code>", done.text)


def test_who_registers_is_logged_in(site: Site) -> None:
    browser = register(site)
    page = browser.get("/")
    assert page.status == 200
    assert "<h1>ann</h1>" in page.text
    assert PASSWORD not in page.text


@pytest.mark.parametrize(
    ("name", "password", "problem"),
    [
        (NAME, "short", "Please use at least 15 characters."),
        ("velvetorbitcactus", "velvetorbitcactus1", "too close to your name"),
        ("hauberk", "hauberkhauberk1", "the name of this service"),
        (" \t", PASSWORD, "A name has 1 to 80 characters"),
        ("x" * 81, PASSWORD, "A name has 1 to 80 characters"),
        ("bob", PASSWORD, "This name is taken."),
        ("ＢＯＢ ", PASSWORD, "This name is taken."),
    ],
)
def test_what_cannot_be_registered(site: Site, name: str, password: str, problem: str) -> None:
    register(site, "bob")
    browser = site.browser()
    refused = browser.post("/register", name=name, password=password)
    assert refused.status == 422
    assert problem in refused.problem
    assert browser.get("/").text.count('action="/login"') == 1


def test_nobody_registers_by_the_dozen(site: Site) -> None:
    seen = [site.browser().post("/register", name=f"bot-{n}", password="short").status for n in range(12)]
    assert seen[:10] == [422] * 10
    assert 429 in seen


def test_a_login_as_somebody_else_ends_the_session_of_the_first(site: Site) -> None:
    with_app(site)
    browser = register(site, "bob")
    before = browser.cookie(SESSION)
    assert login(browser).headers["location"] == "/login/code"
    assert "<h1>bob</h1>" not in browser.get("/").text
    assert "<h1>bob</h1>" not in holding(site, before).get("/").text


def test_a_password_is_stored_as_argon2id(site: Site) -> None:
    register(site)
    user = site.equipment.accounts.by_name(NAME)
    assert user
    assert user.password.startswith("$argon2id$")


def test_wrong_password_and_unknown_name_are_answered_alike(site: Site) -> None:
    register(site)
    browser = site.browser()
    wrong, unknown = login(browser, "wrong"), login(browser, name="nobody")
    assert (wrong.status, wrong.problem) == (401, "The name or the password is wrong.")
    assert (unknown.status, unknown.problem) == (wrong.status, wrong.problem)
    assert not browser.cookie("device")


def test_a_login_gives_a_new_session_id(site: Site) -> None:
    register(site)
    browser = site.browser()
    browser.send("/passkeys/login/begin", None)  # begins a session before the login
    before = browser.cookie(SESSION)
    assert before
    assert login(browser).status == 303
    assert browser.cookie(SESSION) not in {"", before}
    assert "<h1>ann</h1>" in browser.get("/").text
    assert "<h1>ann</h1>" not in holding(site, before).get("/").text


def test_guesses_are_throttled_and_the_owner_is_not(site: Site) -> None:
    register(site)
    own = site.browser()
    assert login(own).status == 303
    stranger = site.browser()
    seen = [login(stranger, "wrong") for _ in range(7)]
    assert 429 in [one.status for one in seen]
    assert int(seen[-1].headers["retry-after"]) > 0
    assert login(stranger).status == 429, "the right password is not even looked at"
    assert own.cookie("device")
    own.post("/logout")
    assert login(own).status == 303, "a known device has counters of its own"


def test_an_old_hash_is_replaced_at_login(site: Site) -> None:
    register(site)
    accounts = site.equipment.accounts
    user = accounts.by_name(NAME)
    assert user
    old = Passwords(scheme=Argon2id(memory_cost=7_168, iterations=5, lanes=1)).hash_sync(PASSWORD)
    assert accounts.replace_password(user, old)
    assert login(site.browser()).status == 303
    now = accounts.by_name(NAME)
    assert now
    assert now.password.startswith("$argon2id$v=19$m=19456")
    assert not accounts.replace_password(replace(user, password=old), "late"), "it is another one by now"


def test_logout_ends_the_session_on_the_server(site: Site) -> None:
    browser = register(site)
    stolen = browser.cookie(SESSION)
    assert "<h1>ann</h1>" in holding(site, stolen).get("/").text
    assert browser.post("/logout").status == 303
    assert "<h1>ann</h1>" not in browser.get("/").text
    assert "<h1>ann</h1>" not in holding(site, stolen).get("/").text


def test_another_site_can_do_nothing(site: Site) -> None:
    browser = register(site)
    elsewhere = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    assert browser.post("/logout", elsewhere).status == 403
    assert browser.post("/password", elsewhere, old=PASSWORD, new=OTHER).status == 403
    assert "<h1>ann</h1>" in browser.get("/").text


def test_a_changed_password_ends_all_other_sessions(site: Site) -> None:
    browser, other = register(site), site.browser()
    assert login(other).status == 303
    before = browser.cookie(SESSION)
    assert browser.post("/password", old=PASSWORD, new=OTHER).status == 303
    assert browser.cookie(SESSION) not in {"", before}
    assert "<h1>ann</h1>" in browser.get("/").text
    assert "<h1>ann</h1>" not in other.get("/").text
    assert login(other).status == 401
    assert login(other, OTHER).status == 303


def test_a_login_that_was_under_way_while_the_password_changed(site: Site) -> None:
    browser, secret, _ = with_app(site)
    thief = site.browser()
    assert login(thief).headers["location"] == "/login/code"
    assert browser.post("/password", old=PASSWORD, new=OTHER).status == 303
    late = thief.post("/login/code", code=code(secret))
    assert late.status == 401
    assert "<h1>ann</h1>" not in thief.get("/").text


def test_a_session_of_an_earlier_password_opens_nothing(site: Site) -> None:
    browser = register(site)
    user = site.equipment.accounts.by_name(NAME)
    assert user
    assert site.equipment.accounts.change_password(user, "elsewhere, and nobody ended the sessions")
    assert "<h1>ann</h1>" not in browser.get("/").text
    assert browser.post("/app").status == 401


@pytest.mark.parametrize(
    ("old", "new", "status"), [("wrong", OTHER, 401), (PASSWORD, "short", 422), (PASSWORD, "ann ann ann ann", 422)]
)
def test_a_password_that_is_not_changed(site: Site, old: str, new: str, status: int) -> None:
    browser, other = register(site), site.browser()
    assert login(other).status == 303
    refused = browser.post("/password", old=old, new=new)
    assert refused.status == status
    assert refused.problem
    assert "<h1>ann</h1>" in other.get("/").text
    assert login(site.browser()).status == 303


@pytest.mark.parametrize("path", ["/password", "/app", "/app/confirm", "/app/off", "/remove-passkey"])
def test_strangers_change_nothing(site: Site, path: str) -> None:
    assert site.browser().post(path, old="a", new="b", code="1", id="c").status == 401


def test_the_second_factor_is_asked_for(site: Site) -> None:
    _, secret, _ = with_app(site)
    browser = site.browser()
    half = login(browser)
    assert (half.status, half.headers["location"]) == (303, "/login/code")
    assert "<h1>ann</h1>" not in browser.get("/").text, "the password alone lets nobody in"
    assert not browser.cookie("device")
    before = browser.cookie(SESSION)
    assert browser.post("/login/code", code="000000").status == 401
    assert browser.post("/login/code", code=code(secret)).status == 303
    assert browser.cookie(SESSION) != before
    assert "<h1>ann</h1>" in browser.get("/").text
    assert browser.cookie("device")


def test_who_planted_the_session_does_not_come_behind_the_password(site: Site) -> None:
    with_app(site)
    victim = site.browser()
    victim.send("/passkeys/login/begin", None)
    planted = holding(site, victim.cookie(SESSION))
    assert login(victim).headers["location"] == "/login/code"
    assert victim.get("/login/code").status == 200
    assert planted.get("/login/code").headers["location"] == "/login"


def test_the_next_user_finds_nothing_of_the_one_before(site: Site) -> None:
    register(site, "bob")
    browser = register(site)
    browser.post("/app")  # begun, and not confirmed
    assert login(browser, name="bob").status == 303
    assert "<h1>bob</h1>" in browser.get("/").text
    left = browser.post("/app/confirm", code="000000")
    assert (left.status, left.problem) == (400, "Please set it up once more.")


def test_a_code_serves_once(site: Site) -> None:
    _, secret, _ = with_app(site)
    shown = code(secret)
    for status in (303, 401):
        browser = site.browser()
        login(browser)
        assert browser.post("/login/code", code=shown).status == status


def test_a_recovery_code_serves_once(site: Site) -> None:
    _, _, codes = with_app(site)
    assert len(codes) == 10
    for status in (303, 401):
        browser = site.browser()
        login(browser)
        assert browser.post("/login/code", code=codes[0].upper()).status == status


def test_after_five_wrong_codes_the_login_begins_again(site: Site) -> None:
    _, secret, _ = with_app(site)
    browser = site.browser()
    login(browser)
    for _ in range(5):
        assert browser.post("/login/code", code="000000").problem.startswith("This code is wrong")
    over = browser.post("/login/code", code=code(secret))
    assert over.status == 401
    assert "log in again" in over.problem
    assert 'action="/login"' in over.text


def test_without_a_password_there_is_no_second_step(site: Site) -> None:
    _, secret, _ = with_app(site)
    browser = site.browser()
    assert browser.get("/login/code").status == 303
    assert browser.post("/login/code", code=code(secret)).status == 401


def test_the_second_factor_can_be_turned_off(site: Site) -> None:
    browser, _, _ = with_app(site)
    assert browser.post("/app/off").status == 303
    assert login(site.browser()).headers["location"] == "/"


def test_an_app_counts_from_its_first_code_on(site: Site) -> None:
    browser = register(site)
    browser.post("/app")
    assert browser.post("/app/confirm", code="000000").status == 400
    assert login(site.browser()).headers["location"] == "/"


def test_a_login_of_long_ago_adds_no_factor(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = register(site)
    monkeypatch.setattr("examples.visits.RECENT", 0)
    for path in ("/app", "/app/off", "/remove-passkey"):
        refused = browser.post(path, id="x")
        assert refused.status == 403
        assert "once more" in refused.problem
        assert 'action="/login"' in refused.text
    assert browser.send("/passkeys/register/begin", None).status == 403


@pytest.mark.parametrize("way", ["register", "login"])
def test_made_up_passkeys(site: Site, way: str) -> None:
    browser = register(site)
    begun = browser.send(f"/passkeys/{way}/begin", None)
    assert begun.status == 200
    assert begun.json["challenge"]
    refused = browser.send(f"/passkeys/{way}/finish", {"made": "up"})
    assert (refused.status, refused.json) == (401, {"problem": "This passkey was not accepted."})


def test_pages_carry_the_policy_and_its_nonce(site: Site) -> None:
    page = site.browser().get("/login")
    nonce = re.search(r'<script nonce="([^"]+)">', page.text)
    assert nonce
    assert f"'nonce-{nonce[1]}'" in page.headers["content-security-policy"]
    assert page.text.count("<script") == page.text.count('nonce="') - page.text.count("<style")
    for name in ("passkeys.js", "style.css"):
        assert (PAGES / name).read_text(encoding="utf-8").strip() in page.text


def test_names_are_escaped(site: Site) -> None:
    browser = register(site, "<script>alert(1)</script>")
    assert "<script>alert" not in browser.get("/").text
