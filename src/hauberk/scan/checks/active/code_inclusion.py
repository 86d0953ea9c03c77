"""Code inclusion: the application fetches a program from an address of the input's choosing, and runs it."""

from __future__ import annotations

from hauberk.core.events import SinkKind
from hauberk.core.finding import Rule
from hauberk.scan.checks.active import ssrf
from hauberk.scan.lab import Lab, number
from hauberk.scan.trial import Proof, canary

RULE = Rule(
    id="scan.code-inclusion",
    title="Inclusion of foreign code",
    severity="critical",
    why="An attacker runs any code in the application's own process.",
    fix="Choose what is loaded from a table of the application's own modules.",
    cwe=(
        98,
        829,
    ),
    asvs=("v5.0.0-1.3.2",),
    top10=("A05:2025",),
    docs="https://owasp.org/www-project-web-security-testing-guide/v42/4-Web_Application_Security_Testing/07-Input_Validation_Testing/11.2-Testing_for_Remote_File_Inclusion",
)


KINDS: frozenset[SinkKind] = frozenset({"eval"})
"""What is fetched and run comes by there, and is code injection to the sensors."""


def prove(lab: Lab) -> Proof | None:
    """The program at an address that only this scan knows was run: its product is in the answer, twice."""
    collaborator = lab.kit.collaborator
    if collaborator is None or not (ssrf.likely(lab) or (not lab.kit.sees and lab.stirred)):
        return None
    for attempt in (1, 2):
        word, a, b = canary(), number(), number()
        shot = lab.fire(collaborator.url(word, a, b))
        if attempt == 1 and not collaborator.heard(word, wait=0):  # it came before the answer, or not at all
            return None
        if str(a * b) not in shot.response.text:
            return None
        if attempt == 2:
            return Proof(reason="the server fetched a program from the address that was sent, and ran it", shot=shot)
    return None
