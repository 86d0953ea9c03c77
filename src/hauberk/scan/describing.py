"""A server that describes itself: its OpenAPI document, where frameworks serve it."""

from __future__ import annotations

import json

from hauberk.scan.client import Client
from hauberk.scan.messages import Request
from hauberk.scan.openapi import WELL_KNOWN, base, operations
from hauberk.scan.surface import Operation


def described(client: Client) -> list[Operation]:
    """The operations of the first document that is there; none if there is no document."""
    for path in WELL_KNOWN:
        response = client.send(Request(target=path, headers=(("accept", "application/json"),)))
        if response.status != 200 or not response.body.lstrip().startswith(b"{"):
            continue
        try:
            document = json.loads(response.body)
        except ValueError:
            continue
        if isinstance(document, dict) and isinstance(document.get("paths"), dict):
            return operations(document, prefix=base(document))
    return []
