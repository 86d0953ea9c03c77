"""The software bill of materials with its vulnerabilities: CycloneDX 1.6, in JSON (ECMA-424)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from hauberk.audit.purl import purl
from hauberk.audit.readers.cyclonedx import WRITER
from hauberk.audit.reading import Read
from hauberk.audit.text import clean
from hauberk.audit.text import name as shown
from hauberk.audit.versions import normal_name
from hauberk.core.finding import Finding, PackageLocation, Severity

_SEVERITIES: dict[Severity, str] = {
    "critical": "critical", "high": "high", "medium": "medium", "low": "low", "info": "info"
}  # fmt: skip
_METHODS = (("CVSS:4", "CVSSv4"), ("CVSS:3.1", "CVSSv31"), ("CVSS:3.0", "CVSSv3"), ("", "CVSSv2"))


def cyclonedx(
    reads: Sequence[Read],
    findings: Iterable[Finding],
    *,
    version: str,
    generated: datetime,
    accepted: Mapping[str, str] | None = None,
) -> str:
    """One document. `accepted` says by fingerprint why a finding is lived with; `version` is hauberk's own."""
    components: dict[str, dict[str, Any]] = {}
    graph: dict[str, set[str]] = {}
    for read in reads:
        _add(read, components, graph)
    stamp = generated.strftime("%Y-%m-%dT%H:%M:%SZ")
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "",
        "version": 1,
        "metadata": {
            "timestamp": stamp,
            "tools": {"components": [{"type": "application", "name": WRITER, "version": version}]},
        },
        "components": [components[ref] for ref in sorted(components)],
        "dependencies": [{"ref": ref, "dependsOn": sorted(graph.get(ref, ()))} for ref in sorted(components)],
        "vulnerabilities": vulnerabilities(findings, accepted or {}),
    }
    # The same content has the same number: a document that is made again is no new one.
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(document, sort_keys=True))}"
    return json.dumps(document, indent=2) + "\n"


def _add(read: Read, components: dict[str, dict[str, Any]], graph: dict[str, set[str]]) -> None:
    by_key: dict[str, set[str]] = {}
    for pin in read.manifest.packages:
        ref = purl(pin.ecosystem, pin.name, pin.version)
        for key in pin.keys:
            by_key.setdefault(key, set()).add(ref)
        own = shown(normal_name(pin.ecosystem, pin.name))
        scope, slash, bare = own.rpartition("/")
        entry = components.setdefault(
            ref,
            {"type": "library", "bom-ref": ref}
            | ({"group": scope} if slash else {})
            | {"name": bare, "version": shown(pin.version), "scope": "excluded", "purl": ref, "properties": []},
        )
        if pin.dev is not True:  # "excluded": only development needs it, wherever it is
            entry["scope"] = "required"
        place = {"name": "hauberk:file", "value": read.name + (f":{pin.line}" if pin.line else "")}
        if place not in entry["properties"]:
            entry["properties"].append(place)
    for pin in read.manifest.packages:
        ref = purl(pin.ecosystem, pin.name, pin.version)
        graph.setdefault(ref, set()).update(*(by_key.get(need, set()) - {ref} for need in pin.needs))


def vulnerabilities(findings: Iterable[Finding], accepted: Mapping[str, str]) -> list[dict[str, Any]]:
    """One for each fault; the packages that it affects are gathered."""
    found: dict[str, dict[str, Any]] = {}
    for finding in findings:
        where = finding.location
        if finding.outcome != "fail" or not isinstance(where, PackageLocation) or "advisories" not in finding.evidence:
            continue
        affected = {"ref": purl(where.ecosystem, where.package, where.version)}
        own = f"{finding.key} {where.ecosystem} {where.package}"
        entry = found.setdefault(own, _vulnerability(finding, where, own, accepted))
        if affected not in entry["affects"]:
            entry["affects"].append(affected)
    return [found[own] for own in sorted(found)]


def _vulnerability(finding: Finding, where: PackageLocation, own: str, accepted: Mapping[str, str]) -> dict[str, Any]:
    evidence = finding.evidence
    advisories = evidence["advisories"]
    names = dict.fromkeys(name for one in advisories for name in (one["id"], *one["aliases"]))
    rating: dict[str, Any] = {"severity": _SEVERITIES[finding.severity]}
    if cvss := evidence.get("cvss"):
        method = next(method for start, method in _METHODS if cvss["vector"].startswith(start))
        rating |= {"score": cvss["score"], "method": method, "vector": cvss["vector"]}
    reason = accepted.get(finding.fingerprint)
    entry: dict[str, Any] = {
        "bom-ref": own,
        "id": finding.key,
        "references": [{"id": name, "source": {"name": "OSV"}} for name in names],
        "ratings": [rating],
        "cwes": list(finding.rule.cwe),
        "description": clean(finding.message, 2_000),
        "recommendation": finding.fix,
        "affects": [],
        "properties": [{"name": "hauberk:kev", "value": str(bool(evidence.get("kev"))).lower()}],
    }
    if reason:
        entry["analysis"] = {"state": "in_triage", "response": ["will_not_fix"], "detail": clean(reason, 2_000)}
    return entry
