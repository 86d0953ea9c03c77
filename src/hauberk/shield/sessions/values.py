"""What may stand in a session, and how it is written: msgpack, with the types that it lacks marked as what they are.

Never pickle: whoever could write to the store would run code in every process that reads it (CWE-502).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from hauberk.core.errors import HauberkError

UNCHANGING = frozenset((str, bytes, int, float, bool, type(None), datetime, date, time, timedelta, Decimal, UUID))
"""Types whose values cannot be changed in place."""
LARGEST, SMALLEST = (1 << 64) - 1, -(1 << 63)
DEEPEST = 64
HALF = "holds half of a surrogate pair, which is no character (RFC 3629, section 3)"

_READ: dict[int, Callable[[bytes], Any]] = {
    1: lambda raw: tuple(decode(raw)),
    2: lambda raw: set(decode(raw)),
    3: lambda raw: frozenset(decode(raw)),
    4: lambda raw: datetime.fromisoformat(raw.decode()),
    5: lambda raw: date.fromisoformat(raw.decode()),
    6: lambda raw: time.fromisoformat(raw.decode()),
    7: lambda raw: timedelta(*decode(raw)),
    8: lambda raw: Decimal(raw.decode()),
    9: lambda raw: UUID(bytes=raw),
    10: lambda raw: int(raw.decode(), 16),
    11: lambda raw: {key: value for key, value in decode(raw)},  # noqa: C416 - pairs may be lists
    12: lambda raw: _markup()(raw.decode()),
}


class SessionValueError(HauberkError, TypeError):
    """A value cannot be kept in a session. `key` names where it was to stand; the value is not shown."""

    def __init__(self, key: str, problem: str) -> None:
        self.key, self.problem = key, problem
        super().__init__(f"session[{key!r}]: {problem}")


def encode(value: Any, key: str = "") -> bytes:
    """A value as octets; the same value gives the same octets. Raises SessionValueError for what cannot come back."""
    kind = type(value)
    try:
        if kind in _AS_THEY_ARE or (kind is int and SMALLEST <= value <= LARGEST):
            return _ENCODE(value)
        return _ENCODE(_marked(value, key, 0))
    except UnicodeEncodeError:
        raise SessionValueError(key, f"is or holds a text that {HALF}") from None


def check_key(key: str) -> None:
    """Refuse a key that some store cannot keep. Only what is not printable has to be asked for."""
    if "\0" in key:
        raise SessionValueError(key, "the key holds NUL, which PostgreSQL keeps in no text")
    if any("\ud800" <= letter <= "\udfff" for letter in key):
        raise SessionValueError(key, f"the key {HALF}")


def _markup() -> Callable[[str], Any]:
    """Markup that templates do not escape, as Flask's `flash` is given; only who has its library has such values."""
    from markupsafe import Markup

    return Markup


def _read(code: int, data: memoryview) -> Any:
    if code not in _READ:
        raise msgspec.DecodeError(f"unknown type {code}")
    return _READ[code](bytes(data))


_AS_THEY_ARE = frozenset((str, bytes, float, bool, type(None)))
_ENCODE = msgspec.msgpack.Encoder().encode
decode: Callable[[bytes], Any] = msgspec.msgpack.Decoder(ext_hook=_read).decode
"""The value again, of the same type. Raises msgspec.DecodeError for octets that are none."""


def _marked(value: Any, key: str, depth: int) -> Any:
    if depth > DEEPEST:
        raise SessionValueError(key, f"is nested more than {DEEPEST} levels deep, or holds itself")
    kind: Any = type(value)
    if kind in {str, bytes, float, bool} or value is None:
        return value
    if kind is int:
        return value if SMALLEST <= value <= LARGEST else _ext(10, format(value, "x").encode())
    if kind is list:
        return [_marked(item, key, depth + 1) for item in value]
    if kind is dict:
        if all(type(name) is str for name in value):
            return {name: _marked(item, key, depth + 1) for name, item in value.items()}
        return _ext(11, encode([[name, item] for name, item in value.items()], key))
    if kind in {tuple, set, frozenset}:
        items = list(value) if kind is tuple else sorted(value, key=repr)
        return _ext({tuple: 1, set: 2, frozenset: 3}[kind], msgspec.msgpack.encode(_marked(items, key, depth + 1)))
    return _scalar(value, kind, key)


def _scalar(value: Any, kind: type, key: str) -> Any:
    if kind is datetime:
        return _ext(4, value.isoformat().encode())
    if kind is date:
        return _ext(5, value.isoformat().encode())
    if kind is time:
        return _ext(6, value.isoformat().encode())
    if kind is timedelta:
        return _ext(7, msgspec.msgpack.encode([value.days, value.seconds, value.microseconds]))
    if kind is Decimal:
        return _ext(8, str(value).encode())
    if kind is UUID:
        return _ext(9, value.bytes)
    if (kind.__module__, kind.__name__) == ("markupsafe", "Markup"):
        return _ext(12, str.__str__(value).encode())
    raise SessionValueError(key, f"is a {kind.__name__}, which cannot be kept; keep its parts or its id")


def _ext(code: int, data: bytes) -> msgspec.msgpack.Ext:
    return msgspec.msgpack.Ext(code, data)
