"""`SESSION_ENGINE = "hauberk.django.sessions"`: Django's own sessions, kept as hauberk keeps them."""

from hauberk.integrations.sessions.django import SessionStore

__all__ = ["SessionStore"]
