"""Tokens that prove a request was made by a page of ours: bound to a session by HMAC, masked anew for each response.

The HMAC binds a token to its session, so that one of another session is worth nothing (OWASP CSRF Prevention Cheat
Sheet, "Signed double-submit cookie"). The mask makes two pages of one session carry different texts, so that their
compressed lengths tell nothing of it (BREACH, CVE-2013-3587).
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Sequence
from os import urandom

OCTETS = 32
TEXT = 86
"""How long a token's text is: a pad and the masked HMAC, 64 octets, in base64url without padding."""
ANYWHERE = b""
"""The action of a token that is good for every form of its session."""


def action(method: str, path: str) -> bytes:
    """What a token of one form is bound to: the query is no part of it."""
    return f"{method.upper()} {path.partition('?')[0]}".encode("utf-8", "surrogatepass")


def mint(key: bytes, binding: bytes, act: bytes) -> bytes:
    """The HMAC-SHA256 of a session's binding and of an action, each with its length: neither runs into the other."""
    framed = len(binding).to_bytes(4, "big") + binding + len(act).to_bytes(4, "big") + act
    return hmac.digest(key, framed, "sha256")


def mask(token: bytes) -> str:
    """A fresh text for a token."""
    pad = urandom(OCTETS)
    return urlsafe_b64encode(pad + _xor(pad, token)).rstrip(b"=").decode("ascii")


def unmask(text: str) -> bytes | None:
    """The token in a text, or None if it is none of ours; never raises, whatever it is given."""
    if len(text) != TEXT or not text.isascii():
        return None
    try:
        raw = urlsafe_b64decode(text + "==")
    except (Error, ValueError):
        return None
    # Octets outside the alphabet are skipped by the decoder, and bits at the end may be anything: one text, one token.
    if len(raw) != 2 * OCTETS or urlsafe_b64encode(raw).rstrip(b"=").decode("ascii") != text:
        return None
    return _xor(raw[:OCTETS], raw[OCTETS:])


def fits(text: str, keys: Sequence[bytes], binding: bytes, acts: Sequence[bytes]) -> bool:
    """Whether a text is a token of this session for one of these actions, under any of the keys; in constant time."""
    token = unmask(text)
    if token is None:
        return False
    good = False
    for key in keys:
        for act in acts:
            good |= hmac.compare_digest(token, mint(key, binding, act))
    return good


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(OCTETS, "big")
