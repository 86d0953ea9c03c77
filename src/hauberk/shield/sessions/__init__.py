"""Sessions: who somebody is from one request to the next."""

from hauberk.shield.sessions.devices import Device
from hauberk.shield.sessions.feature import Sessions
from hauberk.shield.sessions.sealed import CookieSessions, SessionTooLargeError
from hauberk.shield.sessions.session import Session
from hauberk.shield.sessions.values import SessionValueError

__all__ = ["CookieSessions", "Device", "Session", "SessionTooLargeError", "SessionValueError", "Sessions"]
