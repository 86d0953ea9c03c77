"""Code injection: the application computes, in Python, what the input asks for."""

from __future__ import annotations

from hauberk.core.events import SinkEvent, SinkKind
from hauberk.core.finding import Rule
from hauberk.guard import code
from hauberk.scan.lab import Lab
from hauberk.scan.oracles.echo import Ask, computed
from hauberk.scan.oracles.sensor import Said, sensed
from hauberk.scan.oracles.truth import follows
from hauberk.scan.trial import POLYGLOT, Judgement, Kit, Point, Proof, Shot, Trial

RULE = Rule(
    id="scan.code-injection",
    title="Code injection",
    severity="critical",
    why="An attacker runs any code in the application's own process.",
    fix="Never give input to eval, exec or compile; parse data as data (json, "
    "ast.literal_eval), and choose code from a table.",
    cwe=(
        94,
        95,
    ),
    asvs=("v5.0.0-1.3.2",),
    top10=("A05:2025",),
    docs="https://owasp.org/www-community/attacks/Code_Injection",
)


KINDS: frozenset[SinkKind] = frozenset({"eval"})

TRACED = True


def probes(point: Point, control: Shot, kit: Kit) -> tuple[str, ...]:
    """The polyglot: what it does is seen at the sink."""
    return (POLYGLOT,)


def judge(trial: Trial) -> Judgement:
    """Whether the value became code."""
    return sensed(trial, KINDS, _said)


def _said(event: SinkEvent, value: str) -> Said | None:
    return code.judge(event.text, value) if event.kind == "eval" else None


def prove(lab: Lab) -> Proof | None:
    """Whether the application computes what is Python and nothing else."""
    if not (lab.stirred or lab.bare or lab.echoed):
        return None
    asks = [ask for mark, ask in _ASKS if (lab.worth(mark) if mark else lab.thorough or lab.bare)]
    found = computed(lab, asks)
    if found is not None:
        return Proof(reason=f"the application evaluated what was sent as Python: {found[1]}", shot=found[0])
    if (lab.bare or lab.echoed) and (told := follows(lab, lambda a, b: f"str(1//({a}=={b}))")) is not None:
        reason = "what is true in Python is answered one way, and a division by zero another"
        return Proof(reason=reason, shot=told[0], control=told[1], confidence="firm")
    return None


_ASKS: tuple[tuple[str, Ask], ...] = (
    ("", lambda a, b: f"str({a}*{b})"),
    ("'", lambda a, b: f"'+str({a}*{b})+'"),
    ('"', lambda a, b: f'"+str({a}*{b})+"'),
    ("", lambda a, b: f"print({a}*{b})"),
    ("'", lambda a, b: f"');print({a}*{b});str('"),
)
"""The quote that has to mean something, and what is asked: `str` and `print` are functions of no database, no shell."""
