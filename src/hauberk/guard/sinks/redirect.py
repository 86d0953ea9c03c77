"""Redirects on their way to the browser: the sink of open redirects (CWE-601), in Location and Refresh."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.core.exchange import Exchange
from hauberk.guard.inputs import Inputs, every, forms
from hauberk.guard.redirect import foreign, judge, origin_key, own_hosts
from hauberk.guard.request import RequestGuard
from hauberk.guard.seen import SEEN
from hauberk.guard.sensor import sense_found
from hauberk.guard.verdict import Judgement

TARGETS = {"location": "response Location", "refresh": "response Refresh"}
_PROXIES = ("host", "x-forwarded-host", "x-original-host", "x-host", "forwarded")


def check(ex: Exchange, field: str, value: str) -> None:
    """Judge a Location or Refresh. Raises BlockedError."""
    location = value.partition("=")[2].strip(" '\"") if field == "refresh" else value
    host = foreign(location, own_hosts(map(ex.header, _PROXIES)))
    guard: RequestGuard = ex.guard
    if not host or SEEN.knows("redirect", host) or origin_key(location) in guard.redirects:
        return

    def search(ex: Exchange, inputs: Inputs) -> Iterator[tuple[str, str, Judgement]]:
        for name, text in every(ex):
            for form in forms(text):
                if (judgement := judge(location, name, form, host)).attack:
                    yield name, form, judgement
                    return
        if inputs.complete and inputs.plain:  # a host that the application has of itself
            SEEN.add("redirect", host)

    sense_found("redirect", TARGETS[field], value, search, dialect="url")
