"""The two encodings of a token, strictly: base64url without padding (RFC 7515, section 2) and JSON (RFC 8259)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from math import inf
from typing import Any, NoReturn

from hauberk.auth.tokens.errors import TokenError

DEEPEST = 32
"""Levels of arrays and objects: nobody needs more in a token."""


def encode(raw: bytes) -> str:
    """Octets as base64url."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The octets. Raises TokenError for anything but the one text that encodes them."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (Error, ValueError) as error:
        raise TokenError("encoding", "is not base64url") from error
    # The decoder skips what is not in the alphabet, and takes any bits at the end.
    if encode(raw) != text:
        raise TokenError("encoding", "is not written as base64url is")
    return raw


def parse(raw: bytes) -> dict[str, Any]:
    """A JSON object without names that come twice. Raises TokenError for everything else."""
    if _depth(raw) > DEEPEST:
        raise TokenError("json", f"is nested more than {DEEPEST} levels deep")
    try:
        text = raw.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")  # half of a surrogate pair is no character
    except (ValueError, RecursionError) as error:
        raise TokenError("json", "is not JSON in UTF-8") from error
    if not isinstance(value, dict):
        raise TokenError("json", "is not an object")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise TokenError("json", "has a name twice")
    return found


def _float(text: str) -> float:
    value = float(text)
    if abs(value) == inf:
        raise TokenError("json", "holds a number that is too large")
    return value


def _constant(name: str) -> NoReturn:
    raise TokenError("json", f"holds {name}, which JSON does not know")


def _depth(raw: bytes) -> int:
    """An upper bound of the depth, at the cost of two counts where it is small."""
    opened = raw.count(b"[") + raw.count(b"{")
    if opened <= DEEPEST:
        return opened
    deepest = depth = 0
    inside = escaped = False
    for octet in raw:
        if inside:
            if escaped:
                escaped = False
            elif octet == 0x5C:
                escaped = True
            elif octet == 0x22:
                inside = False
        elif octet == 0x22:
            inside = True
        elif octet in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif octet in b"]}":
            depth -= 1
    return deepest
