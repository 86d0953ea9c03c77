"""What a maintainer says of faults in his product: OpenVEX 0.2.0, and CycloneDX's `analysis`, written and read."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from hauberk.audit.files import read_text
from hauberk.audit.purl import purl
from hauberk.audit.readers.documents import broken, entries, load_json, mapping, text_of
from hauberk.audit.text import clean
from hauberk.core.finding import Finding, PackageLocation

CONTEXT = "https://openvex.dev/ns/v0.2.0"
_SETTLED = frozenset({"not_affected", "fixed", "resolved", "resolved_with_pedigree", "false_positive"})


@dataclass(frozen=True, slots=True)
class Statement:
    """One fault does not matter in one package. `product` is a package URL, with or without a version."""

    vulnerability: str
    product: str
    reason: str


def openvex(
    findings: Iterable[Finding], *, author: str, generated: datetime, accepted: Mapping[str, str] | None = None
) -> str:
    """Every fault as a statement: affected, with what to do; `accepted` by fingerprint with its reason."""
    statements = []
    for finding in findings:
        where = finding.location
        if finding.outcome != "fail" or not isinstance(where, PackageLocation) or "advisories" not in finding.evidence:
            continue
        names = dict.fromkeys(n for one in finding.evidence["advisories"] for n in (one["id"], *one["aliases"]))
        reason = (accepted or {}).get(finding.fingerprint)
        statements.append(
            {
                "vulnerability": {"name": finding.key, "aliases": [name for name in names if name != finding.key]},
                "products": [{"@id": purl(where.ecosystem, where.package, where.version)}],
                "status": "under_investigation" if reason else "affected",
                **({"status_notes": clean(reason, 2_000)} if reason else {"action_statement": finding.fix}),
            }
        )
    document = {
        "@context": CONTEXT,
        "author": author,
        "timestamp": generated.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "version": 1,
        "statements": statements,
    }
    own = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(document, sort_keys=True))
    return json.dumps({"@id": f"urn:uuid:{own}"} | document, indent=2) + "\n"


def read_vex(path: Path) -> list[Statement]:
    """The statements that settle a fault. Raises InputError if the file is neither OpenVEX nor CycloneDX."""
    name = clean(path)
    document = load_json(read_text(path), name)
    if text_of(document.get("@context")).startswith("https://openvex.dev/"):
        return list(_of_openvex(document))
    if document.get("bomFormat") == "CycloneDX":
        return list(_of_cyclonedx(document))
    raise broken(name, "VEX document", "it is neither OpenVEX nor CycloneDX")


def _of_openvex(document: dict[str, Any]) -> Iterable[Statement]:
    for one in entries(document.get("statements")):
        if text_of(one.get("status")) not in _SETTLED:
            continue
        vulnerability = one.get("vulnerability")
        about = mapping(vulnerability)
        names = [text_of(vulnerability), text_of(about.get("name")), *_texts(about.get("aliases"))]
        why = [text_of(one.get(key)) for key in ("justification", "impact_statement", "status_notes")]
        reason = ": ".join(filter(None, [text_of(one.get("status")), *why]))
        products = [
            text_of(item) or text_of(mapping(item).get("@id"))
            for product in one.get("products") or ()
            for item in (product, *(mapping(product).get("subcomponents") or ()))
        ]
        yield from (Statement(n.upper(), product, reason) for n in names if n for product in products if product)


def _of_cyclonedx(document: dict[str, Any]) -> Iterable[Statement]:
    purls = {text_of(c.get("bom-ref")): text_of(c.get("purl")) for c in entries(document.get("components"))}
    for one in entries(document.get("vulnerabilities")):
        analysis = mapping(one.get("analysis"))
        if text_of(analysis.get("state")) not in _SETTLED:
            continue
        why = [text_of(analysis.get(key)) for key in ("state", "justification", "detail")]
        names = [text_of(one.get("id")), *(text_of(r.get("id")) for r in entries(one.get("references")))]
        for affected in entries(one.get("affects")):
            ref = text_of(affected.get("ref"))
            product = purls.get(ref) or ref
            reason = ": ".join(filter(None, why))
            yield from (Statement(n.upper(), product, reason) for n in names if n and product)


def _texts(found: object) -> list[str]:
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []


def settled(finding: Finding, statements: Iterable[Statement]) -> str | None:
    """Why a fault does not matter, if a statement says so of this package at this version."""
    where = finding.location
    if finding.outcome != "fail" or not isinstance(where, PackageLocation) or "advisories" not in finding.evidence:
        return None
    products = {purl(where.ecosystem, where.package), purl(where.ecosystem, where.package, where.version)}
    advisories = finding.evidence["advisories"]
    names = {finding.key.upper(), *(n.upper() for one in advisories for n in (one["id"], *one["aliases"]))}
    for one in statements:
        if one.vulnerability in names and one.product.partition("?")[0] in products:
            return one.reason
    return None
