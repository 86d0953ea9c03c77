"""The last results of `hauberk prove`, as much of them as fits in a strip."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hauberk.core.errors import HauberkError


class Last:
    """Reads a results file again when it has changed."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._stamp = 0
        self._shown: dict[str, Any] | None = None

    def read(self) -> dict[str, Any] | None:
        """Grade, parts and numbers; None where there is no file; a `problem` where it cannot be read."""
        if self.path is None:
            return None
        try:
            stamp = self.path.stat().st_mtime_ns
        except OSError:
            return None
        if stamp != self._stamp:
            self._stamp, self._shown = stamp, self._read(self.path, stamp)
        return self._shown

    def _read(self, path: Path, stamp: int) -> dict[str, Any]:
        from hauberk.report.grade import grade, grade_parts
        from hauberk.report.json import load

        try:
            result = load(path)
        except HauberkError as error:
            return {"problem": str(error)}
        counts = Counter(f.severity for f in result.findings if f.outcome == "fail")
        return {
            "target": result.target,
            "at": stamp / 1e9,
            "when": datetime.fromtimestamp(stamp / 1e9, UTC).isoformat(timespec="minutes"),
            "grade": grade(result).letter,
            "parts": {name: part.letter for name, part in grade_parts(result).items()},
            "counts": {name: counts[name] for name in ("critical", "high", "medium", "low")},
        }
