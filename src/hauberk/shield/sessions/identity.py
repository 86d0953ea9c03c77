"""Session ids: what the cookie holds, and what is known of it elsewhere."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from os import urandom

TEXT = 43
"""256 random bits in base64url without padding (ASVS 5.0.0, 7.2.3 asks for 128)."""


def new_token() -> str:
    """What a cookie holds: nobody can guess it, and nobody but the browser keeps it."""
    return urlsafe_b64encode(urandom(32)).rstrip(b"=").decode("ascii")


def is_token(text: str) -> bool:
    """Whether a text has the form of one; anything else never reaches a store."""
    return len(text) == TEXT and text.isascii() and text.replace("-", "").replace("_", "").isalnum()


def handle(token: str) -> str:
    """The name by which a session is known in the store, in lists and in logs: whoever reads it cannot become it."""
    return sha256(b"hauberk session " + token.encode("ascii")).hexdigest()


def binding(token: str) -> bytes:
    """What other features bind to this session, such as CSRF tokens."""
    return sha256(b"hauberk binding " + token.encode("ascii")).digest()


def record_of(token: str) -> str:
    """The store's key of the session that a cookie names: `record(handle(token))`."""
    return "session:" + sha256(b"hauberk session " + token.encode("ascii")).hexdigest()


def record(handle: str) -> str:
    """The store's key of a session."""
    return "session:" + handle


def user_index(user: str) -> str:
    """The store's name for all sessions of a user; it does not tell who that is."""
    return "sessions-of:" + sha256(user.encode("utf-8", "surrogatepass")).hexdigest()
