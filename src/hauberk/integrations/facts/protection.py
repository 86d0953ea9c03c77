"""What hauberk's own protection adds to an application's configuration.

Read by attribute and with defaults, so that a policy of an older or newer version is read as far as it goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from hauberk.check.facts import CookieFacts, CORSFacts, CSRFFacts, HeaderFacts, SessionFacts, Setting
from hauberk.core.finding import Location
from hauberk.integrations.facts.layers import cells

BY = "hauberk"


@dataclass(frozen=True, slots=True)
class Protection:
    """A policy, or at least the plan that it was compiled to."""

    policy: Any
    plan: Any
    where: Location

    def feature(self, name: str) -> Any:
        """The policy's field, or None where it is off or the policy is not known."""
        return getattr(self.policy, name, None)

    def headers(self) -> dict[str, HeaderFacts]:
        """The constant fields of the plan; those with a nonce count as they are sent with one."""
        pairs = [(n, v) for n, v in (*getattr(self.plan, "headers", ()), *getattr(self.plan, "enforced", ()))]
        pairs += [(nonced.name, nonced.with_nonce) for nonced in getattr(self.plan, "nonced", ())]
        return {name.lower(): HeaderFacts(sent=True, value=value, by=BY, where=self.where) for name, value in pairs}

    def cookie(self, cookie: CookieFacts) -> CookieFacts:
        """The cookie as it leaves: with what `Cookies` adds."""
        hardening = self.feature("cookies")
        if hardening is None:
            if self.policy is None and "set-cookie" in getattr(self.plan, "watch", ()):
                return replace(cookie, hardened=("secure", "httponly", "samesite"))
            return cookie
        readable = cookie.name in getattr(hardening, "readable", ())
        return replace(cookie, hardened=("secure", "samesite") if readable else ("secure", "httponly", "samesite"))

    def csrf(self) -> CSRFFacts | None:
        """Its own check, where the policy has one."""
        for name in ("csrf", "fetch_metadata"):
            if self.feature(name) is not None:
                return CSRFFacts(state="on", name=f"hauberk's Policy.{name}", where=self.where)
        return None

    def hosts(self) -> Setting[tuple[str, ...] | None] | None:
        """The names that `Hosts` allows."""
        hosts = self.feature("hosts")
        if hosts is None:
            return None
        names = getattr(hosts, "allow", None) or getattr(hosts, "allowed", None) or getattr(hosts, "hosts", None)
        return Setting(value=_texts(names), name="Policy.hosts", where=self.where) if names else None

    def redirect(self) -> Setting[bool] | None:
        """Whether `HTTPS` redirects."""
        https = self.feature("https")
        if https is None:
            return None
        return Setting(value=bool(getattr(https, "redirect", True)), name="Policy.https", where=self.where)

    def body_limit(self) -> Setting[int | None] | None:
        """The limit of `Limits`."""
        limits = self.feature("limits")
        size = next((v for n in ("body", "max_body", "body_size") if (v := getattr(limits, n, None)) is not None), None)
        return Setting(value=size, name="Policy.limits", where=self.where) if isinstance(size, int) else None

    def cors(self) -> tuple[CORSFacts, ...]:
        """Its own CORS."""
        cors = self.feature("cors")
        if cors is None:
            return ()
        anyone = bool(getattr(cors, "insecure_allow_any_origin", False))
        origins = ("*",) if anyone else _texts(getattr(cors, "origins", ()))
        credentials = bool(getattr(cors, "credentials", False))
        return (CORSFacts(origins=origins, credentials=credentials, name="Policy.cors", where=self.where),)

    def session(self) -> SessionFacts | None:
        """Its own sessions, on the server or sealed in the cookie; None if it keeps none."""
        sessions = self.feature("sessions")
        if sessions is None:
            return None
        idle, ends = (_seconds(getattr(sessions, name, None)) for name in ("idle", "absolute"))
        return SessionFacts(
            kind="server" if type(sessions).__name__ == "Sessions" else "client",
            engine="hauberk",
            lifetime=Setting(value=idle or ends, name="Policy.sessions", where=self.where) if idle or ends else None,
            absolute=Setting(value=ends or None, name="Policy.sessions", where=self.where),
            where=self.where,
        )

    def rates(self) -> str:
        """How often a client may come, in words; empty if nothing limits it."""
        rates = getattr(self.feature("limits"), "rates", ())
        return f"Policy.limits ({len(rates)} rates)" if rates else ""


def _seconds(value: Any) -> int | None:
    total = value.total_seconds() if isinstance(value, timedelta) else value
    return int(total) if isinstance(total, int | float) else None


def of(holder: Any, where: Location) -> Protection | None:
    """What `protect(app)`, `hauberk.asgi` or `hauberk.wsgi` left on an object; None if it is not protected."""
    mark = getattr(holder, "__hauberk__", None)
    if mark is not None:
        return Protection(getattr(mark, "policy", None), getattr(mark, "plan", None), where)
    for candidate in (holder, *(getattr(held, "__self__", held) for held in cells(holder).values())):
        if type(candidate).__module__.startswith("hauberk.adapters.") and hasattr(candidate, "plan"):
            return Protection(None, candidate.plan, where)
    return None


def of_policy(policy: Any, where: Location) -> Protection:
    """A policy that stands in a setting."""
    return Protection(policy, policy.plan(), where)


def overlay(headers: Mapping[str, HeaderFacts], protection: Protection | None) -> dict[str, HeaderFacts]:
    """The application's own field of a name wins, as it does in the response."""
    if protection is None:
        return dict(headers)
    merged: dict[str, HeaderFacts] = dict(protection.headers())
    merged |= {name: header for name, header in headers.items() if header.sent or name not in merged}
    return merged


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(str(item) for item in value) if isinstance(value, Sequence | set | frozenset) else ()
