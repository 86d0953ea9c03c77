"""Hardening of every cookie that the application sends (RFC 6265bis)."""

from hauberk.shield.cookies.feature import Cookies

__all__ = ["Cookies"]
