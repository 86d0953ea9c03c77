"""Ceremonies with an authenticator in software: those that succeed, and each way in which one must not."""

from __future__ import annotations

import asyncio
import copy
import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hauberk import ConfigurationError
from hauberk.auth.passkeys import Passkey, PasskeyError, Passkeys
from hauberk.stores.memory import MemoryStore
from tests.auth.passkeys.authenticator import (
    BACKED_UP,
    BACKUP_ELIGIBLE,
    PRESENT,
    VERIFIED,
    Authenticator,
    octets_of,
    text_of,
)
from tests.auth.throttle.clocks import Clock

pytest.importorskip("webauthn", reason="the extra passkeys is not installed")
Answer = dict[str, Any]


def made(**options: Any) -> Passkeys:
    given: dict[str, Any] = {
        "rp_id": "shop.example",
        "rp_name": "Shop",
        "origins": ("https://shop.example",),
        "store": MemoryStore(),
    }
    return Passkeys(**(given | options))


def registered(passkeys: Passkeys, device: Authenticator, user: str = "u-42") -> Passkey:
    begun = passkeys.begin_registration_sync(user, "ann@shop.example")
    return passkeys.finish_registration_sync(begun.id, user, device.create(begun.options))


def refused(reason: str, run: Callable[[], object]) -> None:
    with pytest.raises(PasskeyError) as caught:
        run()
    assert caught.value.reason == reason, str(caught.value)


@pytest.mark.parametrize("written", [dict, json.dumps, lambda answer: json.dumps(answer).encode()])
@pytest.mark.parametrize("named", [True, False])
def test_register_and_log_in(written: Callable[[Answer], Any], named: bool) -> None:
    passkeys, device = made(), Authenticator()
    begun = passkeys.begin_registration_sync("u-42", "ann@shop.example")
    passkey = passkeys.finish_registration_sync(begun.id, "u-42", written(device.create(begun.options)))
    assert Passkey.load(passkey.dump()) == passkey
    assert passkey.transports == ("internal",)
    for _ in range(3):
        login = passkeys.begin_login_sync([passkey] if named else ())
        answer = written(device.get(login.options))
        assert passkeys.credential_id(answer) == passkey.id
        done = passkeys.finish_login_sync(login.id, answer, passkey)
        assert (done.user, done.user_verified) == ("u-42", True)
        assert done.passkey.counter == passkey.counter + 1
        passkey = done.passkey


def test_what_the_browser_is_asked() -> None:
    passkeys = made()
    first = registered(passkeys, Authenticator())
    options = json.loads(passkeys.begin_registration_sync("u-42", "ann", existing=[first]).options)
    assert octets_of(options["user"]["id"]) == b"u-42"
    assert [item["id"] for item in options["excludeCredentials"]] == [first.id]
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert len(octets_of(options["challenge"])) == 32
    asked = json.loads(passkeys.begin_login_sync([first]).options)
    assert [item["id"] for item in asked["allowCredentials"]] == [first.id]
    assert asked["userVerification"] == "required"


def test_a_challenge_serves_once_whatever_came_of_it() -> None:
    passkeys, device = made(), Authenticator()
    begun = passkeys.begin_registration_sync("u-42", "ann")
    answer = device.create(begun.options)
    passkey = passkeys.finish_registration_sync(begun.id, "u-42", answer)
    refused("challenge", lambda: passkeys.finish_registration_sync(begun.id, "u-42", answer))
    login = passkeys.begin_login_sync()
    shown = device.get(login.options)
    refused("malformed", lambda: passkeys.finish_login_sync(login.id, "{}", passkey))
    refused("challenge", lambda: passkeys.finish_login_sync(login.id, shown, passkey))


def test_at_the_same_moment_too() -> None:
    passkeys, device = made(), Authenticator()
    passkey = registered(passkeys, device)
    login = passkeys.begin_login_sync()
    answer = device.get(login.options)

    async def many() -> list[object]:
        tries = (passkeys.finish_login(login.id, answer, passkey) for _ in range(20))
        return list(await asyncio.gather(*tries, return_exceptions=True))

    assert sum(not isinstance(found, PasskeyError) for found in asyncio.run(many())) == 1


def test_a_challenge_ends() -> None:
    clock = Clock()
    passkeys, device = made(store=MemoryStore(clock=clock), lifetime=60), Authenticator()
    passkey = registered(passkeys, device)
    login = passkeys.begin_login_sync()
    clock.now += 61
    refused("challenge", lambda: passkeys.finish_login_sync(login.id, device.get(login.options), passkey))


