"""Active judgement of one insertion point: control, probes, confirmation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from hauberk.core.finding import Finding
from hauberk.scan import build, evidence
from hauberk.scan.checks.active import AT_POINTS, reflected_xss
from hauberk.scan.client import Client
from hauberk.scan.lab import Lab
from hauberk.scan.messages import Response
from hauberk.scan.surface import Operation
from hauberk.scan.trial import PLAIN, POLYGLOT, ActiveCheck, Kit, Point, Proof, Shot, Trial, canary
from hauberk.scan.watch import Watch

ELEMENT = "<{c}>"
INTERPRETERS = frozenset(
    f"scan.{name}"
    for name in (
        *("sql-injection", "command-injection", "xpath-injection", "ldap-injection"),
        *("template-injection", "code-injection", "deserialisation"),
    )
)
REFUSED = frozenset({400, 404, 422})


def points(operation: Operation) -> Iterator[Point]:
    """Where values go in, anti-forgery tokens left out."""
    for parameter in operation.parameters:
        point = Point(operation=operation, parameter=parameter)
        unsent = parameter.place == "header" and parameter.name.lower() in build.UNSENT
        if not point.is_token and not unsent and (parameter.place != "path" or parameter.name in operation.names):
            yield point


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
    tried: dict[str, int] = field(default_factory=dict)
    """How many points each rule was tried at."""

    def note(self, rule: str, point: Point) -> None:
        """Remember that an interpreter reads the point's values."""
        if rule in INTERPRETERS:
            self.read.add(str(point))

    def fire(self, point: Point, template: str) -> Shot:
        """Send one value; every other parameter keeps its example."""
        word = canary()
        value = template.replace("{c}", word)
        request = build.request(point.operation, {point.parameter.key: value})
        shot = Shot(value=value, canary=word, request=self.client.complete(request), response=self.client.send(request))
        self.watch.failure(point.operation, shot.request, shot.response)
        return shot

    def attack(self, point: Point) -> Response:
        """Run every check at the point. Returns the answer to the control."""
        control = self.fire(point, PLAIN)
        self.attacked.add(str(point))
        self.operations.add(str(point.operation))
        if point.is_typed and control.response.status in REFUSED:
            return control.response  # a number is wanted: no other text will do either
        pending = {check.RULE.id: check for check in AT_POINTS}
        queue: dict[str, list[str]] = {}
        for check in AT_POINTS:
            for template in check.probes(point, control, self.kit):
                queue.setdefault(template, []).append(check.RULE.id)
        for name in {name for names in queue.values() for name in names}:
            self.tried[name] = self.tried.get(name, 0) + 1
        broken = control
        for template, names in queue.items():
            asked = [pending[name] for name in names if name in pending]
            if asked:
                shot = self.fire(point, template)
                broken = shot if template == POLYGLOT else broken
                for done in self._try(point, template, control, asked, shot):
                    del pending[done]
        lab = Lab(
            point=point, control=control, broken=broken, kit=self.kit, fire=lambda template: self.fire(point, template)
        )
        xss = pending.get(reflected_xss.RULE.id)
        if xss is not None and lab.stirred:
            # The quotes of the polyglot broke something, so that its markup may have got nowhere.
            for done in self._try(point, ELEMENT, control, [xss], self.fire(point, ELEMENT)):
                del pending[done]
        self._prove(lab, pending.values())
        return control.response

    def _prove(self, lab: Lab, checks: Iterable[ActiveCheck]) -> None:
        """What no single answer could prove."""
        point, control, broken = lab.point, lab.control, lab.broken
        for check in checks:
            name = check.RULE.id
            if name in INTERPRETERS and str(point) in self.read:
                continue  # another one reads the value; what this one would say to it is noise
            proof = check.prove(lab)
            if proof is not None:
                self.note(name, point)
                self.findings.append(self._finding(check, point, proof, proof.shot or broken, proof.control or control))

    def _try(self, point: Point, template: str, control: Shot, asked: list[ActiveCheck], shot: Shot) -> list[str]:
        """Judge the answer to one probe; the rules that it settled."""
        if "<" in template:
            self.sent[shot.canary] = point, template
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
        again = self.fire(trial.point, trial.template)
        if "<" in trial.template:
            self.sent[again.canary] = trial.point, trial.template
        second = Trial(point=trial.point, template=trial.template, shot=again, control=trial.control, kit=self.kit)
        proof = check.judge(second)
        if not isinstance(proof, Proof):
            return False
        control = self.fire(trial.point, PLAIN)
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
            message=f"{point.parameter.name or 'The body'} ({point.parameter.place}){where}: {proof.reason}.",
            location=evidence.location(point.operation, point.parameter, proof.event, self.root),
            confidence=proof.confidence,
            own_severity=proof.severity,
            evidence=shown,
        )
