"""SQL injection: guard saw the statement, and the input is more than one value in it."""

from __future__ import annotations

from hauberk.core.events import SinkEvent
from hauberk.core.finding import Rule
from hauberk.guard import sql
from hauberk.scan.oracles.sensor import Said, sensed
from hauberk.scan.trial import POLYGLOT, Judgement, Kit, Point, Shot, Trial

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


def probes(point: Point, control: Shot, kit: Kit) -> tuple[str, ...]:
    """The polyglot; where the control shows that the value gets into a statement, narrower ones as well."""
    reached = any(e.kind == "sql" and control.canary in e.text.lower() for e in control.response.events)
    return (POLYGLOT, "{c}' OR '{c}'='{c}", "{c} OR {c}={c}", '{c}" OR "{c}"="{c}') if reached else (POLYGLOT,)


def judge(trial: Trial) -> Judgement:
    """Whether the value changed a statement's syntax."""
    return sensed(trial, _said)


def _said(event: SinkEvent, value: str) -> Said | None:
    return sql.judge(event.text, value, event.dialect or "sqlite") if event.kind == "sql" else None
