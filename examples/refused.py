"""`Refused`: what the examples answer where something is not to be."""

from __future__ import annotations

from collections.abc import Mapping

from hauberk.auth.throttle.attempt import Attempt

WRONG_PASSWORD = "The name or the password is wrong."  # noqa: S105
WRONG_CODE = "This code is wrong, or it has been used already."
LATER = "Too many attempts. Please wait a little, and try again."
NO_TOKEN = "This token is over. Please log in again."  # noqa: S105
AWAY = "Please try again in a moment."
OVER = "Too many wrong codes, or too late. Please log in again."
AGAIN = "Please set it up once more."
STALE = "Please log in once more before you change how you log in."
FORMS = {
    "/login": "login.html",
    "/login/code": "code.html",
    "/register": "register.html",
    "/app/confirm": "app.html",
}
"""The page on which a form is, by the path that it is sent to; all others are on the user's own."""


class Refused(Exception):
    """A status, fields, and a sentence that is fit for the user: it tells nothing of who has an account."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        self.status, self.message, self.headers = status, message, dict(headers or {})
        super().__init__(message)

    @classmethod
    def of(cls, attempt: Attempt) -> Refused:
        """What the throttle says of an attempt that may not be made."""
        if attempt.void:
            return cls(attempt.status, OVER)
        return cls(attempt.status, LATER if attempt.status == 429 else AWAY, dict(attempt.headers))


def form_of(path: str, message: str) -> str | None:
    """The page to show once more, with the problem on it; None for the user's own."""
    return FORMS["/login"] if message in {OVER, STALE} else FORMS.get(path)
