"""Known vulnerabilities in Python and npm dependencies: read lock files, match them against an index of advisories.

    with Index.open() as index:
        result = audit([Path()], index=index, root=Path())

What it protects from: versions with published faults, and packages known to be malicious. What it does not: faults that
nobody has published, and whatever `Result.gaps` says was not judged.
"""

from __future__ import annotations

from hauberk.audit.auditing import audit
from hauberk.audit.files import discover
from hauberk.audit.index import Index, Meta, SourceInfo, default_path
from hauberk.audit.rules import RULES

__all__ = ["RULES", "Index", "Meta", "SourceInfo", "audit", "default_path", "discover"]
