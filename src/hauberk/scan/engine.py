"""One scan: read every page, attack every input, look again at what was stored."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING

from hauberk.core.errors import NothingToTestError
from hauberk.core.events import SinkKind
from hauberk.core.finding import Finding, Result
from hauberk.core.log import DECISIONS
from hauberk.core.progress import Progress, silent
from hauberk.guard import install
from hauberk.scan import build, cross_origin, graphql, outside
from hauberk.scan.assets import read_scripts
from hauberk.scan.attack import Attacker, points
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
from hauberk.scan.checks.passive import RULES as PASSIVE_RULES
from hauberk.scan.client import Budget, Client, ExhaustedError
from hauberk.scan.coverage import Coverage
from hauberk.scan.crawl import crawl, endless
from hauberk.scan.describing import described
from hauberk.scan.extent import USUAL, Extent, Reached
from hauberk.scan.identities import Identity
from hauberk.scan.identity import log_in
from hauberk.scan.libraries import Libraries
from hauberk.scan.messages import Request, Response
from hauberk.scan.outside import with_cookies
from hauberk.scan.proxied import Proxied
from hauberk.scan.roles import Roles, named
from hauberk.scan.second_look import DIGITS, look_again
from hauberk.scan.surface import FORM, Operation, Parameter, Surface
from hauberk.scan.sweep import UNKNOWN, groups, learnt, sweep, swept_points
from hauberk.scan.transport import GoneError, Transport
from hauberk.scan.trial import Point, Shot, baited
from hauberk.scan.watch import EVERYWHERE, Watch

if TYPE_CHECKING:
    from hauberk.scan.browser.phase import Browsed

DEFAULT = Budget()
SETTINGS = 40
"""Operations at which CORS is asked."""
CLOSED = frozenset({401, 403, 404, 405})
"""Answers behind which no input is read."""
SEEN: frozenset[SinkKind] = frozenset(
    {"shell", "argv", "path", "sql", "nosql", "eval", "template", "unpickle", "xpath", "ldap"}
)
"""The kinds of sinks that the guard's sensors watch."""
EVERY = 2.0
"""Seconds between two notes of how far it is."""


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
    with unsaid(), transport, baited(transport.wire.origin, sees) as kit:
        client = Client(transport, budget)
        client.scope = scope
        watch = Watch(transport.wire.scheme, client.origin)
        run = Run(surface, client, watch, Attacker(client, kit, watch, surface.root), progress, extent)
        run.people = Roles(identities or named(login), intrusive)
        run.all(login or next((i.login for i in identities if i.name == "a"), ()))
    if not run.tested and not run.shown and not run.broken:
        known, reached = len(run.surface.operations), len(run.coverage.reached)
        raise NothingToTestError(
            f"{target}: nothing was attacked. {known} operations are known, {reached} answered with success, "
            f"and no input was found or could be tried. {' '.join(run.gaps)}".rstrip()
        )
    return run.result(target)


