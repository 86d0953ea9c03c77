"""A session as a cookie's value: sealed, so that the browser cannot read it, or signed, so that scripts can.

Signed: base64url of a JSON object `{"session": {...}, "hauberk": {...}}`, a dot, base64url of an HMAC-SHA256 over it.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from math import isfinite
from typing import Any, Protocol

import msgspec

from hauberk.core.errors import UnsealError
from hauberk.crypto.sealing import Sealer
from hauberk.crypto.signing import Signer
from hauberk.shield.sessions.packing import _TEXT, pack, unpack
from hauberk.shield.sessions.session import VALUE, Fields
from hauberk.shield.sessions.values import DEEPEST, LARGEST, SMALLEST, SessionValueError, decode, encode

_UNPACKED = msgspec.msgpack.Decoder(dict[str, bytes]).decode
_PACKED = msgspec.msgpack.Encoder().encode
_SIGNATURE = 43
"""Letters of 32 octets in base64url without padding."""
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


class Form(Protocol):
    """How a session's fields stand in a cookie of one name."""

    def write(self, fields: Fields, room: int) -> str:
        """The cookie's value; it may be longer than `room` where nothing shorter can be made."""

    def read(self, text: str) -> tuple[dict[str, bytes], bool]:
        """The fields, and whether they are to be written again as the first key did not make them.

        Raises UnsealError or ValueError for what no key of ours has made.
        """


class Sealed:
    """AES-256-GCM: neither to be read nor to be changed."""

    __slots__ = ("_open", "_seal")

    def __init__(self, keys: tuple[bytes, ...], name: str) -> None:
        seals = Sealer(keys).within(b"session " + name.encode("ascii"))
        self._open, self._seal = seals.open, seals.seal

    def write(self, fields: Fields, room: int) -> str:
        """See `Form.write`."""
        sealed = self._seal(_PACKED(fields))
        text = _TEXT(sealed)[1:-1].decode("ascii")
        return text if len(text) <= room else pack(sealed, room)

    def read(self, text: str) -> tuple[dict[str, bytes], bool]:
        """See `Form.read`."""
        plain, outdated = self._open(unpack(text))
        return _UNPACKED(plain), outdated


class Signed:
    """HMAC-SHA256: everybody who has it can read it, nobody can change it. Its values are what JSON has."""

    __slots__ = ("_context", "_signer")

    def __init__(self, keys: tuple[bytes, ...], name: str) -> None:
        # Keys of its own: none is used both to seal and to sign.
        self._signer = Signer(tuple(hmac.digest(key, b"hauberk/1/readable session", "sha256") for key in keys))
        self._context = b"readable session " + name.encode("ascii")

    def write(self, fields: Fields, room: int) -> str:
        """See `Form.write`. Raises SessionValueError for a value that JSON has not."""
        values, ours = {}, {}
        for name, raw in fields.items():
            if name.startswith(VALUE):
                key = name[len(VALUE) :]
                values[key] = _plain(decode(raw), key, 0)
            else:
                ours[name] = _letters(raw)
        payload = _letters(msgspec.json.encode({"session": values, "hauberk": ours}))
        return f"{payload}.{_letters(self._signer.sign(payload.encode(), self._context))}"

    def read(self, text: str) -> tuple[dict[str, bytes], bool]:
        """See `Form.read`."""
        payload, _, given = text.rpartition(".")
        if len(given) != _SIGNATURE or not (_LETTERS.issuperset(given) and _LETTERS.issuperset(payload)):
            raise UnsealError
        signed, signature = payload.encode("ascii"), _octets(given)
        # Before anything is made of what stands in it.
        if not self._signer.verify(signed, self._context, signature) or _letters(signature) != given:
            raise UnsealError
        found = msgspec.json.decode(_octets(payload), type=dict[str, dict[str, Any]])
        fields = {VALUE + key: encode(value, key) for key, value in found["session"].items()}
        fields |= {name: _octets(raw) for name, raw in found["hauberk"].items()}
        return fields, self._signer.signed_with_old_key(signed, self._context, signature)


def _plain(value: Any, key: str, depth: int) -> Any:
    """The same value. Raises SessionValueError where it would come back as another one."""
    kind = type(value)
    if kind in {str, bool, type(None)}:
        return value
    if (kind is int and SMALLEST <= value <= LARGEST) or (kind is float and isfinite(value)):
        return value
    if depth < DEEPEST and kind is list:
        return [_plain(item, key, depth + 1) for item in value]
    if depth < DEEPEST and kind is dict and all(type(name) is str for name in value):
        return {name: _plain(item, key, depth + 1) for name, item in value.items()}
    raise SessionValueError(key, f"is or holds a {kind.__name__}, which JSON has not: scripts are to read this cookie")


def _letters(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def _octets(letters: str) -> bytes:
    try:
        return urlsafe_b64decode(letters + "=" * (-len(letters) % 4))
    except Error as error:
        raise UnsealError from error
