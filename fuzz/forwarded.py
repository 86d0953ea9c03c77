"""Any bytes are a chain of proxies, or our own error: `python -m fuzz.forwarded [libFuzzer options]`.

What a proxy appends is read whatever a client wrote before it, and no client outside of the networks is believed.
"""

from __future__ import annotations

import logging
import sys

import atheris

with atheris.instrument_imports():
    from hauberk.shield.https import HTTPS
    from hauberk.wire.forwarded import Forwarded, ForwardedError, address_of, elements_from_right
    from tests.shield.request import Request, ask

APPENDED = "for=203.0.113.9;proto=https"
FAMILIES = {"forwarded": APPENDED, "x-forwarded-for": "203.0.113.9"}
GATES = {
    "forwarded": HTTPS(redirect=False, proxies=("10.0.0.0/8",), proxy_headers="forwarded"),
    "x-forwarded-for": HTTPS(redirect=False, proxies=("10.0.0.0/8",)),
}


def one_input(data: bytes) -> None:
    """One run of the fuzzer."""
    text = data.decode("latin-1")
    address_of(text)
    for element in elements_from_right(text):
        try:
            parsed = Forwarded.parse(element)
        except ForwardedError:
            continue
        if Forwarded.parse(str(parsed)) != parsed:
            raise AssertionError(f"{element!r} was read as {parsed} and written as {parsed!s}")
    for name, gate in GATES.items():
        _chain(gate, name, text)


def _chain(gate: HTTPS, name: str, text: str) -> None:
    stranger = Request(scheme="http", client="192.0.2.7", headers=((name, text),))
    ask(gate, stranger)
    if (stranger.scheme, stranger.client) != ("http", "192.0.2.7"):
        raise AssertionError(f"{name}: {text!r} of a stranger was believed")
    proxied = Request(scheme="http", client="10.0.0.1", headers=((name, f"{text}, {FAMILIES[name]}"),))
    ask(gate, proxied)
    if proxied.client != "203.0.113.9":
        raise AssertionError(f"{name}: {text!r} hid what the proxy said: {proxied.client}")


def main() -> None:
    """Run until something is found, or for as long as the options say."""
    logging.disable(logging.CRITICAL)  # a line for each refusal is all that would be seen
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
