"""How bad an advisory is: CVSS 2 to 4 by the `cvss` library, or the word of its database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from hauberk.core.errors import MissingExtraError
from hauberk.core.finding import SEVERITIES, Severity

_LABELS: dict[str, Severity] = {
    "CRITICAL": "critical",
    "HIGH": "high",
    "MODERATE": "medium",
    "MEDIUM": "medium",
    "LOW": "low",
}
_BANDS: tuple[tuple[float, Severity], ...] = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"))
"""CVSS 3.1 section 5 and CVSS 4.0 section 6: the qualitative severity rating scale."""


def judge(
    vectors: Iterable[Mapping[str, Any]], database: Mapping[str, Any]
) -> tuple[Severity | None, float | None, str]:
    """Severity, score and vector: of the worst vector that can be read, else of the database's label, else nothing."""
    scored = [
        (score, text)
        for v in vectors
        if isinstance(text := v.get("score"), str) and (score := cvss_score(text)) is not None
    ]
    if scored:
        worst, vector = max(scored)
        return band(worst), worst, vector
    label = database.get("severity")
    return (_LABELS.get(label.upper()) if isinstance(label, str) else None), None, ""


def band(score: float) -> Severity:
    """The word for a score."""
    return next((word for floor, word in _BANDS if score >= floor), "info")


def worst(levels: Iterable[Severity | None]) -> Severity | None:
    """The worst of those that are known."""
    known = [SEVERITIES.index(level) for level in levels if level is not None]
    return SEVERITIES[min(known)] if known else None


@lru_cache(maxsize=4096)
def cvss_score(vector: str) -> float | None:
    """The base score of a CVSS vector of version 2, 3 or 4; None if it cannot be read."""
    try:
        from cvss import CVSS2, CVSS3, CVSS4
        from cvss.exceptions import CVSSError
    except ImportError:
        raise MissingExtraError("cvss", "audit", "reading the severity of advisories") from None

    version = CVSS4 if vector.startswith("CVSS:4") else CVSS3 if vector.startswith("CVSS:3") else CVSS2
    try:
        return float(version(vector).scores()[0] if version is not CVSS4 else version(vector).base_score)
    except (CVSSError, ValueError, KeyError, IndexError):
        return None
