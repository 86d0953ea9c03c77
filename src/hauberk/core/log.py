"""Security decisions as structured events, without secrets, through the standard library's logging.

Each record's message is one JSON object; the same members are on the record as `record.hauberk`.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from hauberk.core.exchange import HOLDER

LOGGER = logging.getLogger("hauberk")
DECISIONS = logging.getLogger("hauberk.decisions")


def decision(event: str, /, *, level: int = logging.WARNING, **members: Any) -> None:
    """Log one decision, such as `request-blocked`. Members must hold no secret: names of inputs, never their values.

    Whoever watches the request that runs here (`Exchange.told`) hears of it first, whatever the level.
    """
    holder = HOLDER.get()
    if holder is not None and (ex := holder[0]) is not None and ex.told is not None:
        ex.told(ex, event)
    if DECISIONS.isEnabledFor(level):
        record = {"event": event, **members}
        DECISIONS.log(level, "%s", json.dumps(record, default=str), extra={"hauberk": record})
