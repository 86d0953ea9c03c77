"""Why a token is refused: for the log, never for whoever sent it."""

from __future__ import annotations

from hauberk.core.errors import HauberkError


class TokenError(HauberkError):
    """A token is not accepted. `reason` is a stable code, such as `expired` or `signature`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}" if detail else reason)
