"""Active judgement of one insertion point: control, probes, confirmation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from hauberk.core.events import SinkKind
from hauberk.core.finding import Finding
from hauberk.scan import build, evidence
from hauberk.scan.checks.active import AT_POINTS, reflected_xss
from hauberk.scan.checks.active.path_traversal import names_file
from hauberk.scan.client import SAFE_METHODS, Client
from hauberk.scan.forgery import Tokens
from hauberk.scan.lab import Lab, normal
from hauberk.scan.messages import Request, Response
from hauberk.scan.noted import Noted
from hauberk.scan.oracles.sensor import reached
from hauberk.scan.surface import Operation
from hauberk.scan.trial import (
    PLAIN,
    POLYGLOT,
    SWEEP,
    ActiveCheck,
    Kit,
    Point,
    Proof,
    Shot,
    Trial,
    canary,
    filled,
    sendable,
)
from hauberk.scan.twice import repeated
from hauberk.scan.watch import Watch

ELEMENT = "<{c}>"
HERE = SWEEP.removeprefix("../")
INTERPRETERS = frozenset(
    f"scan.{name}"
    for name in (
        *("sql-injection", "nosql-injection", "command-injection", "xpath-injection", "ldap-injection"),
        *("template-injection", "code-injection", "deserialisation", "code-inclusion"),
    )
)
QUOTED = frozenset(f"scan.{name}-injection" for name in ("sql", "nosql", "command", "xpath", "ldap", "code"))
"""Those of them whose grammar the broken value breaks wherever it gets into it."""
FILES = "scan.path-traversal"
AFTER = frozenset({FILES})
"""Which of several answers tells an interpreter's doing from a file's?"""
REFUSED = frozenset({400, 404, 422})
PATHS: frozenset[SinkKind] = frozenset({"path"})
INTERPRETED: frozenset[SinkKind] = frozenset({"sql", "nosql", "shell", "argv", "eval", "template", "xpath", "ldap"})
HEADER_NAME = "{c}'|*{c}"
"""A quote and two operators: of the signs that the name of a field may hold (RFC 9110, section 5.6.2)."""
NAMED = {check.RULE.id: check for check in AT_POINTS}
UNTRACED = {name: check for name, check in NAMED.items() if not check.TRACED}
READERS = INTERPRETERS | AFTER
_Queue = Mapping[str, list[str]]
"""Templates, each with the rules that want it sent."""
REMEMBERED = 4_096
"""How many kinds of points are remembered."""


def points(operation: Operation) -> Iterator[Point]:
    """Where values go in. Left out are anti-forgery tokens, and fields that only repeat another, which follow it."""
    again = repeated(operation.parameters)
    for parameter in operation.parameters:
        point = Point(operation=operation, parameter=parameter)
        unsent = parameter.place == "header" and parameter.name.lower() in build.UNSENT
        if "const" in parameter.schema or parameter.key in again:  # there is one value that it takes
            continue
        if not point.is_token and not unsent and (parameter.place != "path" or parameter.name in operation.names):
            yield point


def _with_guessed(operation: Operation, points: Sequence[Point]) -> Operation:
    """The operation with the parameters that it has not by itself: guessed ones."""
    known = {parameter.key for parameter in operation.parameters}
    more = [replace(p.parameter, required=True) for p in points if p.parameter.key not in known]
    return replace(operation, parameters=(*operation.parameters, *more)) if more else operation


def _leaves_trace(shot: Shot) -> bool:
    """Whether anything shows that the value was read: a call at a sink, or its canary in the answer."""
    response, word = shot.response, shot.canary
    if response.events or word in response.low:
        return True
    return any(word in value or word in name for name, value in response.headers)


def _narrower(check: ActiveCheck, point: Point, shot: Shot, kit: Kit) -> Iterator[str]:
    """What the check sends after a sweep."""
    if check.KINDS != PATHS or reached(shot, PATHS):
        yield from (template for template in check.probes(point, shot, kit) if template not in (POLYGLOT, PLAIN))


class _Wanted(NamedTuple):
    """What an input is still asked."""

    queue: _Queue
    pending: dict[str, ActiveCheck]

    def __bool__(self) -> bool:
        return bool(self.pending)


@dataclass(slots=True)
class Attacker:
    """Attacks points one by one, and remembers which canary went in where."""

    client: Client
    kit: Kit
    watch: Watch
    root: str
    sent: dict[str, tuple[Point, str]] = field(default_factory=dict)
    """Point and template of each markup probe, by canary: what they became is looked for on other pages later."""
    findings: list[Finding] = field(default_factory=list)
    attacked: set[str] = field(default_factory=set)
    """Points, as `GET /search query:q`."""
    read: set[str] = field(default_factory=set)
    """Points of which it is proved by which interpreter they are read."""
    operations: set[str] = field(default_factory=set)
    """Operations with at least one of them."""
    blocked: int = 0
    """How many probes were refused where the control was not."""
    controls: dict[str, Shot] = field(default_factory=dict)
    """The last control that was sent after a proof, by its point: one serves all rules there."""
    repeats: dict[tuple[str, str], Shot] = field(default_factory=dict)
    """The last probe that was repeated, by point and the canary of the first: one serves all rules that it proves."""
    thorough: bool = True
    """Whether requests are there for values of which no answer said yet that they mean something."""
    timed: bool = False
    """Whether there is enough for values that make a database wait, too."""
    tokens: Tokens = field(default_factory=Tokens)
    tried: dict[str, int] = field(default_factory=dict)
    """How many points each rule was tried at, beside those that were swept."""
    swept: int = 0
    """How many points were swept: every rule was tried there."""
    noted: Noted = field(default_factory=Noted)
    """Where to look afterwards."""
    _quiet: dict[tuple[object, ...], _Wanted] = field(default_factory=dict)
    """What is wanted of a point where nothing showed that the value was read, by all that this rests on."""
    _builder: build.Builder | None = None
    """Of the operation that is under attack."""
    _provable: tuple[str, ...] = field(init=False)
    """Rules of which something is proved by several answers. Not where sensors watch every sink that shows it: there
    nothing has to be guessed from answers."""

    def __post_init__(self) -> None:
        self._provable = tuple(n for n, c in NAMED.items() if not c.KINDS or not self.kit.sees >= c.KINDS)

    def tally(self) -> dict[str, int]:
        """How many points each rule was tried at."""
        return {name: self.tried.get(name, 0) + self.swept for name in NAMED}

    def note(self, rule: str, point: Point) -> None:
        """Remember that an interpreter reads the point's values."""
        if rule in INTERPRETERS:
            self.read.add(str(point))

    def fire(self, point: Point, template: str) -> Shot:
        """Send one value; every other parameter keeps its example."""
        return self.volley([(point, template)])[0]

    def volley(self, probes: Sequence[tuple[Point, str]]) -> list[Shot]:
        """Send one request that carries a value at each of these points of one operation, each with its own canary."""
        words = [canary() for _ in probes]
        templates = [template for _, template in probes]
        values = [filled(template, word) for template, word in zip(templates, words, strict=True)]
        points = [point for point, _ in probes]
        operation = _with_guessed(points[0].operation, points)
        chosen: dict[build.Key, Any] = {}
        named: dict[build.Key, Any] = {}
        for point, template, value in zip(points, templates, values, strict=True):
            if point.is_name:
                named[point.parameter.place, value] = point.parameter.name
            else:
                chosen[point.parameter.key] = sendable(template, value)
        chosen |= {key: chosen[first] for key, first in repeated(operation.parameters).items() if first in chosen}
        sent, response = self.tokens.send(
            self.client, operation, self.client.complete(self._request(operation, chosen, named))
        )
        self.watch.failure(operation, sent, response)
        if operation.method not in SAFE_METHODS:
            marked = (p.parameter.key for p, template in probes if "<" in template and not p.is_name)
            self.noted.left[str(operation)] = frozenset(marked)
        if response.events or 300 <= response.status < 400:
            self.noted.hear(self.client.origin, points[0].operation, sent, response, words)
        for (point, template), word in zip(probes, words, strict=True):
            if "<" in template:
                self.sent[word] = point, template
        return [
            Shot(value=value, canary=word, request=sent, response=response)
            for value, word in zip(values, words, strict=True)
        ]

    def among(self, point: Point, template: str, others: str) -> Shot:
        """Send one value, and another one at every other input of the same kind, such as the fields of one login."""
        beside = [
            other
            for other in points(point.operation)
            if other.parameter.place == point.parameter.place and other.parameter != point.parameter
        ]
        return self.volley([(point, template), *((other, others) for other in beside if not other.is_typed)])[0]

    def _request(self, operation: Operation, chosen: build.Values, named: build.Values) -> Request:
        """The operation's request with these values; consecutive ones are of the same operation."""
        if self._builder is None or self._builder.operation is not operation:
            self._builder = build.Builder(operation)
        return self._builder.request(chosen, named)

    def note_attacked(self, point: Point) -> None:
        """Count the point as attacked."""
        self.attacked.add(str(point))
        self.operations.add(str(point.operation))

    def pursue(self, point: Point, template: str, shot: Shot) -> bool:
        """Judge what a sweep did at one of its inputs, and follow what it showed. Whether it showed anything."""
        self.note_attacked(point)
        self.swept += 1
        if point.is_header_name:
            self._pursue_name(point, shot)
            return False
        if _leaves_trace(shot):
            trial = Trial(point=point, template=template, shot=shot, control=shot, kit=self.kit)
            pending = dict(NAMED)
            reacted, queue = self._judged(trial, pending)
        else:
            reacted, wanted = False, self._unprompted(point, shot)
            if not wanted:
                return False
            pending, queue = dict(wanted.pending), wanted.queue
        self._follow(point, shot, queue, pending)
        self._prove(self._lab(point), pending)
        return reacted

    def _pursue_name(self, point: Point, shot: Shot) -> None:
        """The name of a field that got to an interpreter, with the few signs that it may hold."""
        if reached(shot, INTERPRETED):
            broken = self.fire(point, HEADER_NAME)
            trial = Trial(point=point, template=HEADER_NAME, shot=broken, control=shot, kit=self.kit)
            for check in NAMED.values():
                if isinstance(check.judge(trial), Proof):
                    self._confirm(check, trial)

    def _lab(self, point: Point, **seen: Any) -> Lab:
        """Where checks of several answers work at this point; `seen` is what was shown of it already."""
        return Lab(
            point=point,
            kit=self.kit,
            fire=lambda template: self.fire(point, template),
            among=lambda template, others: self.among(point, template, others),
            thorough=self.thorough,
            **seen,
        )

    def _judged(self, trial: Trial, pending: dict[str, ActiveCheck]) -> tuple[bool, _Queue]:
        """Whether a sweep showed something at this input, and the probes that are wanted then."""
        shot = trial.shot
        reacted = shot.canary in shot.response.low or any(shot.canary in value for _, value in shot.response.headers)
        queue: dict[str, list[str]] = {}
        for name, check in NAMED.items():
            said = check.judge(trial)
            if said is not None:
                reacted = True
                if said == "inert" or self._confirm(check, trial):
                    del pending[name]
                    continue
            for narrower in _narrower(check, trial.point, shot, self.kit):
                queue.setdefault(narrower, []).append(name)
        return reacted, queue

    def _unprompted(self, point: Point, shot: Shot) -> _Wanted:
        """What is wanted where nothing shows that the value was read: it rests on little, and is mostly the same."""
        at = point.parameter
        rests = point.operation.method, at.key, str(at.example), at.schema.get("format"), shot.response.status
        wanted = self._quiet.get(rests)
        if wanted is None:
            queue: dict[str, list[str]] = {}
            for name, check in UNTRACED.items():
                for narrower in _narrower(check, point, shot, self.kit):
                    queue.setdefault(narrower, []).append(name)
            proving = {name for name in self._provable if not self.kit.sees or NAMED[name].concerns(point)}
            asked = {name for names in queue.values() for name in names}
            wanted = _Wanted(queue, {name: check for name, check in NAMED.items() if name in asked | proving})
            if len(self._quiet) >= REMEMBERED:
                self._quiet.clear()
            self._quiet[rests] = wanted
        return wanted

    def _follow(self, point: Point, control: Shot, queue: _Queue, pending: dict[str, ActiveCheck]) -> Shot | None:
        """Send the probes that are still wanted; the answer to the polyglot, if it was among them."""
        broken = None
        for template, names in queue.items():
            asked = [pending[name] for name in names if name in pending]
            if asked:
                shot = self.fire(point, template)
                broken = shot if template == POLYGLOT else broken
                for done in self._try(point, template, control, asked, shot):
                    del pending[done]
        return broken

    def attack(self, point: Point, plain: Shot | None = None, torn: Shot | None = None) -> Response:
        """Run every check at the point. Returns the answer to the control.

        `plain` and `torn` are what a sweep has shown of it already.
        """
        control = plain or self.fire(point, PLAIN)
        self.note_attacked(point)
        if point.is_typed and control.response.status in REFUSED:
            return control.response  # a number is wanted: no other text will do either
        pending = dict(NAMED)
        queue: dict[str, list[str]] = {}
        for check in AT_POINTS:
            for template in check.probes(point, control, self.kit):
                queue.setdefault(template, []).append(check.RULE.id)
        for name in {name for names in queue.values() for name in names}:
            self.tried[name] = self.tried.get(name, 0) + 1
        if torn is not None:
            asked = [pending[name] for name in queue.pop(POLYGLOT, ()) if name in pending]
            for done in self._try(point, SWEEP, control, asked, torn):
                del pending[done]
        broken, wanders = self._follow(point, control, queue, pending) or torn, False
        if broken is not None and broken.response.events:
            self._follow(point, broken, self._beyond(point, control, broken, queue, pending), pending)
        if (
            broken is not None
            and broken is torn
            and normal(torn) != normal(control)
            and point.parameter.place != "path"
        ):
            # It went up a folder as well, and maybe not alone: by itself, and where it is, is it any interpreter's?
            broken = self.fire(point, HERE)
            wanders = normal(broken) == normal(control)
        lab = self._lab(
            point,
            plain=control,
            torn=broken or control,
            wanders=wanders,
            timed=self.timed,
            took=lambda: self.client.took,
        )
        xss = pending.get(reflected_xss.RULE.id)
        if xss is not None and lab.stirred:
            # The quotes of the polyglot broke something, so that its markup may have got nowhere.
            for done in self._try(point, ELEMENT, control, [xss], self.fire(point, ELEMENT)):
                del pending[done]
        self._prove(lab, pending)
        return control.response

    def _beyond(
        self, point: Point, control: Shot, broken: Shot, asked: _Queue, pending: Mapping[str, ActiveCheck]
    ) -> _Queue:
        """What is wanted at sinks that the broken value got to, and the plain one did not: what handles an error."""
        more: dict[str, list[str]] = {}
        for name, check in pending.items():
            if check.KINDS and reached(broken, check.KINDS) and not reached(control, check.KINDS):
                for template in check.probes(point, broken, self.kit):
                    if name not in asked.get(template, ()):
                        more.setdefault(template, []).append(name)
        return more

    def _prove(self, lab: Lab, pending: dict[str, ActiveCheck]) -> None:
        """What no single answer could prove."""
        point, order = lab.point, self._provable
        filed = not self.kit.sees and (lab.wanders or (names_file(point.parameter) and not lab.stirred))
        if filed:  # no sign of any grammar means something there, or nothing but a folder does
            order = (FILES, *(name for name in order if name != FILES))
        for name in order:
            check = pending.get(name)
            if check is None or (name in READERS and str(point) in self.read):
                continue  # another one reads the value; what this one would say to it is noise
            if filed and name in QUOTED and (lab.wanders or FILES not in pending):
                continue
            proof = check.prove(lab)
            if proof is not None:
                if name == FILES:
                    del pending[FILES]
                self.note(name, point)
                shot, control = proof.shot or lab.broken, proof.control or lab.control
                self.findings.append(self._finding(check, point, proof, shot, control))

    def _try(self, point: Point, template: str, control: Shot, asked: list[ActiveCheck], shot: Shot) -> list[str]:
        """Judge the answer to one probe; the rules that it settled."""
        trial = Trial(point=point, template=template, shot=shot, control=control, kit=self.kit)
        self.blocked += trial.is_blocked
        settled = []
        for check in asked:
            said = check.judge(trial)
            if said == "inert" or (isinstance(said, Proof) and self._confirm(check, trial)):
                settled.append(check.RULE.id)
        return settled

    def _confirm(self, check: ActiveCheck, trial: Trial) -> bool:
        """The same probe with a new canary must prove the same again, and a control sent after it must not."""
        again = self.repeats.get((str(trial.point), trial.shot.canary)) or self.fire(trial.point, trial.template)
        self.repeats = {(str(trial.point), trial.shot.canary): again}
        second = Trial(point=trial.point, template=trial.template, shot=again, control=trial.control, kit=self.kit)
        proof = check.judge(second)
        if not isinstance(proof, Proof):
            return False
        control = self.controls.get(str(trial.point)) or self.fire(trial.point, PLAIN)
        self.controls = {str(trial.point): control}
        plain = Trial(point=trial.point, template=PLAIN, shot=control, control=control, kit=self.kit)
        if isinstance(check.judge(plain), Proof):
            return False
        self.note(check.RULE.id, trial.point)
        self.findings.append(self._finding(check, trial.point, proof, again, control))
        return True

    def _finding(self, check: ActiveCheck, point: Point, proof: Proof, shot: Shot, control: Shot) -> Finding:
        shown = evidence.pair(self.client.origin, shot, control) | {"reason": proof.reason} | proof.seen
        where = ""
        if proof.event is not None:
            shown["event"] = evidence.event(proof.event, self.root)
            where = f" at {proof.event.target}"
        return Finding(
            rule=check.RULE,
            outcome="fail",
            message=f"{point.shown.name or 'The body'} ({point.parameter.place}){where}: {proof.reason}.",
            location=evidence.location(point.operation, point.shown, proof.event, self.root),
            confidence=proof.confidence,
            own_severity=proof.severity,
            evidence=shown,
        )
