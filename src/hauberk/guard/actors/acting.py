"""What `Actors` does with one request: refuses who is held, counts what speaks against the others."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from http import HTTPStatus
from math import ceil
from typing import TYPE_CHECKING, Any

from hauberk.core.events import RECORDING
from hauberk.core.exchange import Exchange, Reply
from hauberk.core.log import decision
from hauberk.core.plan import run_inline
from hauberk.core.store import Limit, Store
from hauberk.guard.actors.crawlers import Verifier
from hauberk.guard.actors.lists import Lists, Standing
from hauberk.guard.actors.signals import OF_EVENT, of_missing
from hauberk.guard.actors.table import Held, Table, Terms
from hauberk.guard.actors.text import attack_in

if TYPE_CHECKING:
    from hauberk.guard.actors.feature import Actors

QUIET = 10.0
"""Seconds between two events about the same actor's refused requests; what lies between is counted."""
MOST_TOLD = 4_096
_recording = RECORDING.get


class Watch:
    """An `Actors` with everything worked out that can be."""

    def __init__(self, actors: Actors, table: Table, local: Store) -> None:
        self._actors, self._table, self._local = actors, table, local
        self._points = actors.signals
        self._blocks = actors.mode == "block"
        self._lists = Lists(
            allow=actors.allow,
            deny=actors.deny,
            deny_countries=actors.deny_countries,
            only_countries=actors.only_countries,
            countries=actors.countries,
        )
        self._standing = self._lists.standing
        self._denied_agents = tuple(text.lower() for text in actors.deny_agents)
        self._allowed_agents = tuple(text.lower() for text in actors.insecure_allow_agents)
        self._asks_agent = bool(self._denied_agents or self._allowed_agents)
        self._verifier = Verifier(actors.crawlers) if actors.crawlers else None
        self._honeypots, self._exempt = Paths(actors.honeypots), Paths(actors.exempt)
        self._users = "user" in actors.by
        self._terms = Terms(actors.threshold, float(actors.window_seconds), float(actors.hold_seconds))
        self._told: OrderedDict[str, list[float]] = OrderedDict()
        self._proxy_told = False
        self.tell = self._tell
        """What a request calls with each of its decisions: bound once."""

    def begin(self, ex: Exchange) -> Reply | None:
        """Before anything else that may answer, trusted proxies apart."""
        actors, table = self._actors, self._table
        if table.shared:
            table.start()
        standing = self._standing(ex.client)
        if standing.allowed or (actors.exempt and ex.path in self._exempt):
            return None
        if self._asks_agent or self._verifier is not None:
            agent = ex.header("user-agent")
            if self._lets_pass(ex, agent, standing):
                return None
            if self._denied_agents and _names(agent, self._denied_agents):
                return self._refuse_listed(ex, standing, "the User-Agent is on the deny list")
        if standing.denied:
            return self._refuse_listed(ex, standing, standing.denied)
        held = table.held
        if held and standing.actor in held and (reply := self._hold_back(ex, standing.actor)) is not None:
            return reply
        ex.told = self.tell
        if actors.honeypots and ex.path in self._honeypots:
            return self._trapped(ex)
        if self._points.text:
            query, path = ex.query, ex.path
            if (query or not path.isascii() or not path.replace("/", "").isalnum()) and attack_in(query, path):
                self._signal(ex, "text")
        return None

    async def load(self, ex: Exchange) -> Reply | None:
        """Refuse a user who is held, where users are: looks into the session only while some user is."""
        if ex.told is None or not any(actor.startswith("user:") for actor in self._table.held):
            return None
        if ex.session is not None:
            await ex.session
        user = _user(ex)
        return None if user is None else self._hold_back(ex, user)

    def missing(self, ex: Exchange, status: int) -> None:
        """Hear of an answer with 404."""
        if ex.told is not None and (kind := of_missing(ex)):
            self._signal(ex, kind)

    # Who may pass.

    def _lets_pass(self, ex: Exchange, agent: str, standing: Standing) -> bool:
        if self._allowed_agents and _names(agent, self._allowed_agents):
            return True
        if self._verifier is None or not agent:
            return False
        verdict = self._verifier.verdict(agent, ex.client)
        if verdict == "impostor":
            ex.told = self.tell
            self._signal(ex, "impostor")
        return verdict == "verified" and not standing.denied

    def _refuse_listed(self, ex: Exchange, standing: Standing, why: str) -> Reply | None:
        self._say("actor-denied", ex, standing.actor or ex.client[:64], why)
        return problem(403, "This client is not served.") if self._stops() else None

    def _stops(self) -> bool:
        """Whether anybody is refused; a scan in this process is nobody's attack."""
        return self._blocks and _recording() is None

    def _hold_back(self, ex: Exchange, actor: str | None) -> Reply | None:
        held = self._table.held.get(actor) if actor is not None else None
        if held is None or actor is None:
            return None
        left = held.until - time.time()
        if left <= 0:
            self._table.forget_expired(actor)
            return None
        if self._table.away and self._actors.on_store_error == "allow":
            return None
        return self._throttled(ex, actor, held) if self._actors.answer == "throttle" else self._refused(ex, actor, left)

    def _refused(self, ex: Exchange, actor: str, left: float) -> Reply | None:
        self._say("actor-refused", ex, actor, "held")
        if not self._stops():
            return None
        return problem(403, "Too many suspicious requests came from here.", ("retry-after", str(max(1, ceil(left)))))

    def _throttled(self, ex: Exchange, actor: str, held: Held) -> Reply | None:
        rate = self._actors.throttle
        (room,) = run_inline(self._local.hit([Limit(f"actors:rate:{actor}"[:500], rate.interval, rate.burst)]))
        if room.allowed:
            return None
        self._say("actor-throttled", ex, actor, held.why)
        if not self._stops():
            return None
        return problem(429, "Too many requests.", ("retry-after", str(max(1, ceil(room.retry_after)))))

    def _trapped(self, ex: Exchange) -> Reply | None:
        decision("honeypot-touched", method=ex.method[:20], path=ex.path[:200], client=ex.client)
        self._signal(ex, "honeypot")
        return self._actors.honeypot_reply if self._stops() else None

    # What is counted.

    def _tell(self, ex: Any, event: str) -> None:
        if (kind := OF_EVENT.get(event)) is not None:
            self._signal(ex, kind)

    def _signal(self, ex: Exchange, kind: str) -> None:
        points: int = getattr(self._points, kind)
        if not points or kind in ex.signals or _recording() is not None:
            return
        ex.signals |= {kind}
        actor = self._actor(ex)
        if actor is None:
            return
        if self._table.add(actor, points, self._terms, kind):
            name = "actor-held" if self._blocks else "actor-observed"
            decision(name, actor=actor, why=kind, seconds=self._terms.hold, client=ex.client, method=ex.method[:20])

    def _actor(self, ex: Exchange) -> str | None:
        """Who is to answer for it: the user, where users are held and this one is known, else the address."""
        if self._users and (user := _user(ex)) is not None:
            return user
        standing = self._standing(ex.client)
        if standing.private and not ex.forwarded and (ex.header("x-forwarded-for") or ex.header("forwarded")):
            # A proxy that HTTPS.proxies does not name: holding its address would hold everybody.
            if not self._proxy_told:
                self._proxy_told = True
                decision("actor-behind-proxy", client=ex.client, fix="HTTPS.proxies")
            return None
        return standing.actor

    def _say(self, event: str, ex: Exchange, actor: str, why: str) -> None:
        """An event for the first request that was refused, and then how many more there were, now and then."""
        now, name = time.monotonic(), f"{event} {actor}"
        last = self._told.get(name)
        if last is not None and now - last[0] < QUIET:
            last[1] += 1
            return
        count = 1 if last is None else int(last[1]) + 1
        self._told[name] = [now, 0]
        self._told.move_to_end(name)
        while len(self._told) > MOST_TOLD:
            self._told.popitem(last=False)
        decision(
            event,
            actor=actor,
            why=why,
            count=count,
            stopped=self._stops(),
            client=ex.client,
            method=ex.method[:20],
            path=ex.path[:200],
        )


class Paths:
    """Exact paths, and with a slash at the end everything below."""

    __slots__ = ("_below", "_exact")

    def __init__(self, paths: tuple[str, ...]) -> None:
        self._exact = frozenset(paths)
        self._below = tuple(path for path in paths if path.endswith("/") and path != "/")

    def __contains__(self, path: str) -> bool:
        return path in self._exact or (bool(self._below) and path.startswith(self._below) and "/.." not in path)


def _names(agent: str, texts: tuple[str, ...]) -> bool:
    low = agent[:512].lower()
    return any(text in low for text in texts)


def _user(ex: Exchange) -> str | None:
    """Who is logged in, as far as that is known already: by a token, or by a session that was looked into."""
    subject = getattr(ex.claims, "subject", None)
    if subject is None and ex.session is not None and ex.session.accessed:
        subject = ex.session.user
    return None if subject is None else f"user:{str(subject)[:200]}"


def problem(status: int, detail: str, *fields: tuple[str, str]) -> Reply:
    """A problem detail (RFC 9457) that caches do not keep."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    headers = (("content-type", "application/problem+json"), ("cache-control", "no-store"), *fields)
    return Reply(status, json.dumps(body, separators=(",", ":")).encode(), headers)
