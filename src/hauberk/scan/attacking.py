"""The phase that attacks: every input of every operation, with as few requests as what is known allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from hauberk.core.progress import Progress
from hauberk.scan import build, outside
from hauberk.scan.attack import Attacker, points
from hauberk.scan.care import destroys, ends_session, snake
from hauberk.scan.checks.active import open_redirect
from hauberk.scan.client import Client
from hauberk.scan.extent import Extent
from hauberk.scan.fitting import takes_pictures_alone
from hauberk.scan.learning import Learnt, pictured
from hauberk.scan.listening import Listener
from hauberk.scan.messages import Response
from hauberk.scan.outside import with_cookies
from hauberk.scan.renewal import ends, is_at
from hauberk.scan.surface import FORM, Operation, Parameter, Surface
from hauberk.scan.sweep import UNKNOWN, groups, strict_first, sweep, swept_points
from hauberk.scan.trial import Point, Shot

CLOSED = frozenset({401, 403, 404, 405})
"""Answers behind which no input is read."""


def asking(operation: Operation) -> Operation:
    """An operation of which no input is known, with one that nobody knows: code that goes through all of them shows."""
    if operation.parameters or operation.method not in {"POST", "PUT", "PATCH"}:
        return operation
    return replace(operation, parameters=(Parameter(name=UNKNOWN, place="form"),), body=FORM)


def leading(operation: Operation) -> Operation:
    """The operation with nothing but the inputs that say where it leads."""
    kept = tuple(p for p in operation.at("query") if open_redirect.HINT.search(snake(p.name)))
    return replace(operation, parameters=kept)


@dataclass(slots=True)
class Attack:
    """What the phase knows, and how far it is."""

    client: Client
    attacker: Attacker
    listener: Listener
    learnt: Learnt
    extent: Extent
    identifying: frozenset[tuple[str, str]] = frozenset()
    """The inputs that say who the scan is, by place and name: what the login set."""
    cookies: dict[tuple[str, str], str] = field(default_factory=dict)
    """What pages set, by path and name."""
    answers: dict[str, Response] = field(default_factory=dict)
    """What pages were, by target."""
    fitted: set[str] = field(default_factory=set)
    """Operations that were asked which files they take."""
    deadly: set[tuple[str, str]] = field(default_factory=set)
    """Inputs of which another value ends the session."""
    done: set[str] = field(default_factory=set)
    """Operations and inputs that were attacked to the end."""

    @property
    def senses(self) -> bool:
        """Whether sensors see what a server does with an input."""
        return self.client.transport.senses

    def is_spared(self, operation: Operation) -> bool:
        """What ends the session is never attacked; what destroys only where it can be put back."""
        hurts = destroys(operation.method, operation.path) and self.extent.rollback is None
        return ends_session(operation.path) or hurts

    def left_alone(self, surface: Surface) -> Iterator[str]:
        """What was not attacked or was last, and why, in sentences."""
        reached = self.listener.coverage.reached
        ending = sorted(str(o) for o in surface.operations if ends_session(o.path))
        spared = [name for name in ending if name not in reached or name not in self.attacker.operations]
        if spared:
            yield f"Not attacked, because it ends the session: {', '.join(spared)}."
        late = sorted(str(o) for o in surface.operations if ends(self.client, o) and str(o) not in ending)
        if late:
            yield f"Attacked last, because it was seen to end the session: {', '.join(late)}."
        if self.deadly:
            named = ", ".join(sorted(name for _, name in self.deadly))
            yield f"Not attacked, because another value ends the session: the header {named}."
        lost = sorted(str(o) for o in surface.operations if self.is_spared(o) and str(o) not in ending)
        if lost:
            how = "; --rollback names a function that puts the data back" if self.senses else ""
            yield f"Not attacked, because it destroys or spends: {', '.join(lost)}{how}."

    def order(self, surface: Surface) -> list[Operation]:
        """Reading before writing before destroying."""
        kept = [o for o in surface.operations if not self.is_spared(o)]
        written = {o.path for o in kept if o.method == "POST"} if self.senses else set()
        # Where the sensors may tell that GET is answered by the code for POST, POST comes first and GET is spared.
        return sorted(
            kept,
            key=lambda o: (
                ends(self.client, o),
                any(is_at(o, path) for path in self.client.slow),  # it may take all the time that there is
                destroys(o.method, o.path),
                o.method == "DELETE",
                o.method != "GET" or o.path in written,
                o.method == "GET",
            ),
        )

    def all(self, surface: Surface, progress: Progress, checkpoint: Callable[[], None]) -> None:
        """Every input of every operation, after one ordinary request to it."""
        for name, ending in self.client.renew.bound() if self.client.renew is not None else ():
            self.identifying |= {("header", name)}
            self.deadly |= {("header", name)} if ending else set()
        self._run(self.order(surface), progress, checkpoint)

    def each(self, order: Sequence[Operation], progress: Progress, checkpoint: Callable[[], None]) -> None:
        """Every input of these operations, aside: afterwards it counts how much there was for all the others."""
        before = self.attacker.thorough, self.attacker.timed
        self._run(order, progress, checkpoint)
        self.attacker.thorough, self.attacker.timed = before

    def _run(self, order: Sequence[Operation], progress: Progress, checkpoint: Callable[[], None]) -> None:
        self.attacker.thorough = thorough = self._is_affordable(order)
        self.attacker.timed = not self.senses and self._is_affordable(order, outside.TIMED)
        for done, operation in enumerate(order):
            progress("attacking", done, len(order))
            if str(operation) in self.extent.begin.points:
                continue
            if self.senses:
                self._sweep(operation)
            else:
                self._outside(operation, checkpoint, thorough=thorough)
            if self.client.renew is not None:
                self.client.renew.settle(operation)
            self.done.add(str(operation))
            checkpoint()
            if self.extent.rollback is not None and destroys(operation.method, operation.path):
                self.extent.rollback()

    def inputs(self, operation: Operation) -> list[Point]:
        """Where values go in: what it learnt that is asked for is among them, and names."""
        known = with_cookies(self.learnt.known(operation), self.cookies)
        swept = swept_points(known, guess=not self.senses)
        return list({str(point): point for point in (*points(known), *swept)}.values())

    def _ordinary(self, operation: Operation) -> Response:
        """One ordinary request, and what it shows."""
        request, response = self.attacker.tokens.send(self.client, operation, build.request(operation))
        self.attacker.noted.template(operation, None, response)
        self.listener.hear(operation, request, response)
        return response

    def fitting(self, operation: Operation) -> Operation:
        """The operation with files of a kind that it takes."""
        name = str(operation)
        if name not in self.fitted and operation.at("upload"):
            self.fitted.add(name)
            if takes_pictures_alone(self.attacker, operation):
                self.learnt.pictures.add(name)
        return pictured(operation) if name in self.learnt.pictures else operation

    def _sweep(self, operation: Operation) -> None:
        """In process: one request for all inputs, and more only for those that react."""
        reached = self.listener.coverage.reached
        operation = self.fitting(self.learnt.known(operation))
        found = swept_points(operation, guess=False)
        if not found and str(operation) not in reached:
            response = self._ordinary(asking(operation))
            operation = self.learnt.told(operation, response)
            found = swept_points(operation, guess=False)
        if self.learnt.same_code(operation, self.attacker.operations, reached):
            self.attacker.operations.add(str(operation))
            return
        seen: set[str] = set()
        while found:
            needy: list[Point] = []
            known = operation
            parts = strict_first([point for point in found if point.parameter.key not in self.deadly])
            for group in (one for part in parts for one in groups(known, part, self.identifying)):
                shot, cold = sweep(self.attacker, operation, group)
                operation = self.learnt.told(operation, shot.response)
                self._swept(operation, shot)
                needy += cold
            if needy and (str(operation) in reached or self._ordinary(operation).status not in CLOSED):
                for point in needy:
                    self.attacker.attack(point)
            seen |= {str(point) for point in found}
            operation = operation if operation is known else self.fitting(operation)
            found = [] if operation is known else swept_points(operation, guess=False)
            found = [point for point in found if str(point) not in seen]

    def _swept(self, operation: Operation, shot: Shot) -> None:
        """A sweep that was answered with success is an ordinary request too."""
        if shot.response.status < 400 and str(operation) not in self.listener.coverage.reached:
            self.listener.hear(operation, shot.request, shot.response, plain=False)

    def _outside(self, operation: Operation, checkpoint: Callable[[], None], *, thorough: bool) -> None:
        """From outside: each input by itself, or, where that would take more than there is, all of them at once."""
        coverage = self.listener.coverage
        operation = self.fitting(with_cookies(operation, self.cookies))
        known = self.answers.get(build.request(operation).target) if operation.method == "GET" else None
        if known is None and (thorough or not swept_points(operation, guess=True)):
            known = self._ordinary(operation)
        if thorough:
            for point in points(operation):
                if str(point) in self.extent.begin.points or point.parameter.key in self.deadly:
                    continue
                answer = self.attacker.attack(point)
                self.done.add(str(point))
                checkpoint()
                if answer.status < 400 and str(operation) not in coverage.behind:
                    coverage.reached.add(str(operation))
        own = {p.key for p in operation.parameters} if thorough else set()
        found = [p for p in swept_points(operation, guess=True) if p.is_name or p.parameter.key not in own]
        found = [p for p in found if p.parameter.key not in self.deadly]
        for group in groups(operation, found, self.identifying):
            plain, hot = outside.sweep(self.attacker, group, known)
            self._swept(operation, plain)
            for one in hot:
                self.attacker.attack(one.point, one.plain, one.torn)

    def _is_affordable(self, order: Sequence[Operation], more: int = 0) -> bool:
        """Whether the budget is enough to attack every input by itself, with so many more requests for each."""
        each, left = outside.EACH + more, self.client.budget.max_requests - self.client.requests
        if sum(len(operation.parameters) for operation in order) * each <= left:
            return True
        return sum(len(list(points(operation))) for operation in order) * each <= left
