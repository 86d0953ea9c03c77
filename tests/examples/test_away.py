"""Not now: a flood of logins, and a store that cannot be reached. Nobody gets past either."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from examples.equipment import Equipment
from hauberk import Passwords
from hauberk.stores import open_store
from tests.examples.conftest import SITES
from tests.examples.test_sites import NAME, PASSWORD, SESSION, code, login, with_app


def test_a_flood_of_logins_is_told_to_come_back(equipment: Equipment) -> None:
    from examples.fastapi_auth.app import create_app

    own = replace(equipment, passwords=Passwords(workers=1, waiting=1))
    own.accounts.add(NAME, own.passwords.hash_sync(PASSWORD))
    transport = httpx2.ASGITransport(app=create_app(own))

    async def flood() -> list[httpx2.Response]:
        async with httpx2.AsyncClient(transport=transport, base_url="https://localhost") as client:
            names = [f"nobody-{n}" for n in range(11)]
            form = [{"name": name, "password": PASSWORD} for name in [NAME, *names]]
            return list(await asyncio.gather(*(client.post("/login", data=one) for one in form)))

    seen = asyncio.run(flood())
    busy = [one for one in seen if one.status_code == 503]
    assert 0 < len(busy) < len(seen)
    assert {one.status_code for one in seen} <= {303, 401, 503}
    assert all(int(one.headers["retry-after"]) >= 1 for one in busy)
    assert all('action="/login"' in one.text for one in busy)


@pytest.mark.parametrize("name", SITES)
def test_without_the_store_no_code_is_taken(name: str, equipment: Equipment, tmp_path: Path) -> None:
    away = open_store(f"sqlite:///{tmp_path}")  # a folder, which no database is
    own = replace(equipment, totp=replace(equipment.totp, store=away))
    with SITES[name](equipment) as site:
        _, secret, _ = with_app(site)
    with SITES[name](own) as site:
        browser = site.browser()
        login(browser)
        before = browser.cookie(SESSION)
        refused = browser.post("/login/code", code=code(secret))
        assert refused.status == 503
        assert int(refused.headers["retry-after"]) > 0
        assert browser.cookie(SESSION) == before
        assert "<h1>ann</h1>" not in browser.get("/").text
