"""Deserialisation: the input is unpickled, which runs what it says (Python documentation, pickle)."""

from __future__ import annotations

from hauberk.core.finding import Rule
from hauberk.scan.lab import Lab
from hauberk.scan.oracles.complaints import complaint
from hauberk.scan.trial import Proof

RULE = Rule(
    id="scan.deserialisation",
    title="Deserialisation of input",
    severity="critical",
    why="Whoever writes a pickle chooses which code runs when it is read.",
    fix="Take JSON from outside; sign what the application itself hands out and takes back.",
    cwe=(502,),
    asvs=("v5.0.0-1.5.2",),
    top10=("A08:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/Deserialization_Cheat_Sheet.html",
)


def prove(lab: Lab) -> Proof | None:
    """The unpickler complains of what is no pickle, and takes the smallest one that is."""
    if not lab.stirred and not complaint("pickle", lab.control.response):
        return None
    said = complaint("pickle", lab.control.response)
    if not said:
        return None
    for none in ("N.", "Ti4=", "gAROLg==", "4e2e"):
        taken = lab.fire(none)
        if not complaint("pickle", taken.response):
            again = lab.fire("{c}")
            if complaint("pickle", again.response):
                reason = f"the unpickler reads the input: {none} is taken for None, other text is refused: {said[:120]}"
                return Proof(reason=reason, shot=again, control=taken, confidence="firm")
    return None
