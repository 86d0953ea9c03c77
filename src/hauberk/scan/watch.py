"""Passive judgement: every check looks at every page; what comes out is one finding for each rule."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from hauberk.core.finding import SEVERITIES, Finding, HttpLocation
from hauberk.scan import evidence
from hauberk.scan.checks.passive import ON_ERRORS, PASSIVE
from hauberk.scan.messages import Request, Response
from hauberk.scan.page import Looked, Page, PassiveCheck, Seen
from hauberk.scan.surface import Operation

EXAMPLES = 50
"""How many operations a finding lists."""
REMEMBERED = 8
"""How many answers the verdicts are remembered of: most pages of a kind, such as those of one error, say the same."""
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
        self._verdicts: dict[Looked, tuple[tuple[_Tally, Seen], ...]] = {}

    def page(self, operation: Operation, request: Request, response: Response) -> None:
        """Judge the answer to an ordinary request, once."""
        said = hash((request.target, response.status, response.headers, response.body))
        if self._heard.get(operation.key) == said:
            return
        self._heard[operation.key] = said
        page = Page(operation=operation, request=request, response=response, scheme=self.scheme)
        name = str(operation)
        for tally, seen in self._seen(page):
            _count(tally, seen, name, page)

    def failure(self, operation: Operation, request: Request, response: Response) -> None:
        """Judge the answer to an attack that made the application fail."""
        if response.status < 500:
            return
        page = Page(operation=operation, request=request, response=response, scheme=self.scheme)
        for check in PASSIVE:
            if check.RULE.id in ON_ERRORS and str(operation) not in self._tallies[check.RULE.id].faulty:
                seen = check.judge(page)
                if seen is not None:
                    _count(self._tallies[check.RULE.id], seen, str(operation), page)

    def _seen(self, page: Page) -> tuple[tuple[_Tally, Seen], ...]:
        """What every check says of the page; of one that looks like an earlier one, what was said of that."""
        looked = page.looked
        known = self._verdicts.get(looked)
        if known is None:
            said = ((self._tallies[check.RULE.id], check.judge(page)) for check in PASSIVE)
            known = tuple((tally, seen) for tally, seen in said if seen is not None)
            if len(self._verdicts) >= REMEMBERED:
                del self._verdicts[next(iter(self._verdicts))]
            self._verdicts[looked] = known
        return known

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


def _count(tally: _Tally, seen: Seen, name: str, page: Page) -> None:
    tally.judged.add(name)
    if seen.fault:
        tally.faulty.setdefault(name, seen)
        if tally.first is None:
            tally.first = page, seen
