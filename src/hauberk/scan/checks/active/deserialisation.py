"""Deserialisation: the input is unpickled, which runs what it says (Python documentation, pickle)."""

from __future__ import annotations

import re

from hauberk.core.events import SinkKind
from hauberk.core.finding import Rule
from hauberk.scan.lab import Lab
from hauberk.scan.oracles.complaints import complaint
from hauberk.scan.oracles.sensor import asked, read_as, sensed
from hauberk.scan.trial import BASE64, Judgement, Kit, Point, Proof, Shot, Trial

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


KINDS: frozenset[SinkKind] = frozenset({"unpickle"})
NAMED = re.compile(r"pickle|yaml|object|serial|state|session|payload|config|data|blob|dump|prefs", re.IGNORECASE)
WRITTEN = re.compile(r"gA[JQSRT][A-Za-z0-9_+/-]|\(dp|\x80|!!python|py/(object|type|reduce)|---|[\w-]+: ")
"""How a pickle (in base64 too), tagged YAML and jsonpickle begin, or what they hold."""


PROBES = {"base64": f"{BASE64}csys\n{{c}}\n.", "yaml": "!!python/name:sys.{c}", "pickle": "csys\n{c}\n."}
"""By who reads it."""


def probes(point: Point, control: Shot, kit: Kit) -> tuple[str, ...]:
    """A global that does not exist, named in each format: the loader looks for it, and nothing else happens.

    Where a decoder or a loader said that it read the control, its own format; else each where something hints at one.
    """
    if not kit.sees >= KINDS:
        return ()
    reading = [PROBES[dialect] for dialect in sorted(read_as(control) & PROBES.keys())]
    if reading:
        return tuple(reading)
    known = str(point.parameter.example or "")
    speaks = point.parameter.place in {"body", "upload"} or NAMED.search(point.parameter.name) or WRITTEN.search(known)
    # What is kept for the visitor may be a pickle under any name; text that is none fails before anything reads it.
    fails = point.parameter.place == "cookie" and control.response.status >= 500
    if not speaks and not fails:
        return ()
    whole = (PROBES["pickle"],) if point.parameter.place in {"body", "upload"} else ()
    return (PROBES["base64"], PROBES["yaml"], '{"py/type": "sys.{c}"}', *whole)


def judge(trial: Trial) -> Judgement:
    """Whether a loader went to look for what the value names."""
    event = asked(trial.shot, "unpickle")
    if event is not None:
        return Proof(reason="the loader looks for a global that the input names", event=event)
    return sensed(trial, KINDS)


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
