"""A summary for a pull request or a job's page: short, and nothing in it can be read as markup."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hauberk.core.finding import SEVERITIES, Finding, Location, Result
from hauberk.report.grade import grade
from hauberk.report.meta import Meta, took
from hauberk.report.plain import clip, words

SHOWN = 50
"""Faults listed; a page that nobody scrolls through helps nobody."""

# A colon stays in `file.py:48`, a dot everywhere but after `www`: those two make links out of plain text.
_MARKS = re.compile(r"[^\w\s.,:;=()'/-]|_|:(?=\S)(?!\d)|(?<=www)\.", re.IGNORECASE)


def render(result: Result, *, meta: Meta) -> str:
    """Grade, counts and the worst faults as GitHub-flavoured Markdown."""
    return "\n".join([*_head(result, meta), *_gaps(result), *_table(result), *_foot(result, meta)]) + "\n"


def escape(text: str) -> str:
    """Text from strangers inside a table cell: no HTML, no pipe, no link, no mention, no image.

    Every mark is a character reference, which Markdown never reads as its syntax (CommonMark 6.2). A zero-width space
    follows `@` and `#`, because mentions and references are looked for in the finished page.
    """
    return _MARKS.sub(_reference, words(text))


def _reference(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};" + "&#8203;" * (match[0] in "@#")


def _head(result: Result, meta: Meta) -> Iterator[str]:
    given = grade(result)
    yield f"## hauberk {escape(result.command)}: {escape(str(given))}"
    yield ""
    yield escape(given.reason)
    yield ""
    columns = [*map(str.capitalize, SEVERITIES), "Passed", "For a person", "Not applicable"]
    counts = [sum(f.severity == severity for f in result.failures) for severity in SEVERITIES]
    counts += [sum(f.outcome == o for f in result.findings) for o in ("pass", "review", "not-applicable")]
    yield f"| {' | '.join(columns)} |"
    yield "|" + " ---: |" * len(columns)
    yield f"| {' | '.join(map(str, counts))} |"
    yield ""


def _gaps(result: Result) -> Iterator[str]:
    gaps = result.gaps or (() if result.complete else ("The run did not finish.",))
    if gaps:
        yield "**Left out**" if result.complete else "**Not judged**"
        yield ""
        yield from (f"- {escape(gap)}" for gap in gaps)
        yield ""


def _table(result: Result) -> Iterator[str]:
    faults = result.failures
    if not faults:
        return
    yield "| Severity | Fault | Where | Fix |"
    yield "| --- | --- | --- | --- |"
    yield from (_row(fault) for fault in faults[:SHOWN])
    if len(faults) > SHOWN:
        yield ""
        yield f"{len(faults) - SHOWN} more faults are in the full report."
    yield ""


def _row(f: Finding) -> str:
    title = f"**{escape(clip(f.title, 120))}**<br>{escape(clip(f.message, 300))}"
    where = escape(str(f.location)) if f.location != Location() else "the application"
    return f"| {f.severity} | {title} | {where} | {escape(clip(f.fix, 300))} |"


def _foot(result: Result, meta: Meta) -> Iterator[str]:
    about = [escape(result.target), escape(meta.framework), meta.when]
    about += [took(meta.duration)] if meta.duration is not None else []
    yield f"<sub>hauberk {escape(meta.version)} · {' · '.join(filter(None, about))}</sub>"
