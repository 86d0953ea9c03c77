"""Signatures of messages to other servers, as the Standard Webhooks specification (1.0.0) has them."""

from __future__ import annotations

import base64
import hmac


def signature(key: bytes, id: str, timestamp: str, body: bytes) -> str:
    """The value of `webhook-signature`: HMAC-SHA256 over id, time (seconds since 1970) and body."""
    message = f"{id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, message, "sha256")).decode("ascii")
