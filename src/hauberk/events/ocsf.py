"""Events as the Open Cybersecurity Schema Framework has them: class Detection Finding (2004), version 1.3.0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hauberk._version import __version__
from hauberk.events.kinds import kind

FINDINGS, DETECTION, CREATE = 2, 2004, 1
SEVERITIES = {"info": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
ALLOWED, DENIED, NEW = 1, 2, 1
LEFT = frozenset({"id", "at", "event", "level", "worker", "client", "method", "path", "host", "agent"})


def finding(event: Mapping[str, Any]) -> dict[str, Any]:
    """One record: what was found, what was done about it, who asked for what; our own members under `unmapped`."""
    what = kind(event)
    at = event.get("at")
    time = int(at * 1000) if isinstance(at, int | float) else 0
    record: dict[str, Any] = {
        "class_uid": DETECTION,
        "class_name": "Detection Finding",
        "category_uid": FINDINGS,
        "category_name": "Findings",
        "activity_id": CREATE,
        "activity_name": "Create",
        "type_uid": DETECTION * 100 + CREATE,
        "severity_id": SEVERITIES[what.severity],
        "severity": "Informational" if what.severity == "info" else what.severity.capitalize(),
        "status_id": NEW,
        "action_id": DENIED if what.stopped else ALLOWED,
        "disposition_id": 2 if what.stopped else 15,  # Blocked, Detected
        "time": time,
        "message": what.title,
        "metadata": {
            "version": "1.3.0",
            "profiles": ["security_control"],
            "product": {"name": "hauberk", "vendor_name": "hauberk", "version": __version__},
            "uid": str(event.get("id", "")),
        },
        "finding_info": {
            "uid": str(event.get("id", "")),
            "title": what.title,
            "types": [what.of],
            "created_time": time,
            "analytic": {"type_id": 1, "type": "Rule", "name": str(event["event"])},
        },
        "evidences": [_evidence(event)],
        "unmapped": {name: value for name, value in event.items() if name not in LEFT and value not in (None, "")},
    }
    return record


def _evidence(event: Mapping[str, Any]) -> dict[str, Any]:
    request: dict[str, Any] = {"http_method": event.get("method"), "user_agent": event.get("agent")}
    if event.get("path") is not None:
        request["url"] = {"path": event["path"], "hostname": event.get("host")}
    found: dict[str, Any] = {"data": {"worker": event.get("worker")}}
    if event.get("client"):
        found["src_endpoint"] = {"ip": event["client"]}
    if event.get("method"):
        found["http_request"] = request
    return found
