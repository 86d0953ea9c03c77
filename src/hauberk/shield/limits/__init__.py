"""How much a request may bring."""

from hauberk.shield.limits.feature import At, Limits
from hauberk.shield.limits.rate import Rate

__all__ = ["At", "Limits", "Rate"]
