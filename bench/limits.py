"""What limits add to one request by ASGI. `python -m bench.limits`

On top of the adapter with one step that does nothing; the GET is a browser's, with the fields that browsers send.
Bodies come in parts of 64 KiB; what looking into them costs stands beside what `json.loads` takes for the same octets.
"""

from __future__ import annotations

import json
from typing import Any

from bench.harness import added, medians, microseconds, report
from bench.hosts import BROWSER, Nothing, once
from bench.shield import bare
from hauberk.adapters.asgi import App, ASGIShield, Scope
from hauberk.core.exchange import Exchange, Reply
from hauberk.core.plan import Feature, Plan, Steps
from hauberk.shield.limits import Limits
from hauberk.wire.json_depth import JSONScanner
from hauberk.wire.multipart import MultipartScanner


class Watching:
    """A step of nothing, and a watch of nothing: what the adapter takes for handing out bodies."""

    def steps(self) -> Steps:
        return Steps(on_request=self.check, on_body=self.watch)

    def check(self, ex: Exchange) -> Reply | None:
        return None

    def watch(self, ex: Exchange) -> None:
        return None


def floor(app: App) -> App:
    """Count and measure the fields: the least that could be called the same check."""

    async def wrapped(scope: Scope, receive: Any, send: Any) -> None:
        size = 0
        for name, value in scope["headers"]:
            size += len(name) + len(value)
        if size > 65_536 or len(scope["headers"]) > 200 or len(scope["query_string"]) > 8_192:
            raise ValueError(size)
        return await app(scope, receive, send)

    return wrapped


def shielded(*features: Feature) -> App:
    return ASGIShield(bare, Plan.of(features)).run


def document(octets: int) -> bytes:
    row = {"id": 1, "name": 'A "quoted" name', "tags": ["a", "b"], "at": {"x": 1.5, "y": None}}
    text = json.dumps(row).encode()
    return b"[" + b",".join([text] * (octets // len(text))) + b"]"


def parts_of(body: bytes) -> list[bytes]:
    return [body[at : at + 65_536] for at in range(0, len(body), 65_536)]


def scan(parts: list[bytes]) -> None:
    scanner = JSONScanner()
    for part in parts:
        scanner.feed(part)


def count(parts: list[bytes]) -> None:
    scanner = MultipartScanner("----WebKitFormBoundaryABCDEFGHIJKLMNOP")
    for part in parts:
        scanner.feed(part)


def results() -> dict[str, Any]:
    """Run it all."""
    limits = Limits(body_timeout=None)
    get = microseconds(
        {
            "step_of_nothing": once(shielded(Nothing())),
            "watch_of_nothing": once(shielded(Watching())),
            "limits": once(shielded(limits)),
            "limits_with_timeout": once(shielded(Limits())),
        }
    )
    least = microseconds({"bare": once(bare), "floor": once(floor(bare)), "limits": once(shielded(limits))})
    exchange = ASGIShield(bare, Plan.of([limits])).plan
    from hauberk.adapters.asgi import ASGIExchange

    check, watch = exchange.on_request[0], exchange.on_body[0]
    ex = ASGIExchange(dict(BROWSER))
    steps = microseconds({"nothing": lambda: None, "on_request": lambda: check(ex), "on_body": lambda: watch(ex)})
    text = document(1 << 20)
    parts, upload = parts_of(text), parts_of(bytes(1 << 20))
    bodies = microseconds(
        {
            "nothing": lambda: None,
            "json_depth_1_mib": lambda: scan(parts),
            "json_loads_1_mib": lambda: json.loads(text),
            "multipart_1_mib": lambda: count(upload),
        },
        rounds=5,
        calls=8,
    )
    return {
        "get": {"median": medians(get), "added": added(get, "step_of_nothing")},
        "against_the_floor": {"median": medians(least), "added": added(least, "bare")},
        "the_steps_alone": added(steps, "nothing"),
        "bodies": medians(bodies),
    }


if __name__ == "__main__":
    report("request limits by ASGI", results())
