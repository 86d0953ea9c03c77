"""NoSQL injection: the input brings an operator of MongoDB's into a query, by its structure or by a script (CWE-943).

In process guard saw the query. Elsewhere two things tell: an operator that does not exist breaks the query while those
that exist do not; or the answer follows what operators say, also where they say it twice over (`$not` of `$eq`), which
no filter of words does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from hauberk.core.events import SinkKind
from hauberk.core.finding import Rule
from hauberk.scan.coverage import LOGIN
from hauberk.scan.lab import Lab, spellings
from hauberk.scan.oracles.sensor import reached, sensed
from hauberk.scan.oracles.truth import follows, framed
from hauberk.scan.trial import OBJECT, POLYGLOT, Judgement, Kit, Point, Proof, Shot, Trial

RULE = Rule(
    id="scan.nosql-injection",
    title="NoSQL injection",
    severity="high",
    why="An attacker passes a login without a password, and reads or changes records that are not his.",
    fix="Take text for text before it goes into a filter (a schema that says so, or `str`), and never build `$where` "
    "from input.",
    cwe=(943,),
    asvs=("v5.0.0-1.2.4",),
    top10=("A05:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/NoSQL_Security_Cheat_Sheet.html",
)

KINDS: frozenset[SinkKind] = frozenset({"nosql"})
HARMLESS = '{"$eq": "{c}"}'
"""An operator that matches nothing which is there: it proves as much as one that matches everything."""
CARRIES = frozenset({"json", "form", "query"})
"""Places where an object may arrive as one."""
BROKEN = 500
"""The status from which on an answer says that something broke."""
FILTER = re.compile(r"filter|where|query|criteria|selector|conditions?|match", re.IGNORECASE)
"""Names of parameters that take a whole filter, as JSON."""


def probes(point: Point, control: Shot, kit: Kit) -> tuple[str, ...]:
    """In process: the polyglot for scripts; where the value gets into a query, or a filter is taken, an operator."""
    if not kit.sees >= KINDS:
        return ()
    found = [POLYGLOT]
    if reached(control, KINDS) and point.parameter.place in CARRIES:
        found.append(OBJECT + HARMLESS)
    if _takes_filter(point):
        found += [HARMLESS, '{"{c}": {"$eq": "{c}"}}']
    return tuple(found)


def judge(trial: Trial) -> Judgement:
    """Whether an operator, or code of a script, came from the value. A text that stayed one says nothing of objects."""
    said = sensed(trial, KINDS)
    return said if isinstance(said, Proof) else None


def prove(lab: Lab) -> Proof | None:
    """From outside: by an operator that does not exist, by what operators say, or by a script."""
    place = lab.point.parameter.place
    forms = [OBJECT + "{o}"] if place in CARRIES and (lab.thorough or place == "json") else []
    if _takes_filter(lab.point):
        forms += ["{o}", '{"_id": {o}}']
    for form in forms:
        proof = _by_unknown(lab, form) or _by_operators(lab, form)
        if proof is not None:
            return proof
    return _by_script(lab) if lab.thorough and lab.matters else None


UNKNOWN, NAMED = '{"$x{c}": "{c}"}', '{"x{c}": "{c}"}'
EVERY, NOT_EQUAL = '{"$ne": "{c}"}', '{"$not": {"$eq": "{c}"}}'
"""What every record is."""
NONE, NOT_UNEQUAL = HARMLESS, '{"$not": {"$ne": "{c}"}}'
"""What no record is."""
ORDER = (NOT_UNEQUAL, NOT_EQUAL, EVERY, NOT_UNEQUAL, NOT_EQUAL, NONE)
"""After one of each: two of the same kind follow each other, as no rotation answers them."""


def _takes_filter(point: Point) -> bool:
    known = str(point.parameter.example or "").lstrip()
    return point.parameter.place != "path" and (known.startswith("{") or bool(FILTER.search(point.parameter.name)))


def _by_unknown(lab: Lab, form: str) -> Proof | None:
    """The server refuses the operator that does not exist, twice, and neither those that do nor a name without `$`.

    Whatever the method: no record matches any of these.
    """

    def fire(template: str) -> Shot:
        return lab.fire(form.replace("{o}", template))

    if fire(UNKNOWN).response.status < BROKEN:
        return None
    if any(fire(template).response.status >= BROKEN for template in (NAMED, NONE, NOT_UNEQUAL)):
        return None
    again, control = fire(UNKNOWN), fire(NONE)
    if again.response.status < BROKEN or control.response.status >= BROKEN:
        return None
    reason = "an operator that MongoDB does not know breaks the query, and neither those it knows nor a plain name do"
    return Proof(reason=reason, shot=again, control=control, confidence="firm")


def _by_operators(lab: Lab, form: str) -> Proof | None:
    """What matches every record is answered one way, what matches none another, whatever the operators' names are.

    Only where nothing is written: an update or delete would reach every record. A login needs all of its fields.
    """
    if lab.point.operation.method == "GET":
        return _told_apart(lambda template: lab.fire(form.replace("{o}", template)))
    if LOGIN.search(lab.point.operation.path):
        others = form.replace("{o}", EVERY)
        return _told_apart(lambda template: lab.among(form.replace("{o}", template), others))
    return None


def _told_apart(fire: Callable[[str], Shot]) -> Proof | None:
    every, none = fire(EVERY), fire(NONE)
    if _beside(every) == _beside(none) or every.response.status >= 400 or none.response.status >= BROKEN:
        return None
    for template in ORDER:
        shot = fire(template)
        alike, unlike = (every, none) if template in (EVERY, NOT_EQUAL) else (none, every)
        if _beside(shot) != _beside(alike) or _beside(shot) == _beside(unlike):
            return None
    reason = "the answer follows the operators that the value brings: one for every record, another for none"
    return Proof(reason=reason, shot=every, control=none, confidence="firm")


def _beside(shot: Shot) -> tuple[int, str]:
    """The answer without the object, in the notations in which pages repeat one."""
    text = shot.response.text
    spelled = json.loads(shot.value)
    for form in (str(spelled), json.dumps(spelled, separators=(",", ":")), shot.value):
        for spelling in spellings(form):
            text = text.replace(spelling, "")
    text = re.sub(r"(\[|\.|%5B)(\$|%24|&#36;)\w+(\]|%5D)?", "", text)
    return shot.response.status, " ".join(text.replace(shot.canary, "").split())


NARROWING, WIDENING = "{k}' && {a}==={b} && '1'==='1", "{k}' || {a}==={b} && '1'==='1"


def _by_script(lab: Lab) -> Proof | None:
    """`===` is JavaScript's alone: neither SQL, XPath nor Python read it."""
    reading = lab.point.operation.method == "GET"
    for frame in (NARROWING, *((WIDENING,) if reading else ())):
        found = follows(lab, framed(frame, lab.value))
        if found is not None:
            reason = "the answer follows what the value claims in JavaScript, which a query runs"
            return Proof(reason=reason, shot=found[0], control=found[1], confidence="firm")
    return None
