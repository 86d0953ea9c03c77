"""SARIF 2.1.0, as code hosts accept it: every result at a file of the repository, never at a URL.

Code hosts show every result as an alert, whatever its `kind` says, so only faults and what needs a person are results;
`everything=True` adds the passes and what was not applicable, for readers that know kinds. Their number is in the
run's properties either way. Limits are those of GitHub code scanning: 25,000 results, 20 tags a rule.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from hauberk.core.finding import (
    SEVERITIES,
    Confidence,
    Finding,
    HttpLocation,
    Location,
    Outcome,
    PackageLocation,
    Result,
    Rule,
    Severity,
)
from hauberk.report.meta import Meta
from hauberk.report.paths import file_uri, module_file, relative_file, settle
from hauberk.report.plain import block, clip_block, header_pairs, line, value_text, words
from hauberk.standards import ASVS_URL, ASVS_VERSION, CWE_VERSION, asvs, cwe_name, cwe_url

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MAX_RESULTS = 25_000
MAX_TAGS = 20
MAX_BODY = 4_000
"""Characters kept of a request's or an answer's body."""

# GitHub reads above 9.0 as critical, from 7.0 as high, from 4.0 as medium.
SECURITY_SEVERITY: dict[Severity, str] = {
    "critical": "9.5",
    "high": "8.0",
    "medium": "5.5",
    "low": "2.5",
    "info": "0.1",
}
LEVEL: dict[Severity, str] = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
PRECISION: dict[Confidence, str] = {"certain": "very-high", "firm": "high", "tentative": "medium"}
KIND: dict[Outcome, str] = {"fail": "fail", "pass": "pass", "not-applicable": "notApplicable", "review": "review"}
ORDER: tuple[Outcome, ...] = ("fail", "review", "pass", "not-applicable")

Json = dict[str, Any]


def render(result: Result, *, meta: Meta, everything: bool = False) -> str:
    """One SARIF log with one run. `everything` adds passes and what was not applicable."""
    return json.dumps(document(result, meta=meta, everything=everything), indent=2, ensure_ascii=True) + "\n"


def document(result: Result, *, meta: Meta, everything: bool = False) -> Json:
    """The same as plain data."""
    meta = settle(meta, result.target)
    wanted = ORDER if everything else ORDER[:2]
    chosen = [f for outcome in wanted for f in _sorted(result.findings, outcome)]
    kept, cut = chosen[:MAX_RESULTS], len(chosen) - MAX_RESULTS
    notes = [words(gap) for gap in result.gaps]
    if cut > 0:
        notes.append(f"{cut} results are left out: code hosts take no more than {MAX_RESULTS}.")
    catalogue = _Catalogue.of(result.findings)
    taxonomies = [_Taxonomy.asvs(result.findings), _Taxonomy.cwe(result.findings)]
    run: Json = {
        "tool": {"driver": _driver(meta, catalogue, taxonomies)},
        "automationDetails": {"id": f"hauberk/{words(result.command)}/"},
        "invocations": [_invocation(result, meta, notes)],
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the repository."}}},
        "columnKind": "utf16CodeUnits",
        "taxonomies": [taxonomy.as_json() for taxonomy in taxonomies],
        "results": [_result(f, result, meta, catalogue, taxonomies) for f in kept],
        "properties": {"target": words(result.target), "outcomes": dict(Counter(f.outcome for f in result.findings))},
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _sorted(findings: Sequence[Finding], outcome: Outcome) -> list[Finding]:
    found = [f for f in findings if f.outcome == outcome]
    return sorted(found, key=lambda f: (SEVERITIES.index(f.severity), f.rule.id, str(f.location)))


@dataclass(frozen=True, slots=True)
class _Catalogue:
    """The rules that the findings name, each once for every severity it was found with."""

    rules: dict[str, tuple[Rule, Severity, Confidence]] = field(default_factory=dict)

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> _Catalogue:
        made = cls()
        for finding in findings:
            id, known = made.id(finding), made.rules.get(made.id(finding))
            doubt = max((known[2] if known else "certain", finding.confidence), key=list(PRECISION).index)
            made.rules[id] = (finding.rule, finding.severity, doubt)
        return made

    @staticmethod
    def id(finding: Finding) -> str:
        """Code hosts read the severity from the rule, not from the result: one that differs is a rule of its own."""
        id = line(finding.rule.id)
        return id if finding.severity == finding.rule.severity else f"{id}/{finding.severity}"

    def index(self, finding: Finding) -> int:
        return list(self.rules).index(self.id(finding))


@dataclass(frozen=True, slots=True)
class _Taxonomy:
    """One standard, with the part of it that the findings point to."""

    name: Literal["OWASP ASVS", "CWE"]
    index: int
    about: Json
    taxa: dict[str, Json]

    @classmethod
    def asvs(cls, findings: Iterable[Finding]) -> _Taxonomy:
        """Titles are our own: the standard's text is not ours to give."""
        known = asvs()
        used = sorted({id for f in findings for id in f.rule.asvs if id in known}, key=list(known).index)
        taxa = {
            id: {
                "id": id,
                "name": known[id].number,
                "shortDescription": {"text": known[id].title},
                "properties": {"level": known[id].level, "chapter": f"{known[id].chapter} {known[id].chapter_name}"},
            }
            for id in used
        }
        about = {
            "version": ASVS_VERSION,
            "organization": "OWASP",
            "informationUri": ASVS_URL,
            "shortDescription": {"text": "OWASP Application Security Verification Standard"},
        }
        return cls("OWASP ASVS", 0, about, taxa)

    @classmethod
    def cwe(cls, findings: Iterable[Finding]) -> _Taxonomy:
        """The weaknesses, with short names of our own."""
        taxa = {
            f"CWE-{number}": {
                "id": f"CWE-{number}",
                "name": f"CWE-{number}",
                "shortDescription": {"text": cwe_name(number) or f"CWE-{number}"},
                "helpUri": cwe_url(number),
            }
            for number in sorted({n for f in findings for n in f.rule.cwe})
        }
        about = {
            "version": CWE_VERSION,
            "organization": "MITRE",
            "informationUri": "https://cwe.mitre.org/",
            "shortDescription": {"text": "Common Weakness Enumeration"},
        }
        return cls("CWE", 1, about, taxa)

    def ids(self, rule: Rule) -> list[str]:
        """The ids of this standard that a rule points to."""
        named = rule.asvs if self.name == "OWASP ASVS" else tuple(f"CWE-{n}" for n in rule.cwe)
        return [id for id in dict.fromkeys(named) if id in self.taxa]

    def references(self, rule: Rule) -> list[Json]:
        component = {"name": self.name, "index": self.index}
        return [{"id": id, "index": list(self.taxa).index(id), "toolComponent": component} for id in self.ids(rule)]

    def as_json(self) -> Json:
        return {"name": self.name, **self.about, "isComprehensive": False, "taxa": list(self.taxa.values())}


