"""The phase of a scan in which several people ask: who they are, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest

from hauberk.core.finding import Finding
from hauberk.core.progress import Progress
from hauberk.scan import build
from hauberk.scan.access import World
from hauberk.scan.care import ends_session
from hauberk.scan.checks.access import CHECKS
from hauberk.scan.client import Client
from hauberk.scan.identities import NOBODY, Identity, Person, gathered, nobody, shape
from hauberk.scan.messages import Request
from hauberk.scan.renewal import Renewal
from hauberk.scan.surface import Operation, Surface


def named(login: Sequence[Request]) -> tuple[Identity, ...]:
    """The one identity of a scan that was only told how to log in."""
    return (Identity(name="a", login=tuple(login)),) if login else ()


@dataclass(slots=True)
class Roles:
    """Whom the scan may be."""

    identities: Sequence[Identity] = ()
    intrusive: bool = False
    tried: dict[str, int] = field(default_factory=dict)
    """At how many places each rule was tried."""
    higher: Person | None = None
    """The administrator, where he could log in."""
    refused: str = ""
    """Why A, who could log in at first, could not in the end, when the scan wanted to go on as A; empty otherwise."""
    renewals: list[Renewal] = field(default_factory=list)
    """What kept the scan logged in."""
    inside: Request | None = None
    """What A's login opened."""
    doors: dict[str, Request] = field(default_factory=dict)
    """One of each way to ask nobody in, by that way."""
    shut: frozenset[str] = frozenset()
    """Shapes of what asked nobody in."""

    def carried(self, client: Client) -> frozenset[tuple[str, str]]:
        """Let the client be A, where no login but cookies and fields make A who he is: their places and names."""
        main = next((identity for identity in self.identities if identity.name == "a"), None)
        if main is None or main.login or main.call:
            return frozenset()
        client.jar.take(main.cookies)
        client.fields = tuple(main.headers.items())
        return frozenset({*(("cookie", name) for name in main.cookies), *(("header", name) for name in main.headers)})

    @property
    def lost(self) -> str:
        """Why the scan went on without a login that it had; empty if it did not."""
        return self.refused or next((one.lost for one in self.renewals if one.lost), "")

    @contextmanager
    def staying(
        self, client: Client, logins: Mapping[str, str], surface: Surface, behind: Mapping[str, str]
    ) -> Iterator[None]:
        """Log in again meanwhile, where something that is read logs out.

        `behind` are the operations that asked nobody in, and how: of each way to ask, one or two are looked at for one
        that the login opens. An administrator's pages may ask in a way of their own, and are opened by no other login.
        """
        main = next((identity for identity in self.identities if identity.name == "a"), None)
        if main is None or not main.login:
            yield
            return
        person = Person(main, client, logins)
        closed = [o for o in surface.operations if o.method == "GET" and str(o) in behind and not ends_session(o.path)]
        self.shut = frozenset(shape(build.request(o)) for o in closed)
        for operation in _of_each_kind([o for o in closed if not o.names], behind):
            request = build.request(operation)
            if behind[str(operation)] not in self.doors and not person.is_out(request, client.send(request)):
                self.doors[behind[str(operation)]] = request
        self.inside = next(iter(self.doors.values()), None)
        client.renew = self._kept(Renewal(person, self.inside, shut=self.shut, replays=True)) if self.inside else None
        try:
            yield
        finally:
            client.renew = None

    def ask(
        self,
        client: Client,
        surface: Surface,
        logins: Mapping[str, str],
        forms: Mapping[str, str],
        progress: Progress,
    ) -> tuple[list[Finding], list[str]]:
        """Log everybody in, and try what each gets at. Findings, and what could not be tried."""
        people = gathered(client, self.identities, logins, forms)
        for person in people.values():
            person.inside = self.inside
        world = World(
            surface=surface,
            people=people,
            root=surface.root,
            origin=client.origin,
            login_paths=frozenset(request.path for i in self.identities for request in i.login),
            intrusive=self.intrusive,
        )
        found: list[Finding] = []
        if self.identities:
            for done, check in enumerate(CHECKS):
                progress("trying access control", done, len(CHECKS))
                found += check.ask(world)
        self.tried = world.tried
        gaps = [f"Identity {name}: {p.problem}" for name, p in people.items() if p.problem]
        if not {"a", "b"} <= set(people) - {name for name, p in people.items() if p.problem}:
            gaps.append("Access between users was not tried: that needs identities a and b (--identities).")
        self.higher = next((p for name, p in people.items() if name == "admin" and not p.problem), None)
        main = people.get("a")
        if main is not None and not main.problem and main.identity.name != NOBODY:
            if not main.log_in():
                self.refused = f"Identity a could not log in again after access was tried: {main.problem}"
            client.jar, client.bearer = main.jar, main.bearer
            client.fields = tuple(main.identity.headers.items())
            client.renew = self._kept(Renewal(main, self.inside or world.inside, [*self.doors.values()], self.shut))
        return found, gaps

    def _kept(self, renewal: Renewal) -> Renewal:
        self.renewals.append(renewal)
        return renewal

    @contextmanager
    def as_administrator(self, client: Client) -> Iterator[bool]:
        """Be the administrator meanwhile; whether there is one."""
        if self.higher is None:
            yield False
            return
        self.higher.log_in()
        with self._being(client, self.higher):
            yield not self.higher.problem

    @contextmanager
    def as_nobody(self, client: Client) -> Iterator[None]:
        """Be nobody meanwhile."""
        with self._being(client, nobody(client)):
            yield

    @contextmanager
    def _being(self, client: Client, person: Person) -> Iterator[None]:
        before = client.jar, client.bearer, client.fields, client.renew
        client.jar, client.bearer, client.fields = person.jar, person.bearer, tuple(person.identity.headers.items())
        client.renew = self._kept(Renewal(person)) if person.identity.login else None
        try:
            yield
        finally:
            client.jar, client.bearer, client.fields, client.renew = before


def _of_each_kind(closed: Sequence[Operation], behind: Mapping[str, str]) -> list[Operation]:
    """Some that are asked whether the login opens them: the first of each way to ask for one, then the second, ..."""
    kinds: dict[str, list[Operation]] = {}
    for operation in closed:
        kinds.setdefault(behind[str(operation)], []).append(operation)
    rows = zip_longest(*kinds.values())
    return [operation for row in rows for operation in row if operation is not None][:MOST_ASKED]


MOST_ASKED = 8
"""Operations that ask for a login of which one is looked for that the login opens."""
