"""Any octets are a path that means one thing, or it is refused: `python -m fuzz.paths [libFuzzer options]`.

What passes has no dot segment for anybody who decodes it again, folds it or takes backslashes for slashes.
"""

from __future__ import annotations

import sys
from unicodedata import normalize
from urllib.parse import unquote_to_bytes

import atheris

with atheris.instrument_imports():
    from hauberk.shield.paths import Paths

LENIENT = Paths(encoded_slash="allow", backslash="allow", duplicate_slashes="allow", encoding="any")
DEFAULT = Paths()


def one_input(data: bytes) -> None:
    """One run of the fuzzer."""
    path = b"/" + data
    if LENIENT.problem(path) and not DEFAULT.problem(path):
        raise AssertionError(f"{path!r} is fine by default and not where more is allowed")
    if not LENIENT.problem(path):
        octets = path
        for _ in range(4):
            _no_dots(octets, path)
            octets = unquote_to_bytes(octets)
    if not DEFAULT.problem(path):
        text = unquote_to_bytes(path).decode("utf-8")
        _no_dots(normalize("NFKC", text).encode(), path)
        if any(char < " " or char == "\x7f" for char in text):
            raise AssertionError(f"{path!r} holds control characters")


def _no_dots(octets: bytes, path: bytes) -> None:
    if {b".", b".."} & set(octets.replace(b"\\", b"/").split(b"/")):
        raise AssertionError(f"{path!r} is read as {octets!r}")


def main() -> None:
    """Run until something is found, or for as long as the options say."""
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