def asking(operation: Operation) -> Operation:
    """An operation of which no input is known, with one that nobody knows: code that goes through all of them shows."""
    if operation.parameters or operation.method not in {"POST", "PUT", "PATCH"}:
        return operation
    return replace(operation, parameters=(Parameter(name=UNKNOWN, place="form"),), body=FORM)


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
    coverage: Coverage = field(default_factory=Coverage)
    pages: dict[str, tuple[Operation, Request]] = field(default_factory=dict)
    """Every HTML page that was read, by its target."""
    logins: dict[str, str] = field(default_factory=dict)
    reads: dict[str, dict[tuple[str, str], str]] = field(default_factory=dict)
    """What handlers asked for, by path."""
    asked: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    """In which lines of code, by path and method."""
    cors: Finding | None = None
    cors_asked: int = 0
    proxied: Proxied = field(init=False)
    graphql_asked: int = 0
    smuggling_asked: int = 0
    uploads: int = 0
    """At how many operations files were uploaded."""
    shapes: Counter[str] = field(default_factory=Counter)
    """At how many operations CORS was asked, by their paths without numbers."""
    logins_asked: int = 0
    stored: list[Finding] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    complete: bool = True
    broken: bool = False
    """Whether the target is the reason why the scan did not get to its end."""
    logged_in: bool = False
    identifying: frozenset[tuple[str, str]] = frozenset()
    """The inputs that say who the scan is, by place and name: what the login set."""
    cookies: dict[tuple[str, str], str] = field(default_factory=dict)
    """What pages set, by path and name."""
    answers: dict[str, Response] = field(default_factory=dict)
    """What pages were, by target."""
    described: bool = False
    """Whether it was asked for a description of itself."""
    people: Roles = field(default_factory=Roles)
    done: set[str] = field(default_factory=set)
    """Inputs that were attacked to the end."""
    earlier: dict[str, Finding] = field(default_factory=dict)
    """What an earlier scan saw, by rule: of pages that were answers to what is not sent again."""
    saved: float = field(default_factory=monotonic)

    def __post_init__(self) -> None:
        self.proxied = Proxied(self.client, self.attacker.findings)

    def all(self, login: Sequence[Request]) -> None:
        """Every phase, in order; where the budget ends, the rest is a gap."""
        phase = "reading the pages"
        self.resume()
        try:
            self.read()
            if login:
                phase = "logging in"
                self.become(login)
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
                self.attack()
                phase = "putting in again what an earlier scan did"
                self.put_in_again()
                phase = "uploading"
                self.upload()
                phase = "asking GraphQL for its limits"
                self.graphql_asked, found = graphql_abuse.ask(self.client, self.surface)
                self.stored += found
                phase = "asking for WebSockets"
                self.stored += socket_origin.ask(self.client, self.surface)
                phase = "looking for what was stored"
                self.stored += look_again(self.attacker, self.pages.values(), self.progress)
                phase = "asking for what should not be there"
                self.stored += site.judge(self.client, (operation.path for operation in self.surface.operations))
                phase = "asking for request smuggling"
                self.smuggle()
                if self.extent.browser:
                    phase = "opening in a browser what was found"
                    self.confirm()
            self.client.take_leave()
        except ExhaustedError as spent:
            every = {str(point) for operation in self.order() for point in points(operation)}
            left = len(every - self.attacker.attacked)
            slow = f" {self.client.cut} answers were too long, or came too slowly, to be read." * bool(self.client.cut)
            said = f"The scan stopped while {phase}: {spent}; {left} inputs were not attacked.{slow}"
            self.incomplete(said, broken=bool(slow))
        except GoneError as gone:
            self.incomplete(
                f"The scan stopped while {phase}: {gone}. See whether it still runs, and what it logged.", broken=True
            )
        self.checkpoint(last=True)
        self.gaps += self.coverage.gaps(logged_in=self.logged_in)
        for cut in self.coverage.cut_short():
            self.incomplete(cut, broken=True)
        watched = install()  # again: drivers may have been imported meanwhile
        if not self.client.transport.senses:
            self.gaps.append("Judged from its answers alone: no sensor sees what a server does with an input.")
        elif watched.unguarded:
            drivers = ", ".join(watched.unguarded)
            self.gaps.append(f"No sensor sees what {drivers} runs, so that SQL injection there could not be proved.")
        for sink, why in watched.failed if self.client.transport.senses else ():
            self.incomplete(f"The sensor {sink} is not there: {why}.")
        spared = sorted(str(o) for o in self.surface.operations if ends_session(o.path))
        if spared:
            self.gaps.append(f"Not attacked, because it ends the session: {', '.join(spared)}.")
        lost = sorted(str(o) for o in self.surface.operations if self.is_spared(o) and str(o) not in spared)
        if lost:
            how = "; --rollback names a function that puts the data back" if self.client.transport.senses else ""
            self.gaps.append(f"Not attacked, because it destroys or spends: {', '.join(lost)}{how}.")

    @property
    def tested(self) -> bool:
        """Whether an input was attacked. From outside, names that were guessed and did nothing are none."""
        attacker = self.attacker
        if self.client.transport.senses or attacker.findings:
            return bool(attacker.attacked)
        known = (str(point) for o in self.surface.operations for point in points(with_cookies(o, self.cookies)))
        return not attacker.attacked.isdisjoint(known)

    def incomplete(self, why: str, *, broken: bool = False) -> None:
        """Something was cut short; `broken` if the target would not have it otherwise."""
        self.complete = False
        self.broken = self.broken or broken
        self.gaps.append(why)

    def read(self) -> None:
        """Crawl, and look at every page."""
        if not self.client.transport.senses and not self.described:
            self.described = True
            self.surface = self.surface.add(described(self.client))
        found = crawl(self.client, self.surface, progress=self.progress)
        self.surface = found.surface
        self.logins |= found.logins
        self.attacker.tokens.pages |= found.forms
        for operation, request, response in found.pages:
            self.coverage.heard(operation, request, response)
            self.watch.page(operation, self.client.complete(request), response)
            self.told(operation, response)
            self.cookies |= outside.cookies_of(operation.path, response)
            self.answers[request.target] = response
            self.ask_origin(operation, request, response)
            self.proxied.ask(operation, request, response)
            if response.is_html and response.status < 400:
                self.pages[request.target] = operation, request
        if found.truncated:
            self.incomplete(f"There are more pages than the {len(found.pages)} that were read.")
        loop = endless(found.pages)
        if loop:
            self.incomplete(f"An endless redirect: {loop}.", broken=True)
        read_scripts(self.client, ((request, response) for _, request, response in found.pages), self.libraries)
        self.surface = self.surface.add(graphql.discover(self.client, self.surface))

    def become(self, login: Sequence[Request]) -> None:
        """Log in, and read what is there now."""
        before = self.client.jar.values()
        problem = log_in(self.client, login, self.logins)
        if problem:
            self.incomplete(problem, broken=True)
        else:
            set_ = {name for name, value in self.client.jar.values().items() if before.get(name) != value}
            self.identifying = frozenset(("cookie", name) for name in set_)
            self.logged_in = True
            self.coverage.behind.clear()
        self.read()

    def try_access(self) -> None:
        """What one person gets at that is another's."""
        found, gaps = self.people.ask(self.client, self.surface, self.logins, self.progress)
        self.stored += found
        self.gaps += gaps

    def is_spared(self, operation: Operation) -> bool:
        """What ends the session is never attacked; what destroys only where it can be put back."""
        hurts = destroys(operation.method, operation.path) and self.extent.rollback is None
        return ends_session(operation.path) or hurts

    def order(self) -> list[Operation]:
        """Reading before writing before destroying."""
        kept = [o for o in self.surface.operations if not self.is_spared(o)]
        written = {o.path for o in kept if o.method == "POST"} if self.client.transport.senses else set()
        # Where the sensors may tell that GET is answered by the code for POST, POST comes first and GET is spared.
        return sorted(
            kept,
            key=lambda o: (
                destroys(o.method, o.path),
                o.method == "DELETE",
                o.method != "GET" or o.path in written,
                o.method == "GET",
            ),
        )

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

    def resume(self) -> None:
        """Take over what an earlier scan did."""
        begin, attacker = self.extent.begin, self.attacker
        self.done |= begin.points
        attacker.attacked |= begin.attacked
        attacker.operations |= begin.operations
        attacker.findings += [f for f in begin.findings if f.rule not in PASSIVE_RULES]
        self.earlier = {f.rule.id: f for f in begin.findings if f.rule in PASSIVE_RULES}
        attacker.tried = dict(begin.tried)
        self.reads = {path: dict(read) for path, read in begin.reads.items()}
        self.asked = {path: {m: set(lines) for m, lines in by.items()} for path, by in begin.asked.items()}

    def recall(self) -> None:
        """What an earlier scan put in may still turn up."""
        if self.extent.begin.sent:
            known = {str(point): point for operation in self.surface.operations for point in self.inputs(operation)}
            kept = self.extent.begin.sent.items()
            self.attacker.sent |= {word: (known[at], template) for word, (at, template) in kept if at in known}

    def inputs(self, operation: Operation) -> list[Point]:
        """Where values go in: what it learnt that is asked for is among them, and names."""
        known = with_cookies(learnt(operation, self.reads.get(operation.path, ())), self.cookies)
        swept = swept_points(known, guess=not self.client.transport.senses)
        return list({str(point): point for point in (*points(known), *swept)}.values())

    def put_in_again(self) -> None:
        """Markup that an earlier scan sent: an application in process began anew since, and may have forgotten it."""
        if not self.client.transport.senses:
            return
        for operation in self.order():
            if str(operation) not in self.extent.begin.points:
                continue
            mine = {str(point): point for point in self.inputs(operation)}
            last = {at: template for at, template in self.extent.begin.sent.values() if at in mine}
            for group in groups(operation, [mine[at] for at in last]):
                if group:
                    self.attacker.volley([(point, last[str(point)]) for point in group])

    def checkpoint(self, *, last: bool = False) -> None:
        """Say how far it is, now and then."""
        if self.extent.checkpoint is None or not (last or monotonic() >= self.saved + EVERY):
            return
        self.saved = monotonic()
        attacker = self.attacker
        sent = {word: (str(point), template) for word, (point, template) in attacker.sent.items()}
        self.extent.checkpoint(
            Reached(
                points=frozenset(self.done),
                attacked=frozenset(attacker.attacked),
                operations=frozenset(attacker.operations),
                findings=(*attacker.findings, *(f for f in self.watched() if f.outcome == "fail")),
                sent={**self.extent.begin.sent, **sent},
                tried=attacker.tally(),
                reads={path: dict(read) for path, read in self.reads.items()},
                asked={path: {m: frozenset(lines) for m, lines in by.items()} for path, by in self.asked.items()},
            )
        )

    def attack(self) -> None:
        """Every input of every operation, after one ordinary request to it."""
        self.recall()
        order = self.order()
        self.attacker.thorough = thorough = self.is_affordable(order)
        self.attacker.timed = not self.client.transport.senses and self.is_affordable(order, outside.TIMED)
        for done, operation in enumerate(order):
            self.progress("attacking", done, len(order))
            if str(operation) in self.extent.begin.points:
                continue
            if self.client.transport.senses:
                self.sweep(operation)
            else:
                self.outside(operation, thorough=thorough)
            self.done.add(str(operation))
            self.checkpoint()
            if self.extent.rollback is not None and destroys(operation.method, operation.path):
                self.extent.rollback()

    def smuggle(self) -> None:
        """Requests of which two that disagree make two; on a socket alone."""
        asked, found, why = request_smuggling.ask(self.client, self.surface, intrusive=self.people.intrusive)
        self.smuggling_asked += asked
        self.stored += found
        self.gaps += [why] if why else []

    def upload(self) -> None:
        """A page and a picture with script, wherever files are taken."""
        for operation in self.order():
            known = learnt(operation, self.reads.get(operation.path, ()))
            if known.at("upload") and str(operation) not in self.coverage.behind:
                self.uploads += 1
                self.stored += active_upload.ask(self.client, known)

    def ordinary(self, operation: Operation) -> Response:
        """One ordinary request, and what it shows."""
        request, response = self.attacker.tokens.send(self.client, operation, build.request(operation))
        self.coverage.heard(operation, request, response)
        self.watch.page(operation, self.client.complete(request), response)
        self.ask_origin(operation, request, response)
        self.proxied.ask(operation, request, response)
        return response

    def sweep(self, operation: Operation) -> None:
        """In process: one request for all inputs, and more only for those that react."""
        operation = learnt(operation, self.reads.get(operation.path, ()))
        found = swept_points(operation, guess=False)
        if not found and str(operation) not in self.coverage.reached:
            response = self.ordinary(asking(operation))
            operation = self.told(operation, response)
            found = swept_points(operation, guess=False)
        if self.same_code(operation):
            self.attacker.operations.add(str(operation))
            return
        seen: set[str] = set()
        while found:
            needy: list[Point] = []
            known = operation
            for group in groups(operation, found, self.identifying):
                shot, cold = sweep(self.attacker, operation, group)
                operation = self.told(operation, shot.response)
                self.swept(operation, shot)
                needy += cold
            if needy and (str(operation) in self.coverage.reached or self.ordinary(operation).status not in CLOSED):
                for point in needy:
                    self.attacker.attack(point)
            seen |= {str(point) for point in found}
            found = [] if operation is known else swept_points(operation, guess=False)
            found = [point for point in found if str(point) not in seen]

    def told(self, operation: Operation, response: Response) -> Operation:
        """Remember what its handler asked for; the operation with that."""
        if not response.reads:
            return operation
        self.reads.setdefault(operation.path, {}).update(response.reads)
        self.asked.setdefault(operation.path, {}).setdefault(operation.method, set()).update(response.reads.values())
        return learnt(operation, response.reads)

    def same_code(self, operation: Operation) -> bool:
        """Whether all that its handler asks for is asked in lines that were attacked by another method already.

        A handler that hands GET on to the one for POST, say; or one that asks for nothing, where only its source
        says that it might.
        """
        asked = self.asked.get(operation.path, {})
        if not asked.keys() - {operation.method}:
            return False
        mine = asked.get(operation.method, set())
        attacked = self.attacker.operations  # its own name may be among them, where an earlier scan stopped within it
        others = [
            lines
            for method, lines in asked.items()
            if method != operation.method and f"{method} {operation.path}" in attacked
        ]
        declared = any(p.schema for p in operation.parameters) or operation.source != "routes"
        if operation.names or (not mine and (declared or str(operation) not in self.coverage.reached)):
            return False
        return any(lines and mine <= lines for lines in others)

    def swept(self, operation: Operation, shot: Shot) -> None:
        """A sweep that was answered with success is an ordinary request too."""
        name = str(operation)
        if shot.response.status < 400 and name not in self.coverage.reached:
            self.coverage.heard(operation, shot.request, shot.response)
            self.watch.page(operation, shot.request, shot.response)
            self.proxied.ask(operation, shot.request, shot.response)

    def outside(self, operation: Operation, *, thorough: bool) -> None:
        """From outside: each input by itself, or, where that would take more than there is, all of them at once."""
        operation = with_cookies(operation, self.cookies)
        known = self.answers.get(build.request(operation).target) if operation.method == "GET" else None
        if known is None and (thorough or not swept_points(operation, guess=True)):
            known = self.ordinary(operation)
        if thorough:
            for point in points(operation):
                if str(point) in self.extent.begin.points:
                    continue
                answer = self.attacker.attack(point)
                self.done.add(str(point))
                self.checkpoint()
                if answer.status < 400 and str(operation) not in self.coverage.behind:
                    self.coverage.reached.add(str(operation))
        own = {p.key for p in operation.parameters} if thorough else set()
        found = [p for p in swept_points(operation, guess=True) if p.is_name or p.parameter.key not in own]
        for group in groups(operation, found, self.identifying):
            plain, hot = outside.sweep(self.attacker, group, known)
            self.swept(operation, plain)
            for one in hot:
                self.attacker.attack(one.point, one.plain, one.torn)

    def is_affordable(self, order: Sequence[Operation], more: int = 0) -> bool:
        """Whether the budget is enough to attack every input by itself, with so many more requests for each."""
        each, left = outside.EACH + more, self.client.budget.max_requests - self.client.requests
        if sum(len(operation.parameters) for operation in order) * each <= left:
            return True
        return sum(len(list(points(operation))) for operation in order) * each <= left

    def ask_origin(self, operation: Operation, request: Request, response: Response) -> None:
        """CORS, where there is something to read; one finding is enough, as it is one setting."""
        if operation.method != "GET" or response.status >= 400 or self.cors is not None:
            return
        if len(self.shapes) >= SETTINGS or (shape := DIGITS.sub("0", operation.path)) in self.shapes:
            return
        self.shapes[shape] += 1
        self.cors_asked += 1
        self.cors = cross_origin.ask(self.client, operation, request, response)

    def result(self, target: str) -> Result:
        """Everything that was found, passes included."""
        attacker = self.attacker
        found = [*attacker.findings, *self.stored, *([self.cors] if self.cors else [])]
        places = {(f.rule.id, f.location.key()) for f in found}
        found += [f for f in self.shown if (f.rule.id, f.location.key()) not in places]
        found = list({f.fingerprint: f for f in found}.values())  # a scan that goes on may find one of them again
        return Result(
            command="scan",
            target=target,
            complete=self.complete,
            findings=(*found, *self.passes(found), *self.watched(), *self.libraries.findings()),
            stats={
                "scan": self.client.id,
                "requests": self.client.requests,
                "operations": {
                    "known": len(self.surface.operations),
                    "reached": len(self.coverage.reached),
                    "attacked": len(attacker.operations),
                },
                "points": len(attacker.attacked),
                "blocked": attacker.blocked,
                "unreached": self.coverage.unreached(),
                "libraries": self.libraries.stats(),
                **({"browser": self.browsed.stats()} if self.browsed else {}),
            },
            gaps=tuple(self.gaps),
        )

    def watched(self) -> list[Finding]:
        """What every page said, by rule; an earlier scan's failure where this one saw none."""
        return [f if f.outcome == "fail" else self.earlier.get(f.rule.id, f) for f in self.watch.findings()]

    def passes(self, found: Sequence[Finding]) -> Iterator[Finding]:
        """For each active rule that was tried and proved nothing: where it was tried."""
        tried = self.attacker.tally() | {
            stored_xss.RULE.id: len(self.pages) if self.attacker.sent else 0,
            state_by_get.RULE.id: len(self.pages) if self.attacker.sent else 0,
            cors_reflection.RULE.id: self.cors_asked,
            user_enumeration.RULE.id: self.logins_asked,
            active_upload.RULE.id: self.uploads,
            graphql_abuse.RULE.id: self.graphql_asked,
            request_smuggling.RULE.id: self.smuggling_asked,
            **self.people.tried,
            **self.proxied.asked,
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
