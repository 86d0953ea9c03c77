"""A login that lasts as long as the scan: that it is gone is noticed, it is got back, and what ended it comes last."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import unquote

from hauberk.scan.build import BINDING
from hauberk.scan.client import AGENT, SAFE_METHODS, Client, credentials
from hauberk.scan.identities import MOST_AGAIN, Person, shape
from hauberk.scan.messages import Request, Response, is_deletion
from hauberk.scan.surface import Operation
from hauberk.wire.set_cookie import SetCookie

SECONDS = 5.0
"""Between two logins, where nothing tells one that is gone from an operation that refuses every user."""
FAILURES = 3
"""Logins that fail in a row, after which no more is tried."""
REPLAYED = 20
"""Requests that are sent once more to see which of them ended the session."""
HERE = 2
"""Logins while one operation is attacked."""
OTHER = {"x-forwarded-for": "192.0.2.77", "x-real-ip": "192.0.2.77", "forwarded": "for=192.0.2.77"}
"""Values of theirs that are not just any text (RFC 5737, RFC 7239)."""


@dataclass(slots=True)
class Renewal:
    """Sees to it that the scan's own client stays logged in."""

    person: Person
    inside: Request | None = None
    """What is answered otherwise to who is logged in; where it still is, an operation refuses him and not nobody."""
    doors: Sequence[Request] = ()
    """The same, one for each way to ask nobody in."""
    shut: Collection[str] = ()
    """Shapes of what asks nobody in: who is answered there is logged in."""
    replays: bool = False
    """Whether what was read since is read once more, to see what ended the session: not where it is an attack."""
    clock: Callable[[], float] = monotonic
    last: float = field(default_factory=monotonic)
    refusing: set[str] = field(default_factory=set)
    """Shapes of addresses that say so of somebody who is logged in as well."""
    harmless: set[str] = field(default_factory=set)
    """Shapes that delete the login's cookie, and leave the session as it is."""
    since: dict[str, Request] = field(default_factory=dict)
    """What was sent since it was last certain that somebody is logged in."""
    here: int = 0
    """How often the session was lost since it was last settled what ended it."""
    failures: int = 0
    lost: str = ""
    """Why the login could not be got back; empty while it is there."""
    busy: bool = False
    names: frozenset[str] = frozenset()
    """Cookies that the login set."""
    binding: set[str] = field(default_factory=set)
    """Fields with another value of which one is nobody."""

    def __post_init__(self) -> None:
        self.names = frozenset(self.client.jar.values())

    @property
    def client(self) -> Client:
        """Whose login it is."""
        return self.person.client

    def __call__(self, request: Request, response: Response) -> bool:
        """Whether the login was gone, is there again, and the request should be sent once more."""
        if self.busy or self.lost:
            return False
        known = shape(request)
        if self.inside is not None and known not in self.harmless and self.here < HERE and self._deletes(response):
            self.since[known] = request
            if self._is_in():
                self.harmless.add(known)
            else:
                self._get_back()
            return False
        if known in self.refusing or not self.person.is_out(request, response):
            self._note(known, request, response)
            return False
        if self._is_anothers(request):
            return False
        if self.inside is None and self.clock() - self.last < SECONDS:
            return False
        if self.inside is not None and self._is_in():
            self.refusing.add(known)
            return False
        return self._get_back()

    def settle(self, operation: Operation) -> None:
        """After all that was sent to an operation: where that ended the session, note it, and log in again."""
        if self.inside is None or self.busy or self.lost:
            return
        out = bool(self.since) and not self._is_in()
        if out or self.here:
            self.client.ending.add((operation.method, operation.path))
        self.here = 0
        if out:
            self._renew()

    def bound(self) -> Iterator[tuple[str, bool]]:
        """The fields with another value of which one is nobody; and whether that ends the session for good."""
        if self.inside is None or self.lost:
            return
        for door in self.doors or (self.inside,):
            if self._is_in(self._with(door, BINDING)):
                continue
            self._back()
            for name in BINDING:
                if name not in self.binding and not self._is_in(self._with(door, (name,))):
                    self.binding.add(name)
                    yield name, self._back()

    def _with(self, request: Request, names: Iterable[str]) -> Request:
        return request.overridden(tuple((name, OTHER.get(name, "hauberk")) for name in names))

    def _back(self) -> bool:
        """Whether the session had ended; it is there again."""
        return not self._is_in() and (self._renew() or True)

    def _is_anothers(self, request: Request) -> bool:
        """Whether it says by itself who sends it, so that it is no wonder that he is not let in."""
        own = dict(pair.strip().partition("=")[::2] for pair in (request.header("cookie") or "").split(";"))
        jar = self.client.jar.values()
        if any(name in own and own[name] != jar.get(name) for name in self.names):
            return True
        if (request.header("authorization") or credentials(self.client.bearer)) != credentials(self.client.bearer):
            return True
        said = ((name, request.header(name)) for name in self.binding)
        return any(value is not None and value != AGENT for _, value in said)

    def _note(self, known: str, request: Request, response: Response) -> None:
        if known in self.shut and response.status < 300:
            self.since.clear()
        else:
            self.since[known] = request

    def _deletes(self, response: Response) -> bool:
        cookies = (SetCookie.parse(line) for line in response.all("set-cookie"))
        return any(cookie.name in self.names and is_deletion(cookie) for cookie in cookies)

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """Send without being asked about the answers."""
        self.busy, self.last = True, self.clock()
        try:
            yield
        finally:
            self.busy = False

    def _is_in(self, request: Request | None = None) -> bool:
        """Whether what only a user is answered is answered."""
        asked = request or self.inside
        if asked is None:
            return True
        with self._aside():
            inside = not self.person.is_out(asked, self.client.send(asked))
        if inside and request is None:
            self.since.clear()
        return inside

    def _get_back(self) -> bool:
        """Log in again where the login is gone; see what ended the session, where that can be seen at once."""
        if self.here >= HERE:
            return False
        self.here += not self.replays
        renewed = self._renew()
        if renewed and self.replays:
            self._replay()
        return renewed

    def _renew(self) -> bool:
        """Log in again; after a few that fail, `lost` says why no more is tried."""
        if self.person.again >= MOST_AGAIN:
            self.lost = f"The login was lost on the way more than {MOST_AGAIN} times, and not got back again."
            return False
        with self._aside():
            renewed = self.person.log_in()
        if renewed:
            self.client.jar, self.client.bearer = self.person.jar, self.person.bearer
            self.person.again += 1
            self.names |= frozenset(self.client.jar.values())
        self.failures = 0 if renewed else self.failures + 1
        if self.failures >= FAILURES:
            self.lost = f"The login was lost on the way, and not got back: {self.person.problem}"
        return renewed

    def _replay(self) -> None:
        """Read the last pages once more, one by one, until one has ended the session."""
        again = [r for r in self.since.values() if r.method in SAFE_METHODS][-REPLAYED:]
        for request in reversed(again):
            with self._aside():
                self.client.send(request)
            if not self._is_in():
                self.client.ending.add((request.method, unquote(request.path)))
                self._renew()
                break
        self.since.clear()


def ends(client: Client, operation: Operation) -> bool:
    """Whether the operation was seen to end the session."""
    return any(method == operation.method and is_at(operation, path) for method, path in client.ending)


def is_at(operation: Operation, path: str) -> bool:
    """Whether a request to that path, by its method, is one to the operation."""
    return path == operation.path or operation.match(path) is not None
