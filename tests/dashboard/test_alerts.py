"""Alerts against a real receiver: signed as Standard Webhooks say, tried again, given up in the end."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from hauberk.core.errors import ConfigurationError
from hauberk.crypto.webhooks import signature
from hauberk.dashboard.alerts import Alerts, Webhook
from hauberk.dashboard.board import Board

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


@contextmanager
def receiver(*statuses: int) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """Answers with these, one after the other; the last for ever."""
    got: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(statuses[min(len(got), len(statuses)) - 1])
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hook", got
    finally:
        server.shutdown()
        server.server_close()


def send(url: str, *events: dict[str, Any], tries: tuple[float, ...] = (0.0, 0.01, 0.01)) -> Alerts:
    async def run() -> Alerts:
        alerts = Alerts(Webhook(url=url, secret=SECRET), tries)
        await alerts.told(Board().take(events))
        working = asyncio.create_task(alerts.run())
        for _ in range(500):
            await asyncio.sleep(0.01)
            if alerts.sent + alerts.given_up:
                break
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        return alerts

    return asyncio.run(run())


ATTACK = {"id": "1", "event": "guard-blocked", "at": 5.0, "client": "203.0.113.9", "file": "a.py", "line": 3}


def test_a_message_is_signed() -> None:
    with receiver(204) as (url, got):
        assert send(url, ATTACK, {"id": "2", "event": "csp-violation"}).sent == 1
    ((fields, body),) = got
    message = f"{fields['webhook-id']}.{fields['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(KEY, message, "sha256")).decode()
    assert fields["webhook-signature"] == f"v1,{expected}"
    data = json.loads(body)["data"]
    assert (data["count"], data["events"][0]["place"], data["events"][0]["source"]) == (1, "a.py:3", "203.0.113.9")


def test_the_example_of_the_specification() -> None:
    """Standard Webhooks 1.0.0, its published example."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    made = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("statuses", "asked", "sent"), [((500, 503, 200), 3, 1), ((500,), 3, 0), ((302,), 3, 0), ((410, 200), 1, 0)]
)
def test_it_is_tried_again_and_given_up(statuses: tuple[int, ...], asked: int, sent: int) -> None:
    with receiver(*statuses) as (url, got):
        alerts = send(url, ATTACK)
    assert (len(got), alerts.sent, alerts.given_up) == (asked, sent, 1 - sent)
    assert len({fields["webhook-id"] for fields, _ in got}) == 1


def test_a_receiver_that_is_not_there() -> None:
    alerts = send("http://127.0.0.1:1/hook", ATTACK)
    assert (alerts.sent, alerts.given_up) == (0, 1)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"url": "http://hooks.example/x"}, "Webhook.url"),
        ({"url": "ftp://127.0.0.1/x"}, "Webhook.url"),
        ({"secret": "whsec_short"}, "Webhook.secret"),
        ({"secret": base64.b64encode(KEY).decode()}, "Webhook.secret"),
        ({"least": "loud"}, "Webhook.least"),
    ],
)
def test_bad_options_are_named(options: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationError, match=field) as caught:
        Webhook(**{"url": "https://hooks.example/x", "secret": SECRET, **options})
    assert KEY.hex() not in str(caught.value)
    assert "AAECAw" not in str(caught.value)
