"""Events to look at."""

from __future__ import annotations

import json
import time
from typing import Any

HOSTILE = "<img src=x onerror=\"document.title='owned'\"></td><script>document.title='owned'</script>"
NAMES = ("guard-blocked", "csrf-refused", "rate-exceeded", "login-throttled", "host-refused")


def event(number: int, **members: Any) -> dict[str, Any]:
    return {
        "id": f"{number:016x}",
        "at": time.time() - 3 * (200 - number % 200),
        "event": NAMES[number % len(NAMES)],
        "client": f"203.0.113.{number % 7}",
        "method": "GET",
        "path": f"/page/{number % 3}",
        "worker": f"web:{number % 4}",
        **members,
    }


def packed(count: int, **members: Any) -> bytes:
    return json.dumps([event(number, **members) for number in range(count)]).encode()
