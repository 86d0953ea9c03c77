"""Answers to errors that nobody handled (RFC 9457): all headers, an id, and nothing else (CWE-209)."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from secrets import token_hex

from hauberk.core.exchange import Exchange, Reply
from hauberk.core.log import LOGGER
from hauberk.core.plan import Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """The client gets a problem detail with an id; the log gets the trace under the same id."""

    media_type: str = "application/problem+json"
    level: int = logging.ERROR

    def steps(self) -> Steps:
        """How an unhandled exception is answered."""
        return Steps(on_failure=self.reply)

    def reply(self, ex: Exchange, error: Exception) -> Reply:
        """A 500 that says nothing of the error but where to find it in the log."""
        number = token_hex(8)
        LOGGER.log(self.level, "unhandled error %s in %s %s", number, ex.method, ex.path, exc_info=error)
        problem = {"type": "about:blank", "title": "Internal Server Error", "status": 500, "error_id": number}
        return Reply(500, json.dumps(problem).encode(), (("content-type", self.media_type),))