def _driver(meta: Meta, catalogue: _Catalogue, taxonomies: list[_Taxonomy]) -> Json:
    rules = [_rule(id, *entry, taxonomies) for id, entry in catalogue.rules.items()]
    supported = [{"name": t.name, "index": t.index} for t in taxonomies]
    return {
        "name": "hauberk",
        "version": meta.version,
        "semanticVersion": meta.version,
        "shortDescription": {"text": "Security for Python web applications: one line protects, one command proves."},
        "rules": rules,
        "supportedTaxonomies": supported,
    }


def _rule(id: str, rule: Rule, severity: Severity, doubt: Confidence, taxonomies: list[_Taxonomy]) -> Json:
    relationships = [
        {"target": reference, "kinds": ["superset" if t.name == "CWE" else "relevant"]}
        for t in taxonomies
        for reference in t.references(rule)
    ]
    why, fix = words(rule.why), words(rule.fix)
    text = "\n\n".join(filter(None, [why, f"Fix: {fix}" if fix else ""])) or words(rule.title)
    made: Json = {
        "id": id,
        "name": "".join(part.capitalize() for part in line(rule.id).replace(".", "-").split("-")),
        "shortDescription": {"text": words(rule.title) or id},
        "fullDescription": {"text": why or words(rule.title) or id},
        "help": {"text": text, "markdown": text.replace("Fix: ", "**Fix:** ", 1)},
        "defaultConfiguration": {"level": LEVEL[severity]},
        "properties": {
            "tags": tags(rule),
            "precision": PRECISION[doubt],
            "security-severity": SECURITY_SEVERITY[severity],
        },
    }
    if rule.docs.startswith("https://"):
        made["helpUri"] = rule.docs
    return made | ({"relationships": relationships} if relationships else {})


def tags(rule: Rule) -> list[str]:
    """What to filter by; the first ten are what GitHub keeps."""
    cwe = [f"external/cwe/cwe-{number:03d}" for number in rule.cwe]
    named = [line(rule.id).partition(".")[0], *cwe, *map(line, rule.top10), *map(line, rule.asvs)]
    return list(dict.fromkeys(["security", *filter(None, named)]))[:MAX_TAGS]


