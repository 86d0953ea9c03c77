"""Codes from an authenticator app, as a second factor."""

from hauberk.auth.totp.codes import Algorithm, SecretTextError, hotp, match_counter, match_step, read_secret
from hauberk.auth.totp.totp import TOTP, Enrolment

__all__ = [
    "TOTP",
    "Algorithm",
    "Enrolment",
    "SecretTextError",
    "hotp",
    "match_counter",
    "match_step",
    "read_secret",
]
