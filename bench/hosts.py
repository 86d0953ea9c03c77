"""What hosts, https, fetch metadata and paths add to one request by ASGI. `python -m bench.hosts`

Each is measured on top of the adapter with one step that does nothing, as that is what a policy with any of them has.
The request is a browser's, with the fields that browsers send. The floor is a wrapper that does the least that could
be called the same check, written out here.
"""

from __future__ import annotations

from typing import Any

from bench.harness import Once, added, medians, microseconds, report
from bench.shield import bare, receive, send
from hauberk.adapters.asgi import App, ASGIShield, Scope
from hauberk.core.exchange import Exchange, Reply
from hauberk.core.plan import Feature, Plan, Steps
from hauberk.shield.fetch_metadata import FetchMetadata
from hauberk.shield.hosts import Hosts
from hauberk.shield.https import HTTPS
from hauberk.shield.paths import Paths

FIELDS = {
    "host": "app.example",
    "connection": "keep-alive",
    "sec-ch-ua-platform": '"Linux"',
    "upgrade-insecure-requests": "1",
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36",
    "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "sec-fetch-site": "same-origin",
    "sec-fetch-mode": "navigate",
    "sec-fetch-user": "?1",
    "sec-fetch-dest": "document",
    "accept-encoding": "gzip, deflate, br, zstd",
    "accept-language": "en-GB,en;q=0.9",
    "cookie": "session=0123456789abcdef0123456789abcdef",
}
BROWSER: dict[str, Any] = {
    "type": "http",
    "method": "GET",
    "path": "/shop/items/42",
    "raw_path": b"/shop/items/42",
    "query_string": b"page=2",
    "scheme": "https",
    "http_version": "1.1",
    "server": ("app.example", 443),
    "client": ("192.0.2.1", 4000),
    "root_path": "",
    "headers": [(name.encode(), value.encode()) for name, value in FIELDS.items()],
}
PROXIED = {
    **BROWSER,
    "scheme": "http",
    "client": ("10.0.0.1", 4000),
    "headers": [*BROWSER["headers"], (b"x-forwarded-for", b"192.0.2.1"), (b"x-forwarded-proto", b"https")],
}
OWN = frozenset({b"app.example"})


class Nothing:
    """A step that looks at nothing."""

    def steps(self) -> Steps:
        return Steps(on_request=self.check)

    def check(self, ex: Exchange) -> Reply | None:
        return None


def floor_hosts(app: App) -> App:
    """Find the field, look it up."""

    async def wrapped(scope: Scope, receive: Any, send: Any) -> None:
        for name, value in scope["headers"]:
            if name == b"host" and value not in OWN:
                raise ValueError(value)
        return await app(scope, receive, send)

    return wrapped


def once(app: App, scope: Scope = BROWSER) -> Once:
    """One request, driven without an event loop: nothing here waits."""

    def run() -> None:
        coroutine: Any = app(dict(scope), receive, send)
        try:
            coroutine.send(None)
        except StopIteration:
            return
        raise RuntimeError("the application waited")

    return run


def shielded(*features: Feature) -> App:
    """The bare application behind these."""
    return ASGIShield(bare, Plan.of([Nothing(), *features])).run


def peer(app: Any) -> App:
    """Starlette's check of the Host field."""
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    chosen: Any = TrustedHostMiddleware(app, allowed_hosts=["app.example", "*.app.example"], www_redirect=False)
    wrapped: App = chosen
    return wrapped


def results() -> dict[str, Any]:
    """Run it all."""
    hosts, paths, metadata = Hosts(allow=("app.example", "*.app.example")), Paths(), FetchMetadata()
    https = HTTPS(hosts=("app.example",))
    proxied = HTTPS(hosts=("app.example",), proxies=("10.0.0.0/8",))
    direct = microseconds(
        {
            "step_of_nothing": once(shielded()),
            "hosts": once(shielded(hosts)),
            "https": once(shielded(https)),
            "fetch_metadata": once(shielded(metadata)),
            "paths": once(shielded(paths)),
            "all_four": once(shielded(https, hosts, paths, metadata)),
        }
    )
    behind = microseconds(
        {
            "step_of_nothing": once(shielded(), PROXIED),
            "https_behind_a_proxy": once(shielded(proxied), PROXIED),
        }
    )
    whole = microseconds(
        {
            "bare": once(bare),
            "floor_hosts": once(floor_hosts(bare)),
            "hauberk_hosts": once(ASGIShield(bare, Plan.of([hosts])).run),
            "starlette_trusted_host": once(peer(bare)),
        }
    )
    return {
        "direct": {"median": medians(direct), "added": added(direct, "step_of_nothing")},
        "behind_a_proxy": {"median": medians(behind), "added": added(behind, "step_of_nothing")},
        "hosts_alone": {"median": medians(whole), "added": added(whole, "bare")},
    }


if __name__ == "__main__":
    report("hosts, https, fetch metadata and paths for one request by ASGI", results())
