"""The two encodings of a token, strictly: base64url without padding (RFC 7515, section 2) and JSON (RFC 8259)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from binascii import a2b_base64
from math import inf
from typing import Any, NoReturn

import msgspec

from hauberk.auth.tokens.errors import TokenError

DEEPEST = 32
"""Levels of arrays and objects: nobody needs more in a token."""


def encode(raw: bytes) -> str:
    """Octets as base64url."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


_ALPHABET = bytes.maketrans(b"-_+/=", b"+/\0\0\0")
"""To the alphabet that the decoder knows; what is of that alphabet alone becomes a character of none."""
_PADDING = (b"", b"", b"==", b"=")
_LAST: tuple[frozenset[int], ...] = (frozenset(), frozenset(), frozenset(b"AQgw"), frozenset(b"AEIMQUYcgkosw048"))
"""By length modulo four: which characters may be the last, so that no bits are left over."""


def decode(text: object) -> bytes:
    """The octets. Raises TokenError for anything but the one text that encodes them: also for what is no text."""
    if not isinstance(text, str):
        raise TokenError("encoding", "is not a text")
    try:
        return decode_octets(text.encode("ascii"))
    except UnicodeEncodeError as error:
        raise TokenError("encoding", "is not base64url") from error


def decode_octets(text: bytes) -> bytes:
    """The same for a text in ASCII."""
    left = len(text) & 3
    if left and text[-1] not in _LAST[left]:
        raise TokenError("encoding", "is not written as base64url is")
    try:
        return a2b_base64(text.translate(_ALPHABET) + _PADDING[left], strict_mode=True)
    except ValueError as error:
        raise TokenError("encoding", "is not base64url") from error


_quick = msgspec.json.Decoder().decode


def parse(raw: bytes) -> dict[str, Any]:
    """A JSON object without names that come twice. Raises TokenError for everything else."""
    if raw.count(b"[") + raw.count(b"{") <= DEEPEST:
        try:
            value = _quick(raw)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return _parse(raw)  # which says why
        # Each member has a quote and then its colon. Where those pairs are as many as the names found, none came twice
        # and there are no objects within; strings that hold such a pair, and what is written with spaces, go on below.
        if (
            type(value) is dict
            and raw.count(b'":') == len(value)
            and b" :" not in raw
            and b"\t:" not in raw
            and b"\n:" not in raw
            and b"\r:" not in raw
        ):
            return value
    return _parse(raw)


def _parse(raw: bytes) -> dict[str, Any]:
    if _depth(raw) > DEEPEST:
        raise TokenError("json", f"is nested more than {DEEPEST} levels deep")
    try:
        text = raw.decode("utf-8")
        value = _strict(text)
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


_strict = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float).decode


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
