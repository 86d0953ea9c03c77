"""XML external entities: the parser fetches what the document names (W3C XML 1.0, section 4.2.2)."""

from __future__ import annotations

import re

from hauberk.core.events import SinkKind
from hauberk.core.finding import Rule
from hauberk.scan.lab import Lab
from hauberk.scan.oracles.sensor import asked, read_as, sensed
from hauberk.scan.trial import Judgement, Kit, Point, Proof, Shot, Trial, canary

RULE = Rule(
    id="scan.xxe",
    title="XML external entities",
    severity="high",
    why="An attacker reads files of the server, and makes it call others.",
    fix="Parse with entities and DTDs off: defusedxml, or "
    "`lxml.etree.XMLParser(resolve_entities=False, no_network=True)`.",
    cwe=(611,),
    asvs=("v5.0.0-1.5.1",),
    top10=("A02:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/XML_External_Entity_Prevention_Cheat_Sheet.html",
)


KINDS: frozenset[SinkKind] = frozenset({"xml"})


_HINT = re.compile(r"xml|soap|svg|feed|rss", re.IGNORECASE)


def probes(point: Point, control: Shot, kit: Kit) -> tuple[str, ...]:
    """In process a sensor hears which file is asked for, whether or not it is there and shown."""
    wanted = concerns(point) or "xml" in read_as(control)
    return (_DOCUMENT.replace("{s}", "file:///{c}"),) if kit.sees and wanted else ()


def judge(trial: Trial) -> Judgement:
    """Whether a parser went to read what the document names."""
    event = asked(trial.shot, "xml")
    if event is not None:
        return Proof(reason="the XML parser asks for a file that the document names", event=event)
    return sensed(trial, KINDS)


def concerns(point: Point) -> bool:
    """Whether something says that XML is wanted here, or at least a document."""
    known = str(point.parameter.example or "").lstrip()
    return (
        known.startswith("<")
        or _HINT.search(point.parameter.name) is not None
        or point.parameter.place in {"body", "upload"}
    )


def prove(lab: Lab) -> Proof | None:
    """An entity brings in a file that only this scan knows, or a call to an address that only this scan knows."""
    if not concerns(lab.point):
        return None
    for system in (f"file://{lab.kit.bait}", None):
        proof = _ask(lab, system)
        if proof is not None:
            return proof
    return None


def _ask(lab: Lab, system: str | None) -> Proof | None:
    collaborator = lab.kit.collaborator
    if system is None and collaborator is None:
        return None
    for attempt in (1, 2):
        word = canary()
        address = system or (collaborator.url(word) if collaborator else "")
        shot = lab.fire(_DOCUMENT.replace("{s}", address))
        if system is not None:
            arrived = lab.kit.secret in shot.response.text
        else:
            arrived = collaborator is not None and collaborator.heard(word)
        if not arrived:
            return None
        if attempt == 2:
            what = "a file outside of the application" if system else "an address that the document named"
            return Proof(reason=f"the XML parser fetched {what}", shot=shot)
    return None


_DOCUMENT = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY e SYSTEM "{s}">]><r>&e;</r>'
