"""Recovery codes: a way in for whoever has lost his second factor."""

from hauberk.auth.recovery.recovery import NewCodes, RecoveryCodes, Used

__all__ = ["NewCodes", "RecoveryCodes", "Used"]
