"""Keys of somebody else's issuer, fetched and kept."""

from hauberk.auth.jwks.client import JWKS
from hauberk.auth.jwks.trusted import Issuer

__all__ = ["JWKS", "Issuer"]
