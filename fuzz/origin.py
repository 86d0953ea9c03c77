"""Any bytes are an origin in its one spelling, or our own error: `python -m fuzz.origin [libFuzzer options]`.

What is allowed by a pattern is what the pattern's plain definition covers, and explaining it says the same.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports():
    from hauberk.shield.cors import CORS
    from hauberk.shield.cors.asked import MAX_LENGTH, asked_names
    from hauberk.shield.cors.pattern import Pattern, proposal, shown
    from hauberk.wire.origin import Origin, OriginError

TEXTS = ("https://app.example", "https://*.app.example", "https://*.app.example:8443", "http://localhost:*")
PATTERNS = tuple(map(Pattern.parse, TEXTS))
ALLOWING = CORS(origins=TEXTS, headers=("*",), methods=("*",), credentials=True)


def one_input(data: bytes) -> None:
    """One run of the fuzzer."""
    text = data.decode("latin-1")
    try:
        origin = Origin.parse(text)
    except OriginError:
        origin = None
    if origin is not None and str(origin) != text:
        raise AssertionError(f"{text!r} was read as {origin}")
    covered = origin is not None and any(pattern.covers(origin) for pattern in PATTERNS)
    if ALLOWING.allows(text) is not covered or ALLOWING.explain(text).allowed is not covered:
        raise AssertionError(f"{text!r} is covered: {covered}")
    names = asked_names(text)
    if names is not None and (len(text) > MAX_LENGTH or not ", ".join(names).isprintable()):
        raise AssertionError(f"{text!r} was read as {names}")
    _pattern(text)


def _pattern(text: str) -> None:
    """Patterns are written by users, and refused with a proposal that is a pattern itself."""
    try:
        pattern = Pattern.parse(text)
    except OriginError:
        proposal(text)
        shown(text)
        return
    if str(pattern) != text:
        raise AssertionError(f"{text!r} was read as the pattern {pattern}")


def main() -> None:
    """Run until something is found, or for as long as the options say."""
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
