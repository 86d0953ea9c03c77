"""Template injection: a template engine computes what the input asks for."""

from __future__ import annotations

from hauberk.core.events import SinkEvent, SinkKind
from hauberk.core.finding import Rule
from hauberk.guard import template
from hauberk.scan.lab import Lab
from hauberk.scan.oracles.echo import Ask, computed
from hauberk.scan.oracles.sensor import Said, reached, sensed
from hauberk.scan.trial import Judgement, Kit, Point, Proof, Shot, Trial

RULE = Rule(
    id="scan.template-injection",
    title="Server-side template injection",
    severity="critical",
    why="Template languages reach the objects of the application, and from there its code.",
    fix="Keep templates in files, and hand input to them as variables; never build a template's text from input.",
    cwe=(
        1336,
        94,
    ),
    asvs=("v5.0.0-1.3.7",),
    top10=("A05:2025",),
    docs="https://owasp.org/www-project-web-security-testing-guide/v42/4-Web_Application_Security_Testing/07-Input_Validation_Testing/18-Testing_for_Server-side_Template_Injection",
)


KINDS: frozenset[SinkKind] = frozenset({"template"})

TRACED = True


MARKS = ("{c}{{{c}}}", "{c}${{c}}", "{c}{%{c}%}", "{c}<%{c}%>", "{c}'\"{{{c}}}")
"""Of each engine; the last one behind quotes, for templates that are made of what went wrong with the value."""


def probes(point: Point, control: Shot, kit: Kit) -> tuple[str, ...]:
    """The marks of each engine, where the control shows that the value gets into a template's source."""
    return MARKS if reached(control, KINDS) else ()


def judge(trial: Trial) -> Judgement:
    """Whether the value became syntax of a template. That one without an engine's marks is data says nothing yet."""
    found = sensed(trial, KINDS, said)
    return None if found == "inert" and trial.template not in MARKS else found


def said(event: SinkEvent, value: str) -> Said | None:
    """What the engine's own lexer makes of the value in the template; None of another kind of event."""
    return template.judge(event.text, value, event.dialect) if event.kind == "template" else None


def prove(lab: Lab) -> Proof | None:
    """Whether a template engine computes what stands in its own marks."""
    if not lab.stirred and lab.control.canary not in lab.control.response.text:
        return None  # what is not written out cannot be computed for us to see
    found = computed(lab, _ASKS if lab.stirred and lab.thorough else _ASKS[:1])
    if found is None:
        return None
    return Proof(reason=f"a template engine evaluated what was sent: {found[1]}", shot=found[0])


_ASKS: tuple[Ask, ...] = (
    lambda a, b: "{c}{{" + f"{a}*{b}" + "}}${" + f"{a}*{b}" + "}",
    lambda a, b: "{c}<%= " + f"{a}*{b}" + " %>",
    lambda a, b: "{c}{%set x=" + f"{a}*{b}" + "%}{{x}}",
    lambda a, b: "{c}{% widthratio " + f"{a} 1 {b}" + " %}",
    lambda a, b: "{c}}}{{" + f"{a}*{b}" + "}}{{'",
)
"""Jinja2, Tornado and Mako, Mako and ERB, Jinja2 where expressions are filtered, Django, and within an expression."""
