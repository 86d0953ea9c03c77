"""Cross-site request forgery: refused by what the browser says of a request, and by tokens where it says nothing."""

from hauberk.shield.csrf.feature import CSRF
from hauberk.shield.exempt import Exempt

__all__ = ["CSRF", "Exempt"]