def _result(f: Finding, result: Result, meta: Meta, catalogue: _Catalogue, taxonomies: list[_Taxonomy]) -> Json:
    made: Json = {
        "ruleId": catalogue.id(f),
        "ruleIndex": catalogue.index(f),
        "kind": KIND[f.outcome],
        "level": LEVEL[f.severity] if f.outcome == "fail" else "none",
        "message": {"text": _message(f)},
        "locations": [_location(f.location, result, meta)],
        # GitHub matches alerts by the first; ours does not change when the code moves to another line.
        "partialFingerprints": {"primaryLocationLineHash": f.fingerprint, "hauberk/v1": f.fingerprint},
        "properties": {"severity": f.severity, "confidence": f.confidence},
    }
    if taxa := [reference for t in taxonomies for reference in t.references(f.rule)]:
        made["taxa"] = taxa
    if isinstance(f.location, HttpLocation):
        made["webRequest"] = _web_request(f.location, f.evidence.get("request"))
        if isinstance(answer := f.evidence.get("response"), Mapping):
            made["webResponse"] = _web_response(answer)
    return made


def _message(f: Finding) -> str:
    text = block(f.message) or words(f.title) or f.rule.id
    if f.own_title:
        text = f"{words(f.own_title)}. {text}"
    if f.own_fix and f.outcome == "fail":
        text += f"\n\nFix: {words(f.own_fix)}"
    return text.replace("](", "] (")  # SARIF would read `[x](y)` as a link (section 3.11.6)


def _location(where: Location, result: Result, meta: Meta) -> Json:
    own = relative_file(where.file, meta)
    file = own or _fallback(result, meta)
    region = {"region": {"startLine": where.line if own and where.line and where.line > 0 else 1}}
    made: Json = {"physicalLocation": {"artifactLocation": {"uri": file_uri(file), "uriBaseId": "%SRCROOT%"}} | region}
    if logical := _logical(where):
        made["logicalLocations"] = [logical]
    return made


def _fallback(result: Result, meta: Meta) -> str:
    """Code hosts refuse a result without a file: the application's own module, or any file that this run named."""
    named = (relative_file(f.location.file, meta) for f in result.findings)
    return meta.fallback_file or module_file(result.target) or next(filter(None, named), "pyproject.toml")


def _logical(where: Location) -> Json | None:
    if isinstance(where, HttpLocation):
        name = line(f"{where.method} {where.path}")
        if where.parameter is None:
            return {"fullyQualifiedName": name, "kind": "resource"}
        inner = line(where.parameter)
        return {"name": inner, "fullyQualifiedName": f"{name} {where.place or ''}:{inner}", "kind": "parameter"}
    if isinstance(where, PackageLocation):
        url = f"pkg:{where.ecosystem.lower()}/{file_uri(where.package)}@{file_uri(where.version)}"
        return {"name": line(where.package), "fullyQualifiedName": url, "kind": "module"}
    return None


def _web_request(where: HttpLocation, request: Any) -> Json:
    made: Json = {"protocol": "HTTP", "method": line(where.method), "target": line(where.path)}
    if isinstance(request, Mapping):
        target = request.get("url") or request.get("target") or request.get("path")
        made |= {"method": line(str(request.get("method", where.method))), "target": line(str(target or where.path))}
        made |= _head_and_body(request)
    elif isinstance(request, str):
        made["body"] = {"text": clip_block(block(request), MAX_BODY)}
    return made


def _web_response(answer: Mapping[str, Any]) -> Json:
    made: Json = {"protocol": "HTTP"} | _head_and_body(answer)
    status = answer.get("status")
    return made | ({"statusCode": status} if isinstance(status, int) and not isinstance(status, bool) else {})


def _head_and_body(message: Mapping[str, Any]) -> Json:
    made: Json = {}
    if pairs := header_pairs(message.get("headers")):
        made["headers"] = {line(name): line(value) for name, value in pairs}
    if body := message.get("body"):
        made["body"] = {"text": clip_block(block(value_text(body)), MAX_BODY)}
    return made


def _invocation(result: Result, meta: Meta, notes: list[str]) -> Json:
    made: Json = {"executionSuccessful": result.complete, "endTimeUtc": meta.stamp}
    if meta.command_line:
        made["commandLine"] = line(meta.command_line)
    if notes:
        level = "warning" if result.complete else "error"
        made["toolExecutionNotifications"] = [{"level": level, "message": {"text": note}} for note in notes]
    return made
