"""Workflow annotations of GitHub Actions: faults shown at their lines in a pull request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal

from hauberk.core.finding import Finding, Location, Result, Severity
from hauberk.report.grade import grade
from hauberk.report.meta import Meta
from hauberk.report.paths import relative_file, settle
from hauberk.report.plain import block, words

Kind = Literal["error", "warning", "notice"]

KINDS: dict[Severity, Kind] = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "notice",
    "info": "notice",
}
SHOWN = 10
"""How many annotations of each kind GitHub shows for one step; the rest would vanish unsaid."""


def render(result: Result, *, meta: Meta) -> str:
    """One line an annotation: gaps first, then faults worst first, at most ten of a kind, then the grade."""
    meta = settle(meta, result.target)
    lines = list(_gaps(result))
    # Gaps take room too, and the last notice is ours.
    room = {"error": SHOWN, "warning": SHOWN, "notice": SHOWN - 1}
    room["warning" if result.complete else "error"] -= len(lines)
    left: Counter[str] = Counter()
    for finding in result.failures:
        kind = KINDS[finding.severity]
        if room[kind] > 0:
            room[kind] -= 1
            lines.append(_fault(kind, finding, meta))
        else:
            left[kind] += 1
    lines += _summary(result, left)
    return "\n".join(lines) + "\n"


def _gaps(result: Result) -> Iterator[str]:
    """What could not be judged is an error; what was left out knowingly is a warning."""
    if result.complete:
        yield from (annotation("warning", words(gap), title="hauberk: left out") for gap in result.gaps[:SHOWN])
    else:
        said = result.gaps[:SHOWN] or ("The run did not finish.",)
        yield from (annotation("error", f"Not judged: {words(gap)}", title="hauberk: incomplete") for gap in said)


def annotation(kind: Kind, message: str, **properties: str | int | None) -> str:
    """One workflow command. No part of the message or of a property can end it or begin another."""
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value is not None)
    return f"::{kind}{' ' * bool(written)}{written}::{_data(message)}"


def _fault(kind: Kind, finding: Finding, meta: Meta) -> str:
    where = finding.location
    file = relative_file(where.file, meta) or meta.fallback_file
    place = str(where) if type(where) is not Location else ""
    text = "\n".join(
        filter(None, [words(place), block(finding.message), f"Fix: {words(finding.fix)}" * bool(finding.fix)])
    )
    line = where.line if relative_file(where.file, meta) else None
    title = f"{words(finding.title)} ({words(finding.rule.id)})"
    return annotation(kind, text, file=file, line=line, title=title)


def _summary(result: Result, left: Counter[str]) -> Iterator[str]:
    given = grade(result)
    more = f" {left.total()} further faults are not shown here; see the full report." if left else ""
    yield annotation("notice", f"Grade {given}. {given.reason}{more}", title=f"hauberk {words(result.command)}")


def _data(text: str) -> str:
    """As the runner's toolkit escapes a command's message."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """A property may end neither itself nor the list, so colon and comma go too."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
