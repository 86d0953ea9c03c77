"""One scan: read every page, attack every input, look again at what was stored."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hauberk.core.errors import NothingToTestError
from hauberk.core.events import SinkKind
from hauberk.core.finding import Finding, Result
from hauberk.core.log import DECISIONS
from hauberk.core.progress import Progress, silent
from hauberk.guard import install
from hauberk.guard.decoding import decoding
from hauberk.scan import graphql, outside, unknown_address
from hauberk.scan.assets import read_scripts
from hauberk.scan.attack import Attacker, points
from hauberk.scan.attacking import Attack, leading
from hauberk.scan.care import destroys, ends_session
from hauberk.scan.checks import site
from hauberk.scan.checks.access import RULES as ACCESS_RULES
from hauberk.scan.checks.active import RULES as ACTIVE_RULES
from hauberk.scan.checks.active import (
    active_upload,
    cors_reflection,
    dom_xss,
    graphql_abuse,
    request_smuggling,
    socket_origin,
    state_by_get,
    stored_xss,
    user_enumeration,
)
from hauberk.scan.client import Budget, Client, ExhaustedError
from hauberk.scan.coverage import READ
from hauberk.scan.crawl import crawl, endless
from hauberk.scan.describing import described
from hauberk.scan.extent import USUAL, Extent
from hauberk.scan.html import Offer, led
from hauberk.scan.identities import Identity
from hauberk.scan.identity import log_in
from hauberk.scan.learning import Learnt
from hauberk.scan.libraries import Libraries
from hauberk.scan.listening import Listener
from hauberk.scan.messages import Request, Response
from hauberk.scan.outside import with_cookies
from hauberk.scan.proxied import Proxied
from hauberk.scan.renewal import ends
from hauberk.scan.resuming import Resumed
from hauberk.scan.roles import Roles, named
from hauberk.scan.second_look import look_again
from hauberk.scan.surface import Operation, Surface
from hauberk.scan.transport import GoneError, Transport
from hauberk.scan.trial import baited
from hauberk.scan.watch import EVERYWHERE, Watch

if TYPE_CHECKING:
    from hauberk.scan.browser.phase import Browsed

DEFAULT = Budget()
FEW = 200
"""Pages that are read as the administrator, at most."""
SEEN: frozenset[SinkKind] = frozenset(
    {"shell", "argv", "path", "sql", "nosql", "eval", "template", "unpickle", "xpath", "ldap"}
)
"""The kinds of sinks that the guard's sensors watch."""


def scan(
    surface: Surface,
    transport: Transport,
    *,
    target: str,
    progress: Progress = silent,
    login: Sequence[Request] = (),
    budget: Budget = DEFAULT,
    identities: Sequence[Identity] = (),
    intrusive: bool = False,
    scope: str = "",
    extent: Extent = USUAL,
) -> Result:
    """Test one's own application, called in process, and say what was proved.

    It really writes to whatever the application writes to: scan a copy with test data. `login` are requests that make
    the identity a logged-in one; hidden fields of the login form are added. With `identities` A and B it is tried
    whether one gets at what is the other's; `intrusive` allows what looks like an attack on accounts. Links that do
    not begin with the path `scope` are not followed. The transport is entered and left here.
    Raises NothingToTestError if not one input could be attacked.
    """
    watched = install()
    sees = frozenset[SinkKind]()
    if transport.senses and not watched.failed:
        sees = SEEN - ({"sql", "nosql"} if watched.unguarded else set())
    with (
        unsaid(),
        decoding() if transport.senses else nullcontext(),
        transport,
        baited(transport.wire.origin, sees) as kit,
    ):
        client = Client(transport, budget)
        client.scope = scope
        watch = Watch(transport.wire.scheme, client.origin)
        run = Run(surface, client, watch, Attacker(client, kit, watch, surface.root), progress, extent)
        run.people = Roles(identities or named(login), intrusive)
        run.all(login or next((i.login for i in identities if i.name == "a"), ()))
    if not run.tested and not run.shown and not run.broken:
        known, reached = len(run.surface.operations), len(run.listener.coverage.reached)
        raise NothingToTestError(
            f"{target}: nothing was attacked. {known} operations are known, {reached} answered with success, "
            f"and no input was found or could be tried. {' '.join(run.gaps)}".rstrip()
        )
    return run.result(target)


