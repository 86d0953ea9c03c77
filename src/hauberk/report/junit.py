"""JUnit XML, as test reporters of CI servers read it: a rule that judged something is a test case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from xml.etree import ElementTree as ET

from hauberk.core.finding import Finding, Result
from hauberk.report.meta import Meta
from hauberk.report.plain import block, words

# XML 1.0, section 2.2: what is not in this set cannot stand in a document, not even as a reference.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(result: Result, *, meta: Meta) -> str:
    """One suite for each part (`check`, `audit`, `scan`); a part that did not run is an error, never green."""
    root = ET.Element("testsuites", name="hauberk")
    ordered = sorted(result.findings, key=lambda f: (part_of(f), f.rule.id, str(f.location), f.fingerprint))
    for part, group in groupby(ordered, key=part_of):
        _suite(root, part, [_case(f) for f in group], meta)
    missing = result.gaps or (() if result.complete else ("The run did not finish.",))
    if missing:
        _suite(root, "left out" if result.complete else "not judged", list(_gaps(missing, result.complete)), meta)
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    if meta.duration is not None:
        root.set("time", f"{meta.duration:.3f}")
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def part_of(finding: Finding) -> str:
    """The command that judged it: the first word of the rule's id."""
    return words(finding.rule.id).partition(".")[0] or "other"


def _suite(root: ET.Element, name: str, cases: list[ET.Element], meta: Meta) -> None:
    suite = ET.SubElement(root, "testsuite", name=f"hauberk {_xml(name)}", timestamp=meta.stamp.removesuffix("Z"))
    counts = {"tests": len(cases)}
    for label, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        counts[label] = sum(case.find(tag) is not None for case in cases)
    for label, number in counts.items():
        suite.set(label, str(number))
    suite.extend(cases)


def _case(f: Finding) -> ET.Element:
    where = words(str(f.location))
    name = f"{words(f.title)} [{where}]" if where != "-" else words(f.title)
    case = ET.Element("testcase", classname=_xml(f"hauberk.{words(f.rule.id)}"), name=_xml(name))
    if f.location.file:
        case.set("file", _xml(words(f.location.file)))
    if f.location.line:
        case.set("line", str(f.location.line))
    if f.outcome == "fail":
        fault = ET.SubElement(case, "failure", type=f.severity, message=_xml(words(f.message)))
        fault.text = _xml("\n".join([block(f.message), f"at {where}", f"fix: {words(f.fix)}", f"id: {f.fingerprint}"]))
    elif f.outcome != "pass":
        label = "needs a person" if f.outcome == "review" else "not applicable"
        ET.SubElement(case, "skipped", message=_xml(f"{label}: {words(f.message)}"))
    return case


def _gaps(gaps: tuple[str, ...], known: bool) -> Iterator[ET.Element]:
    """`known`: it was left out on purpose."""
    for gap in gaps:
        case = ET.Element("testcase", classname="hauberk.complete", name=_xml(words(gap)))
        if known:
            ET.SubElement(case, "skipped", message=_xml(words(gap)))
        else:
            ET.SubElement(case, "error", type="incomplete", message=_xml(words(gap)))
        yield case


def _xml(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