def test_answers_to_other_ceremonies() -> None:
    passkeys, device = made(), Authenticator()
    passkey = registered(passkeys, device)
    one, other = passkeys.begin_login_sync(), passkeys.begin_login_sync()
    refused("refused", lambda: passkeys.finish_login_sync(one.id, device.get(other.options), passkey))
    registration = passkeys.begin_registration_sync("u-42", "ann")
    refused("challenge", lambda: passkeys.finish_login_sync(registration.id, device.get(other.options), passkey))
    refused(
        "user",
        lambda: passkeys.finish_registration_sync(
            registration.id, "u-43", Authenticator().create(registration.options)
        ),
    )


WRONG: dict[str, tuple[str, Callable[[Authenticator], object]]] = {
    "another origin": ("refused", lambda d: setattr(d, "origin", "https://shop-example.example")),
    "a subdomain that is not named": ("refused", lambda d: setattr(d, "origin", "https://blog.shop.example")),
    "plain http": ("refused", lambda d: setattr(d, "origin", "http://shop.example")),
    "another domain": ("refused", lambda d: setattr(d, "rp_id", "blog.example")),
    "nobody there": ("refused", lambda d: setattr(d, "flags", VERIFIED)),
    "user not verified": ("refused", lambda d: setattr(d, "flags", PRESENT)),
    "impossible backup flags": ("refused", lambda d: setattr(d, "flags", PRESENT | VERIFIED | BACKED_UP)),
    "another kind": ("refused", lambda d: d.client.update(type="payment.get")),
    "in a frame of another site": ("cross-origin", lambda d: d.client.update(crossOrigin=True)),
    "in a frame, as newer browsers say": ("cross-origin", lambda d: d.client.update(topOrigin="https://evil.example")),
    "no challenge": ("refused", lambda d: d.client.update(challenge="")),
}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_answers_that_are_wrong(name: str) -> None:
    reason, change = WRONG[name]
    passkeys, device = made(), Authenticator()
    fresh = Authenticator()
    passkey = registered(passkeys, device)
    change(device)
    change(fresh)
    login = passkeys.begin_login_sync()
    refused(reason, lambda: passkeys.finish_login_sync(login.id, device.get(login.options), passkey))
    refused(reason, lambda: registered(passkeys, fresh))


def test_a_wrong_signature() -> None:
    passkeys, device = made(), Authenticator()
    passkey = registered(passkeys, device)
    forger = Authenticator(id=device.id, user=device.user, counter=10)
    login = passkeys.begin_login_sync()
    refused("refused", lambda: passkeys.finish_login_sync(login.id, forger.get(login.options), passkey))


def test_passkeys_of_nobody_and_of_others() -> None:
    passkeys, device, other = made(), Authenticator(), Authenticator()
    passkey, foreign = registered(passkeys, device), registered(passkeys, other, "u-43")
    for known in (None, foreign):
        login = passkeys.begin_login_sync()
        answer = device.get(login.options)
        refused("credential", partial(passkeys.finish_login_sync, login.id, answer, known))
    login = passkeys.begin_login_sync([passkey])
    refused("credential", lambda: passkeys.finish_login_sync(login.id, other.get(login.options), foreign))
    device.user = b"u-43"
    login = passkeys.begin_login_sync()
    refused("user", lambda: passkeys.finish_login_sync(login.id, device.get(login.options), passkey))


@pytest.mark.parametrize("back_to", [0, 4, 5])
def test_a_counter_that_went_back_is_a_copy(back_to: int, caplog: pytest.LogCaptureFixture) -> None:
    passkeys, device = made(), Authenticator(counter=4)
    passkey = registered(passkeys, device)
    assert passkey.counter == 5
    device.counter, device.counts = back_to, False
    login = passkeys.begin_login_sync()
    refused("counter", lambda: passkeys.finish_login_sync(login.id, device.get(login.options), passkey))
    assert '"reason": "counter"' in caplog.text


def test_passkeys_that_do_not_count() -> None:
    passkeys = made()
    device = Authenticator(counts=False, flags=PRESENT | VERIFIED | BACKUP_ELIGIBLE | BACKED_UP)
    passkey = registered(passkeys, device)
    assert passkey.synchronised
    login = passkeys.begin_login_sync()
    assert passkeys.finish_login_sync(login.id, device.get(login.options), passkey).passkey.counter == 0


def test_a_second_factor_needs_no_verification() -> None:
    passkeys, device = made(user_verification="discouraged"), Authenticator(flags=PRESENT)
    passkey = registered(passkeys, device)
    login = passkeys.begin_login_sync([passkey])
    assert not passkeys.finish_login_sync(login.id, device.get(login.options), passkey).user_verified


