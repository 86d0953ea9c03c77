"""Passive judgement: every check looks at every page; what comes out is one finding for each rule."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from hauberk.core.finding import SEVERITIES, Finding, HttpLocation
from hauberk.scan import evidence
from hauberk.scan.checks.passive import ON_ERRORS, PASSIVE
from hauberk.scan.messages import Request, Response
from hauberk.scan.page import Page, PassiveCheck, Seen
from hauberk.scan.surface import Operation

EXAMPLES = 50
"""How many operations a finding lists."""
EVERYWHERE = HttpLocation(method="ANY", path="*")
"""One finding an application: which pages are concerned is evidence, and may change without it being another fault."""


@dataclass(slots=True)
class _Tally:
    judged: set[str] = field(default_factory=set)
    faulty: dict[str, Seen] = field(default_factory=dict)
    first: tuple[Page, Seen] | None = None


class Watch:
    """Collects what the passive checks see."""

    def __init__(self, scheme: str, origin: str) -> None:
        self.scheme, self.origin = scheme, origin
        self._heard: dict[tuple[str, str, str], int] = {}
        """What each operation answered last: it is asked more than once, and mostly says the same again."""
        self._tallies = {check.RULE.id: _Tally() for check in PASSIVE}

    def page(self, operation: Operation, request: Request, response: Response) -> None:
        """Judge the answer to an ordinary request, once."""
        said = hash((request.target, response.status, response.headers, response.body))
        if self._heard.get(operation.key) == said:
            return
        self._heard[operation.key] = said
        page = Page(operation=operation, request=request, response=response, scheme=self.scheme)
        for check in PASSIVE:
            self._judge(check, page)

    def failure(self, operation: Operation, request: Request, response: Response) -> None:
        """Judge the answer to an attack that made the application fail."""
        if response.status < 500:
            return
        page = Page(operation=operation, request=request, response=response, scheme=self.scheme)
        for check in PASSIVE:
            if check.RULE.id in ON_ERRORS and str(operation) not in self._tallies[check.RULE.id].faulty:
                self._judge(check, page)

    def _judge(self, check: PassiveCheck, page: Page) -> None:
        seen = check.judge(page)
        if seen is None:
            return
        tally, name = self._tallies[check.RULE.id], str(page.operation)
        tally.judged.add(name)
        if seen.fault:
            tally.faulty.setdefault(name, seen)
            if tally.first is None:
                tally.first = page, seen

    def findings(self) -> list[Finding]:
        """A failure, a pass, or not-applicable for each rule."""
        return [self._finding(check) for check in PASSIVE]

    def _finding(self, check: PassiveCheck) -> Finding:
        tally = self._tallies[check.RULE.id]
        total = len(tally.judged)
        if not total:
            return Finding(
                rule=check.RULE,
                outcome="not-applicable",
                location=EVERYWHERE,
                message="No answer was of a kind that this rule is about.",
            )
        if tally.first is None:
            return Finding(
                rule=check.RULE,
                outcome="pass",
                location=EVERYWHERE,
                message=f"All {total} operations that it applies to are as they should be.",
                evidence={"judged": total},
            )
        page, seen = tally.first
        names = sorted(tally.faulty)
        worst = min((s.severity or check.RULE.severity for s in tally.faulty.values()), key=SEVERITIES.index)
        listed: list[dict[str, Any]] = [{"operation": n, "fault": tally.faulty[n].fault} for n in names[:EXAMPLES]]
        return Finding(
            rule=check.RULE,
            outcome="fail",
            # The file and line of one of them, so that there is a place to begin; they are no part of the fingerprint.
            location=replace(EVERYWHERE, file=page.operation.handler.file, line=page.operation.handler.line),
            message=f"{len(names)} of {total} operations, such as {page.operation}: {seen.fault}.",
            own_severity=worst if worst != check.RULE.severity else None,
            evidence={
                "operations": listed,
                "judged": total,
                "request": evidence.request(self.origin, page.request),
                "response": evidence.response(page.response) | {"headers": evidence.fields(page.response)},
            },
        )
