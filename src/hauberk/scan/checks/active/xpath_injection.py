"""XPath injection: the answer follows what the input claims, or the expression breaks at a quote."""

from __future__ import annotations

from hauberk.core.events import SinkKind
from hauberk.core.finding import Rule
from hauberk.scan.lab import Lab
from hauberk.scan.oracles.complaints import complaint
from hauberk.scan.oracles.sensor import sensed
from hauberk.scan.oracles.truth import follows, framed
from hauberk.scan.trial import POLYGLOT, Judgement, Kit, Point, Proof, Shot, Trial

RULE = Rule(
    id="scan.xpath-injection",
    title="XPath injection",
    severity="high",
    why="An attacker reads the whole document, or passes a check that asks it.",
    fix='Bind values as XPath variables (`tree.xpath("//user[@name=$name]", name=name)`).',
    cwe=(643,),
    asvs=("v5.0.0-1.2.7",),
    top10=("A05:2025",),
    docs="https://owasp.org/www-community/attacks/XPATH_Injection",
)


KINDS: frozenset[SinkKind] = frozenset({"xpath"})

TRACED = True


def probes(point: Point, control: Shot, kit: Kit) -> tuple[str, ...]:
    """The polyglot: what it does is seen at the sink."""
    return (POLYGLOT,)


def judge(trial: Trial) -> Judgement:
    """Whether the value changed an expression."""
    return sensed(trial, KINDS)


def prove(lab: Lab) -> Proof | None:
    """True and false are answered differently; or a quote breaks the expression, and its twin does not."""
    return _by_truth(lab) or _by_complaint(lab) if lab.matters else None


def _by_truth(lab: Lab) -> Proof | None:
    for frame in _FRAMES:
        if "'" in frame and not lab.worth("'"):
            continue
        found = follows(lab, framed(frame, lab.value))
        if found is not None:
            reason = "the answer follows what the value claims in XPath: one for what is true, another for what is not"
            return Proof(reason=reason, shot=found[0], control=found[1], confidence="firm")
    return None


_FRAMES = (
    "{k}' and count(/*)=1 and '{a}'='{b}",
    "{k}' or count(/*)=1 and '{a}'='{b}",
    "{k}') or (count(/*)=1 and '{a}'='{b}",
    "{k} or count(/*)=1 and {a}={b}",
)
"""`count(/*)` is 1 in every document, and nothing in SQL."""


def _by_complaint(lab: Lab) -> Proof | None:
    for mark, twin in (("'", '"'), ('"', "'")):
        said = complaint("xpath", lab.torn_by(mark).response)
        if not said or complaint("xpath", lab.control.response):
            continue
        # The other quote is a character like any other within this one.
        balanced, again = lab.fire("{c}" + twin), lab.fire("{c}" + mark)
        if complaint("xpath", again.response) and not complaint("xpath", balanced.response):
            reason = f"one {mark} breaks the XPath expression, and a {twin} does not: {said[:160]}"
            return Proof(reason=reason, shot=again, control=balanced, confidence="firm")
    return None
