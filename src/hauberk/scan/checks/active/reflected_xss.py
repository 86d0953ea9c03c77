"""Reflected cross-site scripting: the canary becomes markup or code in the very answer."""

from __future__ import annotations

from hauberk.core.finding import Rule
from hauberk.scan.oracles.containment import contained
from hauberk.scan.oracles.markup import Context, contexts, escape
from hauberk.scan.page import policies
from hauberk.scan.trial import POLYGLOT, Judgement, Kit, Point, Proof, Shot, Trial

RULE = Rule(
    id="scan.reflected-xss",
    title="Reflected cross-site scripting",
    severity="high",
    why="A link is enough to run an attacker's script in the session of whoever opens it.",
    fix="Escape the value for the place where it is written out: let the template engine's autoescape do it, and put "
    "data for scripts into data attributes or JSON.",
    cwe=(79,),
    asvs=("v5.0.0-1.2.1", "v5.0.0-1.2.3"),
    top10=("A05:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/Cross_Site_Scripting_Prevention_Cheat_Sheet.html",
)

TRACED = True


def probes(point: Point, control: Shot, kit: Kit) -> tuple[str, ...]:
    """The polyglot, then what fits each place where the control was reflected."""
    if not control.response.is_html:
        return (POLYGLOT,)
    found = contexts(control.response.text, control.canary)
    return tuple(dict.fromkeys((POLYGLOT, *(fit for context in found for fit in fitting(context)))))


def fitting(context: Context) -> tuple[str, ...]:
    """The values that leave this place; none where the polyglot does it."""
    match context.kind:
        case "script" | "handler" if context.quote == "`":
            return ("{c}${{c}}", "{c}`-{c}-`")
        case "script" | "handler" if context.quote in ("'", '"'):
            quote = context.quote
            breaks = (f"{{c}}{quote}-{{c}}-{quote}", f"{{c}}\\{quote}-{{c}}-//")
            return (*breaks, "</script><{c}>") if context.kind == "script" else breaks
        case "script" | "data":
            return ("</script><{c}>",)
        case "url":
            return ("javascript:{c}",)
        case "raw":
            return (f"</{context.tag}><{{c}}>",)
        case "comment":
            return ("--><{c}>",)
    return ()


def judge(trial: Trial) -> Judgement:
    """Whether the canary is a part of the page's markup or code."""
    response = trial.shot.response
    if trial.shot.canary not in response.low or not response.is_html:
        return None
    reason = escape(response.text, trial.shot.canary)
    # What our reading of JavaScript says is firm; what the HTML parser says is certain.
    if not reason:
        return None
    return contained(Proof(reason=reason, confidence="firm" if "code" in reason else "certain"), policies(response))
