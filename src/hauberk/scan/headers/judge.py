"""From visits to a Result: the Observatory's tests as findings, what browsers ignore, and every field explained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hauberk.core.errors import NothingToTestError
from hauberk.core.finding import Finding, HttpLocation, Location, Outcome, Result, Severity
from hauberk.core.progress import Progress, silent
from hauberk.scan import evidence
from hauberk.scan.checks.passive import csp_weak, hsts, server_banner, session_cache
from hauberk.scan.headers.explain import explain
from hauberk.scan.headers.explained import Explained
from hauberk.scan.headers.observatory import Judged, Scorecard, observatory
from hauberk.scan.headers.rules import IGNORED, TESTS
from hauberk.scan.headers.visit import Visit
from hauberk.scan.headers.visiting import Place, Send, visit
from hauberk.scan.messages import Request
from hauberk.scan.page import Page, checks
from hauberk.scan.surface import Operation

STRICTER = checks(csp_weak, server_banner, session_cache)
"""Checks of the scan that see what the Observatory does not look at."""
NOTHING_THERE = frozenset(
    {
        "cookies-not-found",
        "sri-not-implemented-response-not-html",
        "sri-not-implemented-but-no-scripts-loaded",
        "redirection-not-needed-no-http",
    }
)
NOWHERE = Location()


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """One path: its visit, its points, and its header in words."""

    path: str
    visit: Visit
    card: Scorecard
    fields: tuple[Explained, ...]

    def as_json(self) -> dict[str, Any]:
        """JSON values only, for `stats`."""
        return {
            "path": self.path,
            "status": self.visit.page.status if self.visit.page is not None else 0,
            "score": self.card.score,
            "grade": self.card.grade,
            "tests": {
                judged.test: {"result": judged.result, "points": points, "meaning": judged.meaning.sentence}
                for judged, points in zip(self.card.tests, self.card.points, strict=True)
            },
            "headers": [field.as_json() for field in self.fields],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """All paths, and the result that reports are made of."""

    pages: tuple[Graded, ...]
    result: Result


def gradable(visit: Visit) -> bool:
    """Whether the answer is one that the Observatory judges: a success, a redirect, or a closed door."""
    page = visit.page
    return page is not None and (200 <= page.status < 400 or page.status in {401, 403})


def review(
    send: Send,
    place: Place,
    paths: tuple[str, ...] = ("/",),
    *,
    target: str,
    algorithm: int = 6,
    handlers: Mapping[str, Location] | None = None,
    progress: Progress = silent,
) -> Review:
    """Visit every path and judge it. `handlers` says where the code is that answers a path.

    A path that gives nothing to judge leaves a gap. Raises NothingToTestError if none does.
    """
    pages: list[Graded] = []
    findings: list[Finding] = []
    gaps: list[str] = []
    failed: list[str] = []
    for number, path in enumerate(paths):
        progress("visiting", number, len(paths))
        made, left = visit(send, place, path)
        gaps += left
        page = made.page
        if page is None or not gradable(made):
            what = f"answered {page.status}" if page is not None else "gave no answer"
            failed.append(f"{path} {what}" + (f" ({page.error})" if page is not None and page.error else ""))
            continue
        graded = Graded(path=path, visit=made, card=observatory(made, algorithm=algorithm), fields=explain(page))
        pages.append(graded)
        findings += _findings(graded, (handlers or {}).get(path, NOWHERE))
    if not pages:
        raise NothingToTestError(f"there is no page to grade: {'; '.join(failed)}; name one with --path")
    worst = min(pages, key=lambda graded: graded.card.score)
    stats = {
        "algorithm": algorithm,
        "score": worst.card.score,
        "grade": worst.card.grade,
        "pages": [graded.as_json() for graded in pages],
    }
    result = Result(
        command="headers",
        target=target,
        complete=not failed,
        findings=tuple(findings),
        stats=stats,
        gaps=(*gaps, *(f"{text}, so it was not judged." for text in failed)),
    )
    return Review(pages=tuple(pages), result=result)


def _findings(graded: Graded, handler: Location) -> Iterator[Finding]:
    where = HttpLocation(method="GET", path=graded.path, file=handler.file, line=handler.line)
    page = graded.visit.page
    assert page is not None  # noqa: S101 - only what was answered is graded
    operation = Operation(method="GET", path=graded.path, handler=handler)
    scheme = "https" if graded.visit.is_https else "http"
    seen = Page(operation=operation, request=Request(target=graded.path), response=page, scheme=scheme)
    shown = {"headers": evidence.fields(page)}
    for judged, points in zip(graded.card.tests, graded.card.points, strict=True):
        yield _finding(judged, points, where, seen, shown)
    for check in STRICTER:
        said = check.judge(seen)
        if said is not None:
            yield Finding(
                rule=check.RULE,
                outcome="fail" if said.fault else "pass",
                location=where,
                message=f"{said.fault[0].upper()}{said.fault[1:]}." if said.fault else "As it should be.",
                evidence=shown,
                own_severity=said.severity,
            )
    for field in graded.fields:
        if field.problem:
            yield Finding(
                rule=IGNORED,
                outcome="fail",
                location=replace(where, place="header", parameter=field.name),
                message=f"{field.problem}.",
                evidence={"name": field.name, "value": field.value},
                key=field.problem,
            )


def _finding(judged: Judged, points: int, where: HttpLocation, page: Page, shown: dict[str, Any]) -> Finding:
    outcome: Outcome = "fail" if points < 0 else "not-applicable" if judged.result in NOTHING_THERE else "pass"
    message, severity = judged.meaning.sentence, severity_of(points)
    if judged.result == "hsts-implemented-max-age-at-least-six-months":
        # Half a year is enough for the Observatory, and so is a max-age that is no number. Not for browsers and ASVS.
        said = hsts.judge(page)
        if said is not None and said.fault:
            outcome, severity, message = "fail", "low", f"{said.fault[0].upper()}{said.fault[1:]}."
    return Finding(
        rule=TESTS[judged.test],
        outcome=outcome,
        location=where,
        message=f"{message} ({points:+d})" if points else message,
        evidence=shown | {"result": judged.result, "points": points},
        own_severity=severity if outcome == "fail" else None,
    )


def severity_of(points: int) -> Severity:
    """What the Observatory takes away, as a severity."""
    return "high" if points <= -40 else "medium" if points <= -20 else "low"
