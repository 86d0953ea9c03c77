"""Passkeys at each of the example sites, with an authenticator in software."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.auth.passkeys.authenticator import PRESENT, Authenticator
from tests.examples.browsing import Browser, Seen, Site
from tests.examples.test_sites import SESSION, login, register, with_app

ORIGIN = "http://localhost:8000"


@pytest.fixture(autouse=True)
def installed() -> None:
    pytest.importorskip("webauthn", reason="the extra passkeys is not installed")


def add(browser: Browser, device: Authenticator) -> Seen:
    begun = browser.send("/passkeys/register/begin", None)
    assert begun.status == 200
    return browser.send("/passkeys/register/finish", device.create(begun.text))


def show(browser: Browser, device: Authenticator) -> Seen:
    begun = browser.send("/passkeys/login/begin", None)
    assert begun.status == 200
    return browser.send("/passkeys/login/finish", device.get(begun.text))


def test_a_passkey_logs_in_under_a_new_session_id(site: Site) -> None:
    device = Authenticator(origin=ORIGIN)
    assert add(register(site), device).status == 200
    browser = site.browser()
    browser.send("/passkeys/login/begin", None)
    before = browser.cookie(SESSION)
    assert show(browser, device).status == 200
    assert browser.cookie(SESSION) not in {"", before}
    assert "<h1>ann</h1>" in browser.get("/").text
    assert show(browser, device).status == 200, "the counter was written down, and goes on"


def test_an_answer_serves_once_and_one_visitor(site: Site) -> None:
    device = Authenticator(origin=ORIGIN)
    add(register(site), device)
    browser, thief = site.browser(), site.browser()
    answer = device.get(browser.send("/passkeys/login/begin", None).text)
    thief.send("/passkeys/login/begin", None)
    assert thief.send("/passkeys/login/finish", answer).status == 401
    assert browser.send("/passkeys/login/finish", answer).status == 200
    assert browser.send("/passkeys/login/finish", answer).status == 401


@pytest.mark.parametrize(
    "device",
    [
        Authenticator(origin="https://evil.example"),
        Authenticator(origin=ORIGIN, flags=PRESENT),
        Authenticator(origin=ORIGIN, rp_id="evil.example"),
    ],
    ids=["another page", "nobody verified", "another site"],
)
def test_a_passkey_that_is_not_added(site: Site, device: Authenticator) -> None:
    browser = register(site)
    assert add(browser, device).status == 401
    assert "On one device" not in browser.get("/").text


def test_nobody_elses_passkey_is_taken_or_removed(site: Site) -> None:
    ann, bob, device = register(site), register(site, "bob"), Authenticator(origin=ORIGIN)
    add(ann, device)
    accounts = site.equipment.accounts
    user = accounts.by_name("ann")
    assert user
    (passkey,) = accounts.passkeys(user)
    same = Authenticator(origin=ORIGIN, key=device.key, id=device.id)
    assert add(bob, same).status == 401
    assert bob.post("/remove-passkey", id=passkey.id).status == 303
    assert show(site.browser(), device).status == 200
    assert ann.post("/remove-passkey", id=passkey.id).status == 303
    assert show(site.browser(), device).status == 401


def test_a_copy_is_found_out_and_changes_nothing(site: Site) -> None:
    device = Authenticator(origin=ORIGIN)
    add(register(site), device)
    assert show(site.browser(), device).status == 200
    # It counts from where it was copied: before that login.
    copy = replace(device, counter=device.counter - 1)
    assert show(site.browser(), copy).status == 401
    assert show(site.browser(), device).status == 200


def test_a_passkey_is_two_factors(site: Site) -> None:
    browser, _, _ = with_app(site)
    device = Authenticator(origin=ORIGIN)
    add(browser, device)
    assert login(site.browser()).headers["location"] == "/login/code"
    other = site.browser()
    assert show(other, device).status == 200
    assert "<h1>ann</h1>" in other.get("/").text
