"""The report of `text` for a pipe or a file: the same lines without rich, whose import takes longer than most audits.

`tests/report/test_piped.py` holds it to what `text` says. Texts with wide or combining characters are left to rich,
which knows how many columns they take.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from unicodedata import combining, east_asian_width

from hauberk.core.finding import SEVERITIES, Finding, HttpLocation, Location, PackageLocation, Result
from hauberk.report.evidence import asvs_evidence, tally
from hauberk.report.grade import grade
from hauberk.report.meta import Meta, took
from hauberk.report.plain import line, words

WIDTH = 100
"""Columns where no terminal says otherwise."""
_LETTER = 6
"""Columns of the letter, with the space behind it."""
_WORD = re.compile(r"\s*\S+\s*")


def render(result: Result, *, meta: Meta) -> str | None:
    """The whole report; None where a character of it does not take one column."""
    said = "\n".join(text.rstrip() for text in _lines(result, meta)) + "\n"
    narrow = said.isascii() or not any(combining(one) or east_asian_width(one) in "WF" for one in set(said))
    return said if narrow else None


def _lines(result: Result, meta: Meta) -> Iterator[str]:
    yield ""
    about = [words(meta.framework), meta.when, took(meta.duration) if meta.duration is not None else ""]
    head = f"hauberk {words(result.command)}  {words(meta.title or result.target)}"
    yield from _wrapped(f"{head}  {' · '.join(filter(None, about))}")
    yield ""
    yield from _verdict(result)
    yield from _gaps(result)
    for severity, faults in groupby(result.failures, key=lambda f: f.severity):
        group = list(faults)
        yield ""
        yield _ruled(f"{severity.upper()} ({len(group)})")
        for _, same in groupby(group, key=lambda f: (f.rule.id, f.title)):
            yield from _rule(list(same))
    yield from _people([f for f in result.findings if f.outcome == "review"])
    yield ""
    for step in next_steps(result):
        yield from _wrapped(step)
    yield ""


def _verdict(result: Result) -> Iterator[str]:
    given = grade(result)
    score = f"{given.score}/100  " if given.score is not None else ""
    for number, text in enumerate((f"{score}{given.reason}", counts(result), asvs_line(result))):
        for first, part in enumerate(_wrapped(text, WIDTH - _LETTER)):
            letter = f"{given.letter or '–':>3}" if not number and not first else ""
            yield letter.ljust(_LETTER) + part


def counts(result: Result) -> str:
    """`2 critical  1 high  ·  41 passed ...`: faults by severity, then the rest."""
    parts = [
        f"{number} {severity}"
        for severity in SEVERITIES
        if (number := sum(f.severity == severity for f in result.failures))
    ] or ["no fault found"]
    labels = (("pass", "passed"), ("review", "for a person"), ("not-applicable", "not applicable"))
    rest = [f"{sum(f.outcome == outcome for f in result.findings)} {label}" for outcome, label in labels]
    return "  ".join([*parts, "·", *rest])


def asvs_line(result: Result) -> str:
    """What the findings say about the standard, in one line; never that anything is certified."""
    have = tally(asvs_evidence(result).values())
    return (
        f"OWASP ASVS 5.0.0: of 345 requirements {have['fail']} with a fault, {have['enforced']} enforced, "
        f"{have['pass']} passed, {have['no-fault']} without a fault found, {have['not-applicable']} not applicable, "
        f"{have['person']} for a person, {have['not-judged']} not judged here"
    )


def _gaps(result: Result) -> Iterator[str]:
    if result.complete and not result.gaps:
        return
    yield ""
    yield "LEFT OUT" if result.complete else " NOT JUDGED "
    for gap in result.gaps or ("The run did not finish, and does not say why.",):
        yield from _wrapped(f"! {words(gap)}", indent=2)


def _rule(faults: list[Finding]) -> Iterator[str]:
    """One heading for all places of the same fault; the fix once, unless it differs from place to place."""
    first = faults[0]
    yield ""
    yield from _wrapped(f"✗ {words(first.title)}  {line(first.rule.id)}")
    same_fix = len({f.fix for f in faults}) == 1
    for fault in faults:
        yield from _wrapped(place(fault.location), indent=2)
        doubt = f" ({fault.confidence})" if fault.confidence == "tentative" else ""
        yield from _wrapped(words(fault.message) + doubt, indent=4)
        if not same_fix and fault.fix:
            yield from _wrapped(f"fix {words(fault.fix)}", indent=4)
    if same_fix and first.fix:
        yield from _wrapped(f"fix {words(first.fix)}", indent=2)


def place(where: Location) -> str:
    """Where it is: file and line, and the request or package."""
    file = line(Location.__str__(where)) if where.file else ""
    if isinstance(where, PackageLocation):
        via = [words(step) for step in where.path[:-1]]
        name = line(f"{where.package} {where.version}") + f" ({where.ecosystem})"
        return _joined([name, file, f"by way of {' → '.join(via)}" if via else ""])
    if isinstance(where, HttpLocation):
        request = "every operation" if where.path == "*" else line(f"{where.method} {where.path}")
        if where.place:
            request += line(f"  {where.place}:{where.parameter or ''}").rstrip(":")
        return _joined([file, request])
    return file or "the application as a whole"


def _joined(parts: Iterable[str]) -> str:
    return "  ".join(part for part in parts if part)


def _people(reviews: list[Finding]) -> Iterator[str]:
    if reviews:
        yield ""
        yield _ruled(f"FOR A PERSON ({len(reviews)})")
    for finding in reviews:
        where = place(finding.location) if finding.location.key() else ""
        yield from _wrapped(_joined([f"? {words(finding.title)}", where]))
        yield from _wrapped(words(finding.message), indent=4)


def next_steps(result: Result) -> Iterator[str]:
    """What to do next."""
    rules = [f.rule.id for f in sorted(result.failures, key=lambda f: f.rule.id.startswith("audit."))]
    if rules:
        yield f"hauberk explain {line(rules[0])}   says why a rule matters and how to mend it"
    if not rules:
        passed = sum(f.outcome == "pass" for f in result.findings)
        yield f"{passed} checks passed. That nothing was found is no proof that nothing is there."


def _ruled(title: str) -> str:
    return f"{title} ".ljust(WIDTH, "─")


def _wrapped(text: str, width: int = WIDTH, *, indent: int = 0) -> Iterator[str]:
    """Lines as rich breaks them: between words, and within one that is longer than a line."""
    width -= indent
    begun = taken = 0
    for match in _WORD.finditer(text):
        start, word = match.start(), match.group()
        length = len(word.rstrip())
        if taken + length <= width:
            taken += len(word)
            continue
        if length > width:
            for cut in range(start, start + len(word), width):
                if cut:
                    yield " " * indent + text[begun:cut].rstrip()
                begun = cut
            taken = len(text[begun : start + len(word)])
        elif taken and start:
            yield " " * indent + text[begun:start].rstrip()
            begun, taken = start, len(word)
    yield " " * indent + text[begun:].rstrip()
