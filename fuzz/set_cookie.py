"""Any octets are a Set-Cookie field, and hardening never makes a worse one of it: `python -m fuzz.set_cookie`."""

from __future__ import annotations

from fuzz.harness import instrumented, main

with instrumented(__name__):
    from hauberk.shield.cookies import Cookies
    from hauberk.wire.cookie import CookieError
    from hauberk.wire.cookie_build import build_cookie
    from hauberk.wire.cookie_date import LATEST, cookie_date, parse_cookie_date
    from hauberk.wire.cookie_jar import CookieJar
    from hauberk.wire.cookie_storage import CONTROL, Dropped, Place, received
    from hauberk.wire.cookie_weaknesses import weaknesses
    from hauberk.wire.set_cookie import SetCookie

SEEDS = (
    b"sid=v; Path=/; Domain=app.example; Max-Age=60; Expires=Sun, 06 Nov 1994 08:49:37 GMT; Secure",
    b"__Host-sid=v; Secure; Path=/; HttpOnly; SameSite=None; Partitioned",
    b"frame=v; samesite=lax; domain=.example",
    b"=a=b; ;=;c",
    b"Sun, 06-Nov-94 08:49:37 GMT",
)
HOME = Place.of("https://app.example/shop/cart")
NOW = 1_800_000_000
COOKIES = Cookies(host_prefix=frozenset({"sid"}), partitioned=frozenset({"frame"}))


def one_input(data: bytes) -> None:
    """One run of the fuzzer."""
    line = data.decode("latin-1")
    cookie = SetCookie.parse(line)
    if SetCookie.parse(str(cookie)) != cookie:
        raise AssertionError(f"{line!r} was read as {cookie}")
    _dates(line)
    _built(line)
    kept = received(line, HOME, now=NOW)
    weaknesses(line, HOME, now=NOW)
    jar = CookieJar()
    jar.keep(line, HOME, now=NOW)
    jar.field(HOME, now=NOW)
    hardened = COOKIES.harden(line, secure=True)
    if COOKIES.harden(hardened, secure=True) != hardened or set(hardened) & set("\r\n\0"):
        raise AssertionError(f"{line!r} was hardened to {hardened!r}")
    after = received(hardened, HOME, now=NOW)
    if isinstance(kept, Dropped):
        return
    if isinstance(after, Dropped) or not after.secure:
        raise AssertionError(f"{line!r} was kept, and {hardened!r} is not: {after}")
    if not CONTROL.search(line) and after.value != kept.value:
        raise AssertionError(f"{line!r} was hardened to {hardened!r}")


def _dates(text: str) -> None:
    seconds = parse_cookie_date(text)
    if seconds is not None and 0 <= seconds <= LATEST and parse_cookie_date(cookie_date(seconds)) != seconds:
        raise AssertionError(f"{text!r} was read as {seconds}")


def _built(text: str) -> None:
    name, _, rest = text.partition("=")
    value, _, path = rest.partition(";")
    try:
        cookie = build_cookie(name, value, path=path or None, domain=path or None)
    except CookieError as error:
        if len(value) > 20 and value not in name + path and value in str(error):
            raise AssertionError("an error shows the value") from error
        return
    if SetCookie.parse(str(cookie)) != cookie:
        raise AssertionError(f"{cookie} was built of {text!r}")


if __name__ == "__main__":
    main(one_input, SEEDS)
