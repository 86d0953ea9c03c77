"""Refresh tokens: opaque, used once, and worth nothing to who stole one."""

from hauberk.auth.tokens.refresh.family import Family, Pair
from hauberk.auth.tokens.refresh.options import Refreshing
from hauberk.auth.tokens.refresh.refresh import Refreshed, RefreshTokens

__all__ = ["Family", "Pair", "RefreshTokens", "Refreshed", "Refreshing"]
