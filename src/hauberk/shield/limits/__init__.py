"""How much a request may bring."""

from hauberk.shield.limits.feature import At, Limits

__all__ = ["At", "Limits"]
