"""Any bytes are a host in one spelling, or our own error: `python -m fuzz.authority [libFuzzer options]`.

What is read is written in one way and read back the same; an allow-list lets in what it names, and Location fields hold
nothing that ends a line.
"""

from __future__ import annotations

import logging
import sys

import atheris

with atheris.instrument_imports():
    from hauberk.shield.hosts import Hosts
    from hauberk.shield.https import HTTPS
    from hauberk.shield.paths import Paths
    from hauberk.wire.authority import Authority, AuthorityError
    from tests.shield.request import Request, ask, location

HOSTS = Hosts(allow=("app.example", "*.app.example"), loopback=False)
REDIRECT = HTTPS(insecure_redirect_any_host=True, redirect_loopback=True)
SLASHES = Paths(duplicate_slashes="redirect", encoding="any")


def one_input(data: bytes) -> None:
    """One run of the fuzzer."""
    text = data.decode("latin-1")
    try:
        authority = Authority.parse(text)
    except AuthorityError:
        authority = None
    if authority is not None and Authority.parse(str(authority)) != authority:
        raise AssertionError(f"{text!r} was read as {authority}")
    named = authority is not None and (authority.host == "app.example" or authority.host.endswith(".app.example"))
    if HOSTS.allows(text) is not named:
        raise AssertionError(f"{text!r} is named: {named}")
    _locations(text)


def _locations(text: str) -> None:
    for host, target in ((text, "/"), ("app.example", "/" + text), ("app.example", "//" + text)):
        request = Request(target, scheme="http", headers=(("host", host),))
        for feature in (REDIRECT, SLASHES):
            to = location(ask(feature, request))
            if to is None:
                continue
            if not to.isascii() or not to.isprintable() or " " in to:
                raise AssertionError(f"{host!r} {target!r} lead to {to!r}")
            if to.startswith(("//", "/\\")) or (to[:1] != "/" and not to.startswith("https://")):
                raise AssertionError(f"{host!r} {target!r} lead elsewhere: {to!r}")


def main() -> None:
    """Run until something is found, or for as long as the options say."""
    logging.disable(logging.CRITICAL)  # a line for each refusal is all that would be seen
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
