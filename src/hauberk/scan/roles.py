"""The phase of a scan in which several people ask: who they are, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from hauberk.core.finding import Finding
from hauberk.core.progress import Progress
from hauberk.scan.access import World
from hauberk.scan.checks.access import CHECKS
from hauberk.scan.client import Client
from hauberk.scan.identities import NOBODY, Identity, Person, Renewal, gathered, nobody
from hauberk.scan.messages import Request
from hauberk.scan.surface import Surface


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
    lost: str = ""
    """Why A, who could log in at first, could not in the end, when the scan wanted to go on as A; empty otherwise."""

    def carried(self, client: Client) -> frozenset[tuple[str, str]]:
        """Let the client be A, where no login but cookies and fields make A who he is: their places and names."""
        main = next((identity for identity in self.identities if identity.name == "a"), None)
        if main is None or main.login or main.call:
            return frozenset()
        client.jar.take(main.cookies)
        client.fields = tuple(main.headers.items())
        return frozenset({*(("cookie", name) for name in main.cookies), *(("header", name) for name in main.headers)})

    @contextmanager
    def staying(self, client: Client, logins: Mapping[str, str], closed: Iterable[Request]) -> Iterator[None]:
        """Log in again meanwhile, where something that is read logs out. `closed` asked nobody for a login."""
        main = next((identity for identity in self.identities if identity.name == "a"), None)
        if main is None or not main.login:
            yield
            return
        person = Person(main, client, logins)
        opened = (request for request in closed if not person.is_out(request, client.send(request)))
        inside = next(opened, None)
        client.renew = Renewal(person, inside) if inside is not None else None
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
                self.lost = f"Identity a could not log in again after access was tried: {main.problem}"
            client.jar, client.bearer = main.jar, main.bearer
            client.fields = tuple(main.identity.headers.items())
            client.renew = Renewal(main, world.inside)
        return found, gaps

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
        client.renew = Renewal(person) if person.identity.login else None
        try:
            yield
        finally:
            client.jar, client.bearer, client.fields, client.renew = before
