"""Any octets are an Accept field, or our own error: `python -m fuzz.accept`."""

from __future__ import annotations

from fuzz.harness import instrumented, main

with instrumented(__name__):
    from hauberk.wire.accept import Accept, AcceptError

SEEDS = (
    b"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
    b'text/plain;format="flo\\"wed";q=0.7, text/*;level=1',
    b"*/*;q=1.000, , a/b;q=0",
)


def one_input(data: bytes) -> None:
    """One run of the fuzzer."""
    text = data.decode("latin-1")
    try:
        accept = Accept.parse(text)
    except AcceptError:
        return
    if Accept.parse(str(accept)) != accept:
        raise AssertionError(f"{text!r} was read as {accept}")
    for media_type in ("text/html", "text/plain;format=flowed", text):
        if not 0 <= accept.quality(media_type) <= 1_000:
            raise AssertionError(f"{media_type!r} in {text!r}")
    if accept.best(("text/html", "application/json")) not in {None, "text/html", "application/json"}:
        raise AssertionError(text)


if __name__ == "__main__":
    main(one_input, SEEDS)
