"""Origin-Agent-Cluster (HTML, section 7.1.1)."""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.core.plan import Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginAgentCluster:
    """Asks the browser for a process of this origin's own, apart from its sister hosts."""

    def steps(self) -> Steps:
        """One constant field."""
        return Steps(headers=(("origin-agent-cluster", "?1"),))
