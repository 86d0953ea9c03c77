"""Any octets are a Cookie field: `python -m fuzz.cookie`."""

from __future__ import annotations

from fuzz.harness import instrumented, main

with instrumented(__name__):
    from hauberk.wire.cookie import (
        CookieError,
        cookie_of,
        cookies_of,
        parse_cookies,
        serialise_cookies,
        without_cookies,
    )

SEEDS = (
    b"sid=abc; theme=dark",
    b"__Host-sid=good; sid=tossed; sid =x",
    b'a="x; sid=evil"; =sid; sid',
    b"\xc2\xa0sid=1;\tsid\t=\t2 ;sid=\x013",
)


def one_input(data: bytes) -> None:
    """One run of the fuzzer."""
    for text in (data.decode("latin-1"), data.decode("utf-8", "replace")):
        pairs = parse_cookies(text)
        if parse_cookies(serialise_cookies(pairs)) != pairs:
            raise AssertionError(f"{text!r} was read as {pairs}")
        for name in ("sid", "__Host-sid", *(name for name, _ in pairs[:8])):
            values = [value for key, value in pairs if key == name]
            if cookies_of(text, name) != values or cookie_of(text, name) != (values[0] if values else None):
                raise AssertionError(f"{name!r} in {text!r} was found to be {cookies_of(text, name)}")
        rest = without_cookies(text, frozenset({"sid"}), {"__Host-sid": "sid"})
        if cookies_of(rest, "sid") != cookies_of(text, "__Host-sid"):
            raise AssertionError(f"{text!r} became {rest!r}")
        name, _, value = text.partition("=")
        try:
            field = serialise_cookies([(name, value)])
        except CookieError:
            continue
        if parse_cookies(field) != [(name, value)]:
            raise AssertionError(f"{name!r} and {value!r} became {field!r}")


if __name__ == "__main__":
    main(one_input, SEEDS)
