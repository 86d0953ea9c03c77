"""Limiting how often a password or a code may be tried, before anything costly is computed."""

from hauberk.auth.throttle.attempt import Attempt, RefusedAttemptError
from hauberk.auth.throttle.backoff import Backoff
from hauberk.auth.throttle.throttle import Throttle

__all__ = ["Attempt", "Backoff", "RefusedAttemptError", "Throttle"]
