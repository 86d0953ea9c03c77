"""Codes of an authenticator app: which count, and how often."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import xml.etree.ElementTree as ET
from base64 import b32encode
from collections.abc import Callable
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk import ConfigurationError, Secrets
from hauberk.auth.totp import TOTP, SecretTextError, hotp, match_counter, match_step, read_secret
from hauberk.core.errors import StoreError, UnsealError
from hauberk.stores.memory import MemoryStore
from hauberk.stores.sqlite import SQLiteStore
from tests.auth.throttle.clocks import SECRETS, Clock, Watched

SECRET = b"12345678901234567890"
OTHER = Secrets.of("Jq8Zr2Lw7Vt4Nx1Bc6Hm9Kp3Df5Gs0Ty")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def totp(clock: Clock) -> TOTP:
    return TOTP(issuer="Example Shop", secrets=SECRETS, store=MemoryStore(clock=clock), clock=clock)


def code(clock: Clock, secret: str, steps: int = 0) -> str:
    return hotp(read_secret(secret), int(clock.now // 30) + steps)


def test_enrol_and_verify(totp: TOTP, clock: Clock) -> None:
    new = totp.enrol("42", "ann@shop.example")
    assert totp.verify_sync("42", new.stored, code(clock, new.secret))
    assert len(read_secret(new.secret)) == 20
    assert new.secret not in repr(new)
    assert new.secret not in new.stored


@pytest.mark.parametrize(("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_the_window(totp: TOTP, clock: Clock, steps: int, right: bool) -> None:
    new = totp.enrol("42", "ann")
    assert totp.verify_sync("42", new.stored, code(clock, new.secret, steps)) is right


def test_a_code_serves_once(totp: TOTP, clock: Clock) -> None:
    new = totp.enrol("42", "ann")
    now, before, after = (code(clock, new.secret, steps) for steps in (0, -1, 1))
    assert totp.verify_sync("42", new.stored, now)
    assert not totp.verify_sync("42", new.stored, now)
    assert not totp.verify_sync("42", new.stored, before), "older than one that was used"
    assert totp.verify_sync("42", new.stored, after)
    clock.now += 30
    assert not totp.verify_sync("42", new.stored, after)
    assert not totp.verify_sync("42", new.stored, now)
    clock.now += 30
    assert totp.verify_sync("42", new.stored, code(clock, new.secret))


def test_at_the_same_moment_too(clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> None:
    store = SQLiteStore(str(tmp_path_factory.mktemp("totp") / "x.db"))
    totp = TOTP(issuer="Shop", secrets=SECRETS, store=store, clock=clock)
    new = totp.enrol("42", "ann")

    async def many() -> list[bool]:
        typed = code(clock, new.secret)
        return list(await asyncio.gather(*(totp.verify("42", new.stored, typed) for _ in range(20))))

    assert asyncio.run(many()).count(True) == 1
    asyncio.run(store.close())


def test_users_do_not_use_up_each_others_codes(totp: TOTP, clock: Clock) -> None:
    text = b32encode(SECRET).decode()
    ann, bob = totp.take_over("ann", text), totp.take_over("bob", text)
    assert totp.verify_sync("ann", ann, code(clock, text))
    assert totp.verify_sync("bob", bob, code(clock, text))


@pytest.mark.parametrize(
    "change", [lambda s: s[:-8], lambda s: "B" + s[1:], lambda s: "é", lambda s: "", lambda s: "%"]
)
def test_a_stored_secret_that_was_changed(totp: TOTP, change: Callable[[str], str]) -> None:
    new = totp.enrol("42", "ann")
    with pytest.raises(UnsealError):
        totp.verify_sync("42", change(new.stored), "000000")


def test_a_stored_secret_of_another_user_or_under_another_key(totp: TOTP, clock: Clock) -> None:
    new = totp.enrol("42", "ann")
    with pytest.raises(UnsealError):
        totp.verify_sync("43", new.stored, code(clock, new.secret))
    other = TOTP(issuer="Shop", secrets=OTHER, store=MemoryStore())
    with pytest.raises(UnsealError):
        other.verify_sync("42", new.stored, code(clock, new.secret))


def test_secrets_are_changed_without_the_users(totp: TOTP, clock: Clock) -> None:
    new = totp.enrol("42", "ann")
    roots = ("Jq8Zr2Lw7Vt4Nx1Bc6Hm9Kp3Df5Gs0Ty", "throttle-tests-0123456789abcdefghijklmnopqrstuvwxyz")
    both = TOTP(issuer="Shop", secrets=Secrets.of(roots), store=MemoryStore(), clock=clock)
    assert both.needs_reseal(new.stored)
    again = both.reseal("42", new.stored)
    assert not both.needs_reseal(again)
    only = TOTP(issuer="Shop", secrets=OTHER, store=MemoryStore(), clock=clock)
    assert only.verify_sync("42", again, code(clock, new.secret))


def test_without_the_store_nobody_passes(clock: Clock) -> None:
    store = Watched()
    totp = TOTP(issuer="Shop", secrets=SECRETS, store=store, clock=clock)
    new = totp.enrol("42", "ann")
    store.away = True
    with pytest.raises(StoreError):
        totp.verify_sync("42", new.stored, code(clock, new.secret, 0))


def test_what_apps_read(totp: TOTP) -> None:
    new = totp.enrol("42", "ann & bob@shop.example?x=1#y")
    parts = urlsplit(new.uri)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == "/Example Shop:ann & bob@shop.example?x=1#y"
    said = {name: value for name, (value,) in parse_qs(parts.query).items()}
    assert said == {
        "secret": new.secret, "issuer": "Example Shop", "algorithm": "SHA1", "digits": "6", "period": "30",
    }  # fmt: skip
    assert "+" not in new.uri, "some apps show it as it is"


def test_the_image_is_that_of_the_uri_and_nothing_else(totp: TOTP) -> None:
    import segno

    new = totp.enrol("42", "ann")
    image = new.svg()
    root = ET.fromstring(image)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not {"script", "style", "a", "image", "foreignObject"} & {el.tag.rpartition("}")[2] for el in root.iter()}
    assert "style=" not in image
    assert "http" not in image.replace("http://www.w3.org/2000/svg", "")
    assert new.secret not in image
    line = next(el for el in root.iter() if el.attrib.get("class") == "qrline")
    assert line.attrib["d"] in segno.make(new.uri, error="m", micro=False).svg_inline(scale=4)


def test_without_segno_the_error_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['segno'] = None\n"
        "from hauberk.auth.totp.image import svg_of\n"
        "try: svg_of('x')\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.startswith("MissingExtraError")
    assert "hauberk[totp]" in said


@given(st.binary(min_size=10, max_size=64), st.integers(0, 2**40), st.sampled_from(["SHA1", "SHA256", "SHA512"]))
def test_a_code_matches_its_own_counter(secret: bytes, counter: int, algorithm: str) -> None:
    assert algorithm in {"SHA1", "SHA256", "SHA512"}
    made = hotp(secret, counter, digits=8)
    assert match_counter(secret, made, counter, digits=8) == counter
    found = match_counter(secret, made, max(0, counter - 3), look_ahead=3, digits=8)
    assert found is not None
    assert match_step(secret, made, counter * 30 + 29, digits=8, window=0) == counter
    assert match_step(secret, made, counter * 30, digits=8, window=0, last_used_step=counter) is None


@given(st.text(max_size=80))
def test_any_text_is_a_secret_or_our_own_error(text: str) -> None:
    try:
        secret = read_secret(text)
    except SecretTextError:
        return
    assert len(secret) >= 10


@given(st.binary(min_size=10, max_size=80))
def test_secrets_are_read_as_they_are_written(secret: bytes) -> None:
    text = b32encode(secret).decode()
    assert read_secret(text) == read_secret(text.lower().rstrip("=")) == read_secret("-".join(text)) == secret


@given(st.text(max_size=12))
def test_any_text_is_a_code_or_not(text: str) -> None:
    found = match_step(SECRET, text, 59, window=2)
    assert found is None or hotp(SECRET, found) == text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("issuer", ""), ("issuer", "a:b"), ("secrets", "x"), ("store", None), ("digits", 5), ("digits", 9),
        ("period", 0), ("algorithm", "MD5"), ("window", -1), ("window", 11),
    ],
)  # fmt: skip
def test_options_that_cannot_be(name: str, value: object) -> None:
    with pytest.raises(ConfigurationError) as caught:
        TOTP(**{"issuer": "Shop", "secrets": SECRETS, "store": MemoryStore(), name: value})  # type: ignore[arg-type]
    assert caught.value.field == f"TOTP.{name}"