SAMPLE = Authenticator()
PASSKEY = registered(made(), SAMPLE)
JUNK = st.none() | st.booleans() | st.integers() | st.text(max_size=40) | st.binary(max_size=60).map(text_of)
ANYTHING = st.recursive(JUNK, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["id", "rawId", "type", "response"]), ANYTHING)
def test_any_member_is_an_answer_or_our_own_error(name: str, value: Any) -> None:
    judged(lambda answer: answer.update({name: value}))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["clientDataJSON", "authenticatorData", "attestationObject", "signature", "userHandle"]), ANYTHING
)
def test_any_inner_member_too(name: str, value: Any) -> None:
    judged(lambda answer: answer["response"].update({name: value}))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["clientDataJSON", "authenticatorData", "attestationObject", "signature"]),
    st.integers(0, 400),
    st.integers(1, 255),
)
def test_any_octet_changed(name: str, place: int, change: int) -> None:
    def spoil(answer: Answer) -> None:
        if name in answer["response"]:
            octets = bytearray(octets_of(answer["response"][name]))
            octets[place % len(octets)] ^= change
            answer["response"][name] = text_of(bytes(octets))

    judged(spoil)


@given(st.text(max_size=60) | st.binary(max_size=60))
def test_any_text(text: str | bytes) -> None:
    with pytest.raises(PasskeyError):
        made().credential_id(text)
    with pytest.raises(PasskeyError):
        Passkey.load(text if isinstance(text, str) else text.hex())


def judged(change: Callable[[Answer], object]) -> None:
    """Both ceremonies with an answer that was changed: done, or PasskeyError."""
    passkeys = made()
    begun, login = passkeys.begin_registration_sync("u-42", "ann"), passkeys.begin_login_sync()
    created, got = Authenticator().create(begun.options), SAMPLE.get(login.options)
    got = copy.deepcopy(got)
    change(created)
    change(got)
    for run in (
        lambda: passkeys.finish_registration_sync(begun.id, "u-42", created),
        lambda: passkeys.finish_login_sync(login.id, got, PASSKEY),
    ):
        try:
            run()
        except PasskeyError:
            continue


@pytest.mark.parametrize(
    ("options", "field", "fix"),
    [
        ({"rp_id": "https://shop.example/"}, "rp_id", "shop.example"),
        ({"rp_id": "shop.example:443"}, "rp_id", "shop.example"),
        ({"rp_id": "Shop.example"}, "rp_id", "shop.example"),
        ({"rp_id": "192.0.2.1"}, "rp_id", "localhost"),
        ({"rp_id": "example"}, "rp_id", "shop.example"),
        ({"rp_id": "bücher.example"}, "rp_id", "xn--"),
        ({"rp_id": ""}, "rp_id", ""),
        ({"origins": ()}, "origins", "https://shop.example"),
        ({"origins": "https://shop.example"}, "origins", ""),
        ({"origins": ("http://shop.example",)}, "origins", "https://shop.example"),
        ({"origins": ("https://shop.example/",)}, "origins", "https://shop.example"),
        ({"origins": ("https://Shop.example",)}, "origins", "https://shop.example"),
        ({"origins": ("https://shop.example:443",)}, "origins", "https://shop.example"),
        ({"origins": ("https://shop.example:x",)}, "origins", "https://shop.example"),
        ({"origins": ("https://evilshop.example",)}, "origins", "https://shop.example"),
        ({"origins": ("shop.example",)}, "origins", ""),
        ({"rp_name": " "}, "rp_name", "Example Shop"),
        ({"store": "memory://"}, "store", "open_store"),
        ({"user_verification": "needed"}, "user_verification", "required"),
        ({"lifetime": 1}, "lifetime", "300"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], field: str, fix: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        made(**options)
    assert caught.value.field == f"Passkeys.{field}"
    assert fix in caught.value.fix


@pytest.mark.parametrize(
    ("rp_id", "origin"),
    [
        ("localhost", "http://localhost:8000"),
        ("shop.example", "https://login.shop.example:8443"),
        ("xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ],
)
def test_options_that_can(rp_id: str, origin: str) -> None:
    passkeys, device = made(rp_id=rp_id, origins=(origin,)), Authenticator(origin=origin)
    assert registered(passkeys, device).user == "u-42"


@pytest.mark.parametrize("user", ["", "x" * 65])
def test_user_handles_that_cannot_be(user: str) -> None:
    with pytest.raises(ConfigurationError):
        made().begin_registration_sync(user, "ann")


def test_without_webauthn_the_error_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['webauthn'] = None\n"
        "from hauberk.auth.passkeys.passkeys import _webauthn\n"
        "try: _webauthn()\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.startswith("MissingExtraError")
    assert "hauberk[passkeys]" in said
