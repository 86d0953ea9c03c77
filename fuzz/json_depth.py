"""The depth of JSON is that of the value that a parser makes of it: `python -m fuzz.json_depth`."""

from __future__ import annotations

import json
from typing import Any

from fuzz.harness import instrumented, main

with instrumented(__name__):
    from hauberk.wire.json_depth import JSONScanner

SEEDS = (
    b'{"a": [1, {"b": "[[\\"", "c": "\\\\"}], "d": []}',
    b'\xef\xbb\xbf[[[["\\u005b"]]]]',
    '["\u2222\u5b22", [[1]]]'.encode("utf-16"),
    '[{"a": []}]'.encode("utf-32-be"),
    b"]]]][[[[",
)


def one_input(data: bytes) -> None:
    """One run of the fuzzer: the first octet says in how large parts the rest comes."""
    size, data = (data[0] % 16 + 1 if data else 1), data[1:]
    whole, cut = JSONScanner(), JSONScanner()
    whole.feed(data)
    for at in range(0, len(data), size):
        cut.feed(data[at : at + size])
    if (whole.depth, whole.tokens) != (cut.depth, cut.tokens):
        raise AssertionError(f"{data!r} in parts of {size} has another depth than in one")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return
    # Two names that are the same are one in the value: what the first held is not there any more.
    twice = whole.depth > _depth(value) and data.count(b'"') > 3
    if len(data) > 3 and whole.depth != _depth(value) and not twice:
        raise AssertionError(f"{data!r} has the depth {_depth(value)}, not {whole.depth}")


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


if __name__ == "__main__":
    main(one_input, SEEDS)
