"""LDAP injection: the filter breaks at a bracket, or takes conditions from the input."""

from __future__ import annotations

from hauberk.core.events import SinkKind
from hauberk.core.finding import Rule
from hauberk.scan.lab import Lab
from hauberk.scan.oracles.complaints import complaint
from hauberk.scan.oracles.sensor import sensed
from hauberk.scan.oracles.truth import follows
from hauberk.scan.trial import POLYGLOT, Judgement, Kit, Point, Proof, Shot, Trial

RULE = Rule(
    id="scan.ldap-injection",
    title="LDAP injection",
    severity="high",
    why="An attacker asks the directory his own questions, or passes a login that asks it.",
    fix="Escape values for filters (`ldap3.utils.conv.escape_filter_chars`, `ldap.filter.escape_filter_chars`).",
    cwe=(90,),
    asvs=("v5.0.0-1.2.6",),
    top10=("A05:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/LDAP_Injection_Prevention_Cheat_Sheet.html",
)


KINDS: frozenset[SinkKind] = frozenset({"ldap"})

TRACED = True


def probes(point: Point, control: Shot, kit: Kit) -> tuple[str, ...]:
    """The polyglot: what it does is seen at the sink."""
    return (POLYGLOT,)


def judge(trial: Trial) -> Judgement:
    """Whether the value changed a filter."""
    return sensed(trial, KINDS)


def prove(lab: Lab) -> Proof | None:
    """A bracket breaks the filter, and its escaped twin does not; or more attributes can be asked for."""
    if not lab.stirred:
        return None
    return (_by_complaint(lab) or _by_width(lab)) if lab.worth(")(") or lab.worth("*") else None


def _by_complaint(lab: Lab) -> Proof | None:
    said = complaint("ldap", lab.torn_by(")(").response)
    if not said or complaint("ldap", lab.control.response):
        return None
    balanced, again = lab.fire("{c}\\29\\28"), lab.fire("{c})(")
    if complaint("ldap", again.response) and not complaint("ldap", balanced.response):
        reason = f"a bracket breaks the LDAP filter, and an escaped one does not: {said[:160]}"
        return Proof(reason=reason, shot=again, control=balanced, confidence="firm")
    return None


def _by_width(lab: Lab) -> Proof | None:
    """One of two conditions, or both of them: nothing but a filter tells these apart."""
    found = follows(lab, lambda a, b: f"*)({'|' if a == b else '&'}(objectClass=*)(cn={a})")
    if found is None:
        return None
    reason = "the value adds a condition to the LDAP filter, and the answer follows it"
    return Proof(reason=reason, shot=found[0], control=found[1], confidence="firm")
