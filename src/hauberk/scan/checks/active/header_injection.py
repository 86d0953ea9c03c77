"""Header injection: a line break in the input begins a header field of its own."""

from __future__ import annotations

import re

from hauberk.core.finding import Rule
from hauberk.scan.trial import Judgement, Kit, Point, Proof, Shot, Trial

RULE = Rule(
    id="scan.header-injection",
    title="Response header injection",
    severity="medium",
    why="An attacker adds header fields, sets cookies, or splits the answer and poisons caches.",
    fix="Refuse control characters in what goes into a header field, or encode it.",
    cwe=(113,),
    asvs=("v5.0.0-1.3.3",),
    top10=("A05:2025",),
    docs="https://owasp.org/www-community/attacks/HTTP_Response_Splitting",
)

TRACED = True


def probes(point: Point, control: Shot, kit: Kit) -> tuple[str, ...]:
    """A line break, where the control's value got into a header field; as a bare line feed too.

    In process both signs at once, the wrong way round: whichever of them, or the pair of them, is taken out on the way,
    one is left, and no parser that knows but one kind of line end is between.
    """
    if point.parameter.place == "header":
        return ()  # no request can carry a line break there
    reflected = any(control.canary in value for _, value in control.response.headers)
    if not reflected:
        return ()
    return ("{c}\n\rx-{c}: 1",) if kit.sees else ("{c}\r\nx-{c}: 1", "{c}\nx-{c}: 1")


def judge(trial: Trial) -> Judgement:
    """Whether a line of the header begins with the probe's field."""
    name = f"x-{trial.shot.canary}"
    for field, value in trial.shot.response.headers:
        if field == name or (name in value and re.search(rf"[\r\n]{name}:", value)):
            own = field == name
            reason = f"the field {name} is there" if own else f"the value of {field} begins a new field"
            return Proof(reason=reason, confidence="certain" if own else "firm", seen={"field": field})
    return None
