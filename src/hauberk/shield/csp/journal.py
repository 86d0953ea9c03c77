"""Entries in a file, one JSON object a line: for `hauberk csp propose`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from hauberk.core.errors import ConfigurationError
from hauberk.core.log import decision
from hauberk.shield.csp.table import Entry, Table

LARGEST = 16 << 20
"""Octets of a file that nothing more is written to."""


class Journal:
    """Appends to a file that several processes may share.

    A line goes out in one write to a file opened for appending, so lines of several processes do not mix. What is
    counted again is written when the count has grown tenfold, as the difference: the sum of its lines is its count.
    """

    def __init__(self, path: Path, table: Table) -> None:
        self.path, self._written = path, table.written
        if not path.parent.is_dir():
            raise ConfigurationError("CSPReports.file", str(path), "is in no folder that exists")

    def note(self, entry: Entry) -> None:
        """Write the entry if it is new, or has grown tenfold."""
        before = self._written.get(entry.key, 0)
        if before and entry.count < before * 10:
            return
        self._written[entry.key] = entry.count
        self._append({**entry.record(), "count": entry.count - before})

    def _append(self, record: dict[str, Any]) -> None:
        line = (json.dumps(record, ensure_ascii=True) + "\n").encode("ascii")
        try:
            # Readable by its owner alone: addresses of pages may say who was there.
            file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError as error:
            decision("csp-reports-not-written", problem=error.strerror, file=str(self.path))
            return
        try:
            if os.fstat(file).st_size + len(line) <= LARGEST:
                os.write(file, line)
        finally:
            os.close(file)
