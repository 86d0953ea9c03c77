"""SQL injection: guard saw the statement, and the input is more than one value in it.

Where no sensor sees it: the database complains of a quote and not of two, takes a word for a column, or answers what is
true and what is false each in its own way, or waits as long as it is told to.
"""

from __future__ import annotations

import re

from hauberk.core.events import SinkEvent, SinkKind
from hauberk.core.finding import Rule
from hauberk.guard import sql
from hauberk.scan.checks.active.sql_delay import by_time
from hauberk.scan.lab import Lab
from hauberk.scan.oracles.complaints import complaint
from hauberk.scan.oracles.sensor import Said, reached, sensed
from hauberk.scan.oracles.truth import follows, framed
from hauberk.scan.trial import POLYGLOT, Judgement, Kit, Point, Proof, Shot, Trial

RULE = Rule(
    id="scan.sql-injection",
    title="SQL injection",
    severity="critical",
    why="An attacker reads and changes everything that the application's database account may.",
    fix="Pass the value as a parameter of the statement (`?`, `%s` or a named placeholder), not in its text.",
    cwe=(89,),
    asvs=("v5.0.0-1.2.4",),
    top10=("A05:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/SQL_Injection_Prevention_Cheat_Sheet.html",
)


KINDS: frozenset[SinkKind] = frozenset({"sql"})

TRACED = True


def probes(point: Point, control: Shot, kit: Kit) -> tuple[str, ...]:
    """The polyglot; where the control shows that the value gets into a statement, narrower ones as well."""
    if not reached(control, KINDS):
        return (POLYGLOT,)
    return (POLYGLOT, "{c}' OR '{c}'='{c}", "{c} OR {c}={c}", '{c}" OR "{c}"="{c}')


def judge(trial: Trial) -> Judgement:
    """Whether the value changed a statement's syntax."""
    return sensed(trial, KINDS, _said)


def _said(event: SinkEvent, value: str) -> Said | None:
    return sql.judge(event.text, value, event.dialect or "sqlite") if event.kind == "sql" else None


def prove(lab: Lab) -> Proof | None:
    """From outside: where the broken value made a difference by what is answered, else by when."""
    told = (_by_name(lab) or _by_complaint(lab) or _by_truth(lab)) if lab.matters else None
    return told or by_time(lab)


_NAMED = r"(no such column: |column \\?[\"&]?(quot;)?|Unknown column ['&](#39;)?|Invalid column name ['&](#39;)?)"


def _by_name(lab: Lab) -> Proof | None:
    """A bare word that the database looks for as a column was no value to it, and what is no name breaks it."""
    for shot in (lab.control, lab.fire("{c}")):
        if shot.canary not in shot.response.text.lower():
            return None  # before a pattern is made of it
        if re.search(_NAMED + re.escape(shot.canary), shot.response.text, re.IGNORECASE) is None:
            return None
    broken = lab.fire("({c}")
    if not complaint("sql", broken.response):
        return None
    return Proof(reason="the database took the word that was sent for the name of a column", shot=broken)


def _by_complaint(lab: Lab) -> Proof | None:
    for mark in ("'", '"'):
        said = complaint("sql", lab.torn_by(mark).response)
        if not said or complaint("sql", lab.control.response):
            continue
        balanced, again = lab.fire("{c}" + mark * 2), lab.fire("{c}" + mark)
        if complaint("sql", again.response) and not complaint("sql", balanced.response):
            reason = f"one {mark} makes the database complain, and two do not: {said[:160]}"
            return Proof(reason=reason, shot=again, control=balanced, confidence="firm")
    return None


def _by_truth(lab: Lab) -> Proof | None:
    reading = lab.point.operation.method == "GET"
    frames = (*_NARROWING, *(_WIDENING if reading else ()))
    for frame in frames if lab.thorough else [f for f in frames if f in _COMMON]:
        quote = frame[3:4] if frame[3:4] in "'\"" else "'" if frame.startswith("{k}%") else ""
        if quote and not lab.worth(quote):
            continue
        found = follows(lab, framed(frame, lab.value))
        if found is not None:
            true, false = found
            reason = "the answer follows what the value claims in SQL: one for what is true, another for what is not"
            return Proof(reason=reason, shot=true, control=false, confidence="firm")
    return None


# In capitals, which other grammars with the same words do not read (XPath knows `and` and `or` alone).
_NARROWING = (
    "{k} AND {a}={b}",
    "{k}' AND '{a}'='{b}",
    "{k}') AND ('{a}'='{b}",
    "{k}%' AND '{a}%'='{b}",
    '{k}" AND "{a}"="{b}',
)
_WIDENING = (
    "{k}' OR '{a}'='{b}",
    "{k}') OR ('{a}'='{b}",
    "{k}%' OR '{a}%'='{b}",
    "{k} OR {a}={b}",
    '{k}" OR "{a}"="{b}',
)
"""Only where nothing is written: in an UPDATE or DELETE they would reach every row."""
_COMMON = frozenset({"{k} AND {a}={b}", "{k}' AND '{a}'='{b}", "{k}' OR '{a}'='{b}"})
"""What is tried where requests are few."""
