"""Going on where an earlier scan stopped: what it did is taken over, and how far this one is, is told now and then."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic

from hauberk.core.finding import Finding
from hauberk.scan.attacking import Attack
from hauberk.scan.checks.passive import RULES as PASSIVE_RULES
from hauberk.scan.extent import Reached
from hauberk.scan.surface import Surface
from hauberk.scan.sweep import groups

EVERY = 2.0
"""Seconds between two notes of how far it is."""


@dataclass(slots=True)
class Resumed:
    """An attack that begins where another one ended."""

    attack: Attack
    earlier: dict[str, Finding] = field(default_factory=dict)
    """What the earlier scan saw, by rule: of pages that were answers to what is not sent again."""
    saved: float = field(default_factory=monotonic)

    def __post_init__(self) -> None:
        begin, attacker, learnt = self.attack.extent.begin, self.attack.attacker, self.attack.learnt
        self.attack.done |= begin.points
        attacker.attacked |= begin.attacked
        attacker.operations |= begin.operations
        attacker.findings += [f for f in begin.findings if f.rule not in PASSIVE_RULES]
        self.earlier = {f.rule.id: f for f in begin.findings if f.rule in PASSIVE_RULES}
        attacker.tried = dict(begin.tried)
        learnt.reads |= {path: dict(read) for path, read in begin.reads.items()}
        learnt.asked |= {path: {m: set(lines) for m, lines in by.items()} for path, by in begin.asked.items()}

    def recall(self, surface: Surface) -> None:
        """What an earlier scan put in may still turn up."""
        kept = self.attack.extent.begin.sent
        if kept:
            known = {str(point): point for o in surface.operations for point in self.attack.inputs(o)}
            found = {word: (known[at], template) for word, (at, template) in kept.items() if at in known}
            self.attack.attacker.sent |= found

    def put_in_again(self, surface: Surface) -> None:
        """Markup that an earlier scan sent: an application in process began anew since, and may have forgotten it."""
        begin = self.attack.extent.begin
        if not self.attack.senses or not begin.sent:
            return
        for operation in self.attack.order(surface):
            if str(operation) not in begin.points:
                continue
            mine = {str(point): point for point in self.attack.inputs(operation)}
            last = {at: template for at, template in begin.sent.values() if at in mine}
            for group in groups(operation, [mine[at] for at in last]):
                if group:
                    self.attack.attacker.volley([(point, last[str(point)]) for point in group])

    def watched(self, found: list[Finding]) -> list[Finding]:
        """What pages said, by rule; the earlier scan's failure where this one saw none."""
        return [f if f.outcome == "fail" else self.earlier.get(f.rule.id, f) for f in found]

    def checkpoint(self, *, last: bool = False) -> None:
        """Say how far it is, now and then."""
        extent, attacker, learnt = self.attack.extent, self.attack.attacker, self.attack.learnt
        if extent.checkpoint is None or not (last or monotonic() >= self.saved + EVERY):
            return
        self.saved = monotonic()
        sent = {word: (str(point), template) for word, (point, template) in attacker.sent.items()}
        watched = self.watched(self.attack.listener.watch.findings())
        extent.checkpoint(
            Reached(
                points=frozenset(self.attack.done),
                attacked=frozenset(attacker.attacked),
                operations=frozenset(attacker.operations),
                findings=(*attacker.findings, *(f for f in watched if f.outcome == "fail")),
                sent={**extent.begin.sent, **sent},
                tried=attacker.tally(),
                reads={path: dict(read) for path, read in learnt.reads.items()},
                asked={path: {m: frozenset(lines) for m, lines in by.items()} for path, by in learnt.asked.items()},
            )
        )
