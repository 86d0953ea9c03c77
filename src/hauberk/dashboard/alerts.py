"""Webhooks: what is severe enough is sent on, signed (Standard Webhooks 1.0), and tried again when nobody answers."""

from __future__ import annotations

import asyncio
import base64
import binascii
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

import msgspec

from hauberk.core.errors import ConfigurationError
from hauberk.core.log import LOGGER
from hauberk.crypto.webhooks import signature
from hauberk.dashboard.board import Row

SEVERITIES = ("info", "low", "medium", "high", "critical")
TRIES = (0.0, 5.0, 30.0, 120.0, 600.0)
"""Seconds before each try."""
IN_ONE = 50
"""Events of one message."""
TIMEOUT = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where alerts go, and from which severity on."""

    url: str
    secret: str = field(repr=False)
    """`whsec_` and base64 of 24 to 64 octets, as the receiver has it."""
    least: str = "high"
    most_waiting: int = 100
    """Messages that may wait for a receiver that does not answer; the oldest is given up, and the log says so."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        loopback = parts.hostname in {"127.0.0.1", "::1", "localhost"}
        if parts.hostname is None or not (parts.scheme == "https" or (parts.scheme == "http" and loopback)):
            raise ConfigurationError("Webhook.url", self.url, "is not https", "name an https address")
        if self.least not in SEVERITIES:
            raise ConfigurationError("Webhook.least", self.least, "is not a severity", f"one of {SEVERITIES}")
        self.key()

    def key(self) -> bytes:
        """The octets of the secret."""
        try:
            key = base64.b64decode(self.secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            key = b""
        if not self.secret.startswith("whsec_") or not 24 <= len(key) <= 64:
            problem, fix = "is not whsec_ and base64 of 24 to 64 octets", "take the one that the receiver shows"
            raise ConfigurationError("Webhook.secret", "(hidden)", problem, fix)
        return key


class Alerts:
    """Sends rows that are severe enough: one message for all that came together. Nothing waits for it."""

    def __init__(self, webhook: Webhook, tries: Sequence[float] = TRIES) -> None:
        self.webhook, self.tries = webhook, tries
        self._queue: asyncio.Queue[bytes] = asyncio.Queue()
        self.sent = self.given_up = 0

    async def told(self, rows: list[Row]) -> None:
        """Put the severe ones among them into the queue."""
        least = SEVERITIES.index(self.webhook.least)
        severe = [row for row in rows if SEVERITIES.index(row.kind.severity) >= least]
        if not severe:
            return
        if self._queue.qsize() >= self.webhook.most_waiting:
            self._queue.get_nowait()
            self._give_up("too many wait")
        events = [{**row.short(), "place": _place(row)} for row in severe[:IN_ONE]]
        data = {"count": len(severe), "events": events}
        self._queue.put_nowait(msgspec.json.encode({"type": "hauberk.events", "timestamp": _now(), "data": data}))

    async def run(self) -> None:
        """Until cancelled."""
        import httpx2

        async with httpx2.AsyncClient(timeout=TIMEOUT, follow_redirects=False) as client:
            while True:
                await self._deliver(client, await self._queue.get())

    async def _deliver(self, client: Any, body: bytes) -> None:
        import httpx2

        id, problem = f"msg_{token_hex(12)}", ""
        for pause in self.tries:
            await asyncio.sleep(pause)
            stamp = str(int(time.time()))
            fields = {
                "content-type": "application/json",
                "webhook-id": id,
                "webhook-timestamp": stamp,
                "webhook-signature": signature(self.webhook.key(), id, stamp, body),
            }
            try:
                answer = await client.post(self.webhook.url, content=body, headers=fields)
            except httpx2.HTTPError as error:
                problem = type(error).__name__
                continue
            if 200 <= answer.status_code < 300:
                self.sent += 1
                return
            problem = f"status {answer.status_code}"
            if answer.status_code == 410:
                break  # gone: the receiver wants no more of it
        self._give_up(problem)

    def _give_up(self, problem: str) -> None:
        self.given_up += 1
        LOGGER.warning("dashboard: an alert was not delivered to %s: %s", urlsplit(self.webhook.url).hostname, problem)


def _place(row: Row) -> str:
    file, line = row.data.get("file"), row.data.get("line")
    return f"{file}:{line}" if file else ""


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
