"""What `HTTPS` does with one request."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hauberk.core.exchange import Exchange, Reply
from hauberk.core.log import decision
from hauberk.shield.hosts import NO_STORE, TEXT, AllowedHosts, exempt_paths, refuse
from hauberk.shield.https.proxies import Networks, Reader, Trusts
from hauberk.wire.authority import Authority
from hauberk.wire.target import target_octets

if TYPE_CHECKING:
    from hauberk.shield.https.feature import HTTPS

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CHALLENGES = "/.well-known/acme-challenge/"
"""Where certificate authorities look for the answer to their challenge, by http (RFC 8555, section 8.3)."""


class Gate:
    """An `HTTPS` with everything worked out that can be."""

    __slots__ = ("_allowed", "_exempt", "_https", "_listed", "_port", "_read", "_trusts", "begin")

    def __init__(self, https: HTTPS) -> None:
        self._https = https
        self._allowed = AllowedHosts("HTTPS.hosts", https.hosts, anybody=https.insecure_redirect_any_host)
        self._listed = bool(https.hosts) or https.insecure_redirect_any_host
        self._exempt = exempt_paths("HTTPS.exempt", (CHALLENGES, *https.exempt))
        self._trusts: Trusts = _everybody
        self._port = "" if https.port == 443 else f":{https.port}"
        self.begin: Callable[[Exchange], Reply | None] = self._begin
        if not https.insecure_trust_every_proxy:
            self._trusts = Networks("HTTPS.proxies", https.proxies).trusts
            if not https.proxies:
                self.begin = self._redirect
        hops = https.hops or (1 if https.insecure_trust_every_proxy else None)
        self._read = Reader(https.proxy_headers, self._trusts, hops)

    def _begin(self, ex: Exchange) -> Reply | None:
        """Believe the proxies, then redirect."""
        if self._trusts(ex.client) and (reply := self._believe(ex)) is not None:
            return reply
        return self._redirect(ex)

    def _believe(self, ex: Exchange) -> Reply | None:
        seen = self._read(ex)
        host = ""
        # Proxies that do not know X-Forwarded-Host hand on what the client wrote into it. So it counts where there is
        # a list of hosts to hold it against, and nowhere else.
        if self._listed and (seen.host or seen.port):
            host = _with_port(seen.host or ex.header("host"), seen.port)
            verdict = self._allowed.judge(host)
            if seen.host and verdict.status and not verdict.loopback:
                return refuse(ex, verdict, seen.host)
            if verdict.status:
                host = seen.host
        ex.forward(scheme=seen.scheme, client=seen.client, host=host)
        ex.forwarded = bool(seen.client)
        return None

    def _redirect(self, ex: Exchange) -> Reply | None:
        https = self._https
        if ex.scheme == "https" or not https.redirect or ex.path in self._exempt:
            return None
        verdict = self._allowed.judge(ex.header("host"))
        if verdict.status == 400:
            return refuse(ex, verdict)
        authority = Authority.parse(ex.header("host"))
        if authority.loopback and not https.redirect_loopback:
            return None
        if verdict.status and self._listed and not verdict.loopback:
            return refuse(ex, verdict)
        if ex.websocket or self._carried_something(ex):
            return self._too_late(ex)
        return self._to_https(ex, https.canonical or authority.host)

    def _carried_something(self, ex: Exchange) -> bool:
        if self._https.unsafe == "redirect":
            return False
        return ex.method not in SAFE_METHODS or ex.header("authorization") != ""

    def _to_https(self, ex: Exchange, host: str) -> Reply:
        if not (target := target_octets(ex.raw_path, ex.query)).startswith("/"):
            return Reply(400, b"The request target is no path.\n", (TEXT, NO_STORE))
        hint(ex)
        # Not kept by caches: behind a proxy that is not named yet, it leads to itself, and would for as long as it is
        # kept. Browsers learn for good from Strict-Transport-Security.
        fields = (("location", f"https://{host}{self._port}{target}"), NO_STORE, TEXT)
        return Reply(self._https.status, b"", fields)

    def _too_late(self, ex: Exchange) -> Reply:
        """A request that was sent in clear: whoever sent it has to hear of it, now and not after the leak."""
        decision("plain-http-refused", method=ex.method, path=ex.path, client=ex.client, websocket=ex.websocket)
        hint(ex, refused=True)
        return Reply(403, b"This server answers by https only; this request was sent in clear.\n", (TEXT, NO_STORE))


def hint(ex: Exchange, *, refused: bool = False) -> None:
    """Say in the log what redirects without end come from: a proxy that nobody named."""
    for name in ("x-forwarded-proto", "forwarded"):
        if "https" in ex.header(name).lower():
            decision("https-proxy-not-believed", client=ex.client, field=name, refused=refused, fix="HTTPS.proxies")
            return


def _with_port(host: str, port: str) -> str:
    """With X-Forwarded-Port, where that says anything; 80 and 443 are left out as browsers do."""
    if not port.isascii() or not port.isdigit() or port in {"80", "443"} or ":" in host.rpartition("]")[2]:
        return host
    return f"{host}:{port}"


def _everybody(client: str) -> bool:
    return True
