"""A real Chromium with its virtual authenticator: registration, login without a name, and a copy that is found out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hauberk.auth.passkeys import Passkey, PasskeyError, Passkeys
from hauberk.stores.memory import MemoryStore
from tests.judges.conftest import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CREATE = """async (options) => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(options));
    return JSON.stringify((await navigator.credentials.create({publicKey})).toJSON());
}"""
GET = """async (options) => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(options));
    return JSON.stringify((await navigator.credentials.get({publicKey})).toJSON());
}"""
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


async def blank(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": b"<!doctype html><title>x</title>"})


def test_a_passkey_from_making_to_copying(browser: Browser) -> None:
    pytest.importorskip("webauthn", reason="the extra passkeys is not installed")
    with served(blank) as port:
        origin = f"http://localhost:{port}"
        passkeys = Passkeys(rp_id="localhost", rp_name="Shop", origins=(origin,), store=MemoryStore())
        context = browser.new_context()
        page = context.new_page()
        page.goto(origin)
        cdp = context.new_cdp_session(page)
        cdp.send("WebAuthn.enable")
        device = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]

        begun = passkeys.begin_registration_sync("u-42", "ann@shop.example")
        passkey = passkeys.finish_registration_sync(begun.id, "u-42", page.evaluate(CREATE, begun.options))
        kept = cdp.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
        assert len(kept) == 1
        assert kept[0]["isResidentCredential"]

        def login(passkey: Passkey) -> Passkey:
            asked = passkeys.begin_login_sync()
            answer = page.evaluate(GET, asked.options)
            assert passkeys.credential_id(answer) == passkey.id
            done = passkeys.finish_login_sync(asked.id, answer, passkey)
            assert done.user == "u-42"
            assert done.user_verified
            return done.passkey

        newer = login(login(passkey))
        assert newer.counter > passkey.counter

        # A second one on the same device is not made: the browser is told of the first.
        again = passkeys.begin_registration_sync("u-42", "ann@shop.example", existing=[newer])
        with pytest.raises(Exception, match="InvalidStateError"):
            page.evaluate(CREATE, again.options)

        # A copy of the device, as it was at first, shows itself by its counter.
        cdp.send("WebAuthn.removeCredential", {"authenticatorId": device, "credentialId": kept[0]["credentialId"]})
        cdp.send("WebAuthn.addCredential", {"authenticatorId": device, "credential": {**kept[0], "signCount": 0}})
        with pytest.raises(PasskeyError) as caught:
            login(newer)
        assert caught.value.reason == "counter"

        # A page elsewhere cannot use it at all.
        page.goto(f"http://127.0.0.1:{port}/")
        asked = passkeys.begin_login_sync()
        with pytest.raises(Exception, match="SecurityError"):
            page.evaluate(GET, asked.options)
        context.close()
