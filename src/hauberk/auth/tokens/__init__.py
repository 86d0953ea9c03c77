"""Signed tokens (JWT): verified strictly, with keys that are bound to their algorithms."""

from hauberk.auth.tokens.errors import TokenError
from hauberk.auth.tokens.keyring import KeyRing
from hauberk.auth.tokens.refresh import Family, Pair, Refreshing, RefreshTokens
from hauberk.auth.tokens.tokens import Claims, Tokens

__all__ = ["Claims", "Family", "KeyRing", "Pair", "RefreshTokens", "Refreshing", "TokenError", "Tokens"]
