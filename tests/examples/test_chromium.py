"""The FastAPI example in a real Chromium with a virtual authenticator: from registering to a login without a name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from examples.equipment import Equipment
from hauberk import Secrets
from tests.examples.conftest import SECRET
from tests.judges.conftest import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
SECONDS = 15_000


class Later:
    """An application that is made when its port is known, as passkeys belong to an origin."""

    app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


def fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.fill(f"#{name}", value)


def test_a_passkey_from_making_to_logging_in(browser: Browser, tmp_path: Path) -> None:
    pytest.importorskip("webauthn", reason="the extra passkeys is not installed")
    from examples.fastapi_auth.app import create_app

    later = Later()
    with served(later) as port:
        origin = f"http://localhost:{port}"
        later.app = create_app(Equipment.of(tmp_path / "data", Secrets.of(SECRET), origin))
        context = browser.new_context()
        page = context.new_page()
        page.set_default_timeout(SECONDS)
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        cdp = context.new_cdp_session(page)
        cdp.send("WebAuthn.enable")
        device = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]

        page.goto(f"{origin}/register")
        fill(page, name="Ann", password="velvet orbit cactus")
        page.click("main button:text('Register')")
        page.wait_for_selector("h1:text('ann')")

        page.click("[data-passkey=register]")
        page.wait_for_selector("text=On one device")
        assert len(cdp.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]) == 1

        page.click("button:text('Log out')")
        page.click("[data-passkey=login]")
        page.wait_for_selector("h1:text('ann')")
        assert said == [], "the policy blocks nothing that the page needs"

        # Taken away, it opens nothing any more, and the page says so.
        page.click("button:text('Remove')")
        page.wait_for_selector("text=On one device", state="detached")
        page.click("button:text('Log out')")
        page.click("[data-passkey=login]")
        page.wait_for_selector("#passkey-problem:text('This passkey was not accepted.')")
        assert page.url == f"{origin}/login"
        context.close()


def test_pages_are_drawn_without_a_violation(browser: Browser, tmp_path: Path) -> None:
    """Every page with a style and a script of its own is drawn without a violation."""
    from examples.fastapi_auth.app import create_app

    later = Later()
    with served(later) as port:
        origin = f"http://localhost:{port}"
        later.app = create_app(Equipment.of(tmp_path / "data", Secrets.of(SECRET), origin))
        page = browser.new_page()
        page.set_default_timeout(SECONDS)
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{origin}/register")
        fill(page, name="Ann", password="velvet orbit cactus")
        page.click("main button:text('Register')")
        page.click("button:text('Set up')")
        page.wait_for_selector(".qr svg")
        image = page.locator(".qr svg")
        box = image.bounding_box()
        assert box
        assert box["width"] == int(image.get_attribute("width") or 0), "nothing of the image is cut off"
        assert page.evaluate("getComputedStyle(document.querySelector('main')).borderRadius") == "12px"
        assert said == []
        page.close()