@contextmanager
def unsaid() -> Iterator[None]:
    """Keep out of the log what the guard observes meanwhile: it is what the scan does, and goes into its findings."""

    def other(record: logging.LogRecord) -> bool:
        return getattr(record, "hauberk", {}).get("event") not in {"guard-observed", "guard-reported"}

    DECISIONS.addFilter(other)
    try:
        yield
    finally:
        DECISIONS.removeFilter(other)


@dataclass(slots=True)
class Run:
    """A scan under way."""

    surface: Surface
    client: Client
    watch: Watch
    attacker: Attacker
    progress: Progress
    extent: Extent = USUAL
    libraries: Libraries = field(default_factory=Libraries)
    browsed: Browsed | None = None
    shown: list[Finding] = field(default_factory=list)
    """What a browser proved."""
    pages: dict[str, tuple[Operation, Request]] = field(default_factory=dict)
    """Every HTML page that was read, by its target."""
    others: dict[str, tuple[Operation, Request]] = field(default_factory=dict)
    """What else was read from outside, as far as it is text."""
    logins: dict[str, str] = field(default_factory=dict)
    graphql_asked: int = 0
    endpoints: set[str] = field(default_factory=set)
    """Paths that were asked for a schema of GraphQL."""
    smuggling_asked: int = 0
    uploads: int = 0
    """At how many operations files were uploaded."""
    logins_asked: int = 0
    stored: list[Finding] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    complete: bool = True
    broken: bool = False
    """Whether the target is the reason why the scan did not get to its end."""
    logged_in: bool = False
    described: bool = False
    """Whether it was asked for a description of itself."""
    people: Roles = field(default_factory=Roles)
    learnt: Learnt = field(default_factory=Learnt)
    listener: Listener = field(init=False)
    attack: Attack = field(init=False)
    resumed: Resumed = field(init=False)

    def __post_init__(self) -> None:
        self.listener = Listener(self.client, self.watch, Proxied(self.client, self.attacker.findings))
        self.attack = Attack(self.client, self.attacker, self.listener, self.learnt, self.extent)
        self.resumed = Resumed(self.attack)

    def all(self, login: Sequence[Request]) -> None:
        """Every phase, in order; where the budget ends, the rest is a gap."""
        phase = "reading the pages"
        try:
            self.read()
            if login:
                phase = "logging in"
                self.become(login)
            elif carried := self.people.carried(self.client):
                phase = "reading as who the cookies and fields say"
                self.attack.identifying = carried
                self.logged_in = True
                self.listener.coverage.behind.clear()
                self.read()
            phase = "trying access control"
            self.try_access()
            with self.client.frozen():
                if self.extent.browser:
                    phase = "looking with a browser"
                    self.browse()
                phase = "trying the login"
                self.logins_asked, found = user_enumeration.judge(self.client, login)
                self.stored += found
                phase = "attacking"
                self.resumed.recall(self.surface)
                self.attack.all(self.surface, self.progress, self.resumed.checkpoint)
                phase = "attacking what only the administrator gets at"
                self.rise()
                phase = "attacking the logout, as nobody"
                self.leave()
                phase = "attacking an address that is not there"
                self.surface = unknown_address.attack(self.attacker, self.surface)
                phase = "putting in again what an earlier scan did"
                self.resumed.put_in_again(self.surface)
                phase = "uploading"
                self.upload()
                phase = "asking GraphQL for its limits"
                self.graphql_asked, found = graphql_abuse.ask(self.client, self.surface)
                self.stored += found
                phase = "asking for WebSockets"
                self.stored += socket_origin.ask(self.client, self.surface)
                phase = "looking for what was stored"
                self.look_again()
                phase = "asking for what should not be there"
                self.stored += site.judge(self.client, (operation.path for operation in self.surface.operations))
                phase = "asking for request smuggling"
                self.smuggle()
                if self.extent.browser:
                    phase = "opening in a browser what was found"
                    self.confirm()
            self.client.take_leave()
        except ExhaustedError as spent:
            every = {str(point) for operation in self.attack.order(self.surface) for point in points(operation)}
            left = len(every - self.attacker.attacked)
            slow = f" {self.client.cut} answers were too long, or came too slowly, to be read." * bool(self.client.cut)
            said = f"The scan stopped while {phase}: {spent}; {left} inputs were not attacked.{slow}"
            self.incomplete(said, broken=bool(slow))
        except GoneError as gone:
            self.incomplete(
                f"The scan stopped while {phase}: {gone}. See whether it still runs, and what it logged.", broken=True
            )
        self.resumed.checkpoint(last=True)
        self.close()

    def close(self) -> None:
        """What was not seen, and why."""
        coverage, senses = self.listener.coverage, self.client.transport.senses
        self.gaps += coverage.gaps(logged_in=self.logged_in)
        for cut in coverage.cut_short():
            self.incomplete(cut, broken=True)
        watched = install()  # again: drivers may have been imported meanwhile
        if not senses:
            self.gaps.append("Judged from its answers alone: no sensor sees what a server does with an input.")
        elif watched.unguarded:
            drivers = ", ".join(watched.unguarded)
            self.gaps.append(f"No sensor sees what {drivers} runs, so that SQL injection there could not be proved.")
        for sink, why in watched.failed if senses else ():
            self.incomplete(f"The sensor {sink} is not there: {why}.")
        if self.people.lost:
            self.incomplete(f"{self.people.lost} What came after was scanned without a login.", broken=True)
        self.gaps += self.attack.left_alone(self.surface)

    @property
    def tested(self) -> bool:
        """Whether an input was attacked. From outside, names that were guessed and did nothing are none."""
        attacker = self.attacker
        if self.client.transport.senses or attacker.findings:
            return bool(attacker.attacked)
        known = (str(point) for o in self.surface.operations for point in points(with_cookies(o, self.attack.cookies)))
        return not attacker.attacked.isdisjoint(known)

    def incomplete(self, why: str, *, broken: bool = False) -> None:
        """Something was cut short; `broken` if the target would not have it otherwise."""
        self.complete = False
        self.broken = self.broken or broken
        self.gaps.append(why)

    def read(
        self, led: Sequence[Offer] = (), only: Sequence[Operation] | None = None, *, seen: Collection[str] | None = None
    ) -> None:
        """Crawl, beginning with what is known and with the addresses that a login led to, and look at every page.

        Where it begins with some operations `only`, it does not go far. What was `seen` a moment ago, before scripts
        led further, is not read again.
        """
        if not self.client.transport.senses and not self.described:
            self.described = True
            self.surface = self.surface.add(described(self.client))
            self.discover()  # before a link changes what it tells
        most = None if only is None else FEW
        found = crawl(
            self.client, self.surface, begin=led, only=only, seen=seen or (), most=most, progress=self.progress
        )
        self.surface = found.surface
        self.logins |= found.logins
        self.attacker.tokens.pages |= found.forms
        for operation, request, response in found.pages:
            self.learnt.told(operation, response)
            self.attack.cookies |= outside.cookies_of(operation.path, response)
            self.attack.answers[request.target] = response
            self.listener.hear(operation, request, response)
            if response.status < 400:
                self.keep(operation, request, response)
        if found.truncated and only is None:
            self.incomplete(f"There are more pages than the {len(found.pages)} that were read.")
        loop = endless(found.pages)
        if loop:
            self.incomplete(f"An endless redirect: {loop}.", broken=True)
        sent = read_scripts(self.client, ((request, response) for _, request, response in found.pages), self.libraries)
        if sent and seen is None:
            self.read(sent, (), seen={request.target for _, request, _ in found.pages})
            return
        self.discover()

    def discover(self) -> None:
        """Ask GraphQL endpoints, each once, what there is to ask for."""
        self.surface = self.surface.add(graphql.discover(self.client, self.surface, self.endpoints))

    def keep(self, operation: Operation, request: Request, response: Response) -> None:
        """Remember where what is stored may show."""
        if response.is_html:
            self.pages[request.target] = operation, request
        elif self.client.transport.senses:
            self.attacker.noted.template(operation, request, response)
        elif response.media in READ or response.media.startswith("text/"):
            self.others[request.target] = operation, request

    def look_again(self) -> None:
        """What was stored, where it shows."""
        pages, others = (
            [read for read in kept.values() if not ends(self.client, read[0])] for kept in (self.pages, self.others)
        )
        writing = [
            self.learnt.known(o)
            for o in self.attack.order(self.surface)
            if not destroys(o.method, o.path)
            and not ends(self.client, o)
            and str(o) not in self.listener.coverage.behind
        ]
        self.stored += look_again(self.attacker, pages, others, writing, self.progress)

    def become(self, login: Sequence[Request]) -> None:
        """Log in, and read what is there now."""
        before = self.client.jar.values()
        heard: list[tuple[Request, Response]] = []
        problem = log_in(self.client, login, self.logins, heard)
        if problem:
            self.incomplete(problem, broken=True)
        else:
            set_ = {name for name, value in self.client.jar.values().items() if before.get(name) != value}
            self.attack.identifying = frozenset(("cookie", name) for name in set_)
            self.logged_in = True
            self.endpoints.clear()  # they may tell more to who is logged in
        behind = {} if problem else dict(self.listener.coverage.behind)
        if not problem:
            self.listener.coverage.behind.clear()
        with self.people.staying(self.client, self.logins, self.surface, behind):
            self.read([] if problem else [led(self.client.origin, *one) for one in heard])

    def try_access(self) -> None:
        """What one person gets at that is another's."""
        forms = self.attacker.tokens.pages
        found, gaps = self.people.ask(self.client, self.surface, self.logins, forms, self.progress)
        self.stored += found
        self.gaps += gaps

    def rise(self) -> None:
        """Read and attack as the administrator what asked everybody else for a login, and what that leads to."""
        coverage = self.listener.coverage
        closed = [o for o in self.surface.operations if str(o) in coverage.behind and str(o) not in coverage.reached]
        known = {o.key for o in self.surface.operations}
        with self.people.as_administrator(self.client) as there:
            if there and closed:
                self.read(only=closed)
                behind = {o.key for o in closed}
                more = [o for o in self.surface.operations if o.key in behind or o.key not in known]
                order = self.attack.order(replace(self.surface, operations=tuple(more)))
                self.attack.each(order, self.progress, self.resumed.checkpoint)

    def leave(self) -> None:
        """Attack what says where a logout leads, as who has no session; one without such an input is not called."""
        ends = [leading(o) for o in self.surface.operations if ends_session(o.path) and o.method == "GET"]
        with self.people.as_nobody(self.client):
            self.attack.each([o for o in ends if o.parameters], self.progress, self.resumed.checkpoint)

    def browse(self) -> None:
        """Walk through the front end with a browser: what it asks the server for is attacked as well."""
        from hauberk.scan.browser import phase

        read = [request.target for operation, request in self.pages.values() if not operation.names]
        begin = list(dict.fromkeys(["/", *read]))[: phase.PAGES]
        self.browsed = phase.browse(self.client, begin, self.progress, destructive=self.extent.rollback is not None)
        self.shown += phase.proofs(self.browsed)
        self.surface = self.browsed.surface(self.surface)
        self.browsed.tell(self.libraries)
        self.gaps += self.browsed.gaps()
        self.complete = self.complete and not self.browsed.cut_short

    def confirm(self) -> None:
        """Open in a browser what was proved by reading."""
        from hauberk.scan.browser import phase

        found = [*self.attacker.findings, *self.stored]
        said = phase.confirmed(self.client, self.surface, found, self.progress)
        self.attacker.findings[:] = [said.get(f.fingerprint, f) for f in self.attacker.findings]
        self.stored[:] = [said.get(f.fingerprint, f) for f in self.stored]

    def smuggle(self) -> None:
        """Requests of which two that disagree make two; on a socket alone."""
        asked, found, why = request_smuggling.ask(self.client, self.surface, intrusive=self.people.intrusive)
        self.smuggling_asked += asked
        self.stored += found
        self.gaps += [why] if why else []

    def upload(self) -> None:
        """A page and a picture with script, wherever files are taken."""
        for operation in self.attack.order(self.surface):
            known = self.attack.fitting(self.learnt.known(operation))
            if known.at("upload") and str(operation) not in self.listener.coverage.behind:
                self.uploads += 1
                self.stored += active_upload.ask(self.client, known)

    def result(self, target: str) -> Result:
        """Everything that was found, passes included."""
        attacker, watched = self.attacker, self.resumed.watched(self.watch.findings())
        found = [*attacker.findings, *self.stored, *([self.listener.cors] if self.listener.cors else [])]
        places = {(f.rule.id, f.location.key()) for f in found}
        found += [f for f in self.shown if (f.rule.id, f.location.key()) not in places]
        found = list({f.fingerprint: f for f in found}.values())  # a scan that goes on may find one of them again
        return Result(
            command="scan",
            target=target,
            complete=self.complete,
            findings=(
                *found,
                *self.passes(found),
                *watched,
                *self.libraries.findings(),
            ),
            stats={
                "scan": self.client.id,
                "requests": self.client.requests,
                "operations": {
                    "known": len(self.surface.operations),
                    "reached": len(self.listener.coverage.reached),
                    "attacked": len(attacker.operations),
                },
                "points": len(attacker.attacked),
                "blocked": attacker.blocked,
                "unreached": self.listener.coverage.unreached(),
                "libraries": self.libraries.stats(),
                **({"browser": self.browsed.stats()} if self.browsed else {}),
            },
            gaps=tuple(self.gaps),
        )

    def passes(self, found: Sequence[Finding]) -> Iterator[Finding]:
        """For each active rule that was tried and proved nothing: where it was tried."""
        tried = self.attacker.tally() | {
            stored_xss.RULE.id: len(self.pages) if self.attacker.sent else 0,
            state_by_get.RULE.id: len(self.pages) if self.attacker.sent else 0,
            cors_reflection.RULE.id: self.listener.cors_asked,
            user_enumeration.RULE.id: self.logins_asked,
            active_upload.RULE.id: self.uploads,
            graphql_abuse.RULE.id: self.graphql_asked,
            request_smuggling.RULE.id: self.smuggling_asked,
            **self.people.tried,
            **self.listener.proxied.asked,
            socket_origin.RULE.id: len(self.surface.sockets),
            dom_xss.RULE.id: self.browsed.dom.probed if self.browsed else 0,
        }
        failed = {finding.rule.id for finding in found}
        yield from site.unasked(failed)
        for rule in (*ACTIVE_RULES, *ACCESS_RULES):
            count = tried.get(rule.id, 0)
            if rule.id not in failed:
                message = f"Tried at {count} places, proved at none." if count else "There was nothing to try it at."
                yield Finding(
                    rule=rule,
                    outcome="pass" if count else "not-applicable",
                    location=EVERYWHERE,
                    message=message,
                    evidence={"points": count},
                )
