"""Access tokens in the field Authorization: taken out, verified, and answered for as RFC 6750 says."""

from hauberk.shield.bearer.feature import Bearer, Presented, Proves, Verifies
from hauberk.shield.bearer.replies import insufficient, unauthenticated

__all__ = ["Bearer", "Presented", "Proves", "Verifies", "insufficient", "unauthenticated"]
