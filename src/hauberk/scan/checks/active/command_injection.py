"""Command injection: guard saw the command line, and the input is more than one word's content in it."""

from __future__ import annotations

from hauberk.core.events import SinkEvent, SinkKind
from hauberk.core.finding import Rule
from hauberk.guard import shell
from hauberk.scan.lab import Lab
from hauberk.scan.oracles.echo import Ask, computed
from hauberk.scan.oracles.sensor import Said, reached, sensed
from hauberk.scan.trial import POLYGLOT, Judgement, Kit, Point, Proof, Shot, Trial

RULE = Rule(
    id="scan.command-injection",
    title="Operating system command injection",
    severity="critical",
    why="An attacker runs commands on the server with the application's rights.",
    fix="Pass a list of arguments without a shell, put `--` before values, or use a library in place of the command.",
    cwe=(78,),
    asvs=("v5.0.0-1.2.5",),
    top10=("A05:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/OS_Command_Injection_Defense_Cheat_Sheet.html",
)


KINDS: frozenset[SinkKind] = frozenset({"shell", "argv"})

TRACED = True


def probes(point: Point, control: Shot, kit: Kit) -> tuple[str, ...]:
    """The polyglot; where the control shows that the value gets into a command, narrower ones as well.

    What they run is the canary, which is no command; `$( )` also works inside double quotes.
    """
    if reached(control, KINDS):
        return (POLYGLOT, "{c};{c}", "{c}$({c})", "--{c}={c}")
    return (POLYGLOT,)


def judge(trial: Trial) -> Judgement:
    """Whether the value changed a command line's syntax."""
    return sensed(trial, KINDS, _said)


def _said(event: SinkEvent, value: str) -> Said | None:
    if event.kind == "shell":
        return shell.judge(event.text, value)
    return shell.judge_argv(event.argv, value) if event.kind == "argv" else None


def prove(lab: Lab) -> Proof | None:
    """From outside: a shell multiplies."""
    if not (lab.stirred or lab.echoed):
        return None
    few = _ASKS if lab.thorough else _ASKS[:3]
    asks = [ask for mark, ask in few if lab.stirred and (not mark or lab.worth(mark))]
    found = computed(lab, asks or [_ASKS[0][1]])
    return None if found is None else Proof(reason=f"a shell computed what was sent: {found[1]}", shot=found[0])


_ASKS: tuple[tuple[str, Ask], ...] = (
    ("", lambda a, b: f";echo $(({a}*{b}))"),
    ("'", lambda a, b: f"';echo $(({a}*{b}));'"),
    ('"', lambda a, b: f'";echo $(({a}*{b}));"'),
    ("", lambda a, b: f"|echo $(({a}*{b}))"),
    ('"', lambda a, b: f"$(echo $(({a}*{b})))"),
    ("", lambda a, b: f"\necho $(({a}*{b}))\n"),
)
"""The quote that has to mean something, and what is asked: bare, within quotes of either kind, behind a pipe, as a
substitution, as a line of its own."""
