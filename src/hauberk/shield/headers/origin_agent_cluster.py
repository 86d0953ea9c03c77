"""Origin-Agent-Cluster (HTML, section 7.1.1)."""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.core.plan import Steps
from hauberk.shield.headers.strictness import weaker_word

NAME = "origin-agent-cluster"


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginAgentCluster:
    """Asks the browser for a process of this origin's own, apart from its sister hosts."""

    def steps(self) -> Steps:
        """One constant field, and the least that the application's own may say."""
        return Steps(headers=((NAME, "?1"),), weaker={NAME: weaker_word({"?1": 1}, "?1")})
