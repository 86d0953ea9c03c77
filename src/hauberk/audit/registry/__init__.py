"""What package indexes say of the packages that are pinned: outdated, yanked, deprecated, given up.

Nothing here runs unless it is asked for: the names of the packages go to the indexes that pip and npm are set up with.
"""

from __future__ import annotations

from hauberk.audit.registry.asking import Answers, ask
from hauberk.audit.registry.judging import judged
from hauberk.audit.registry.releases import Releases

__all__ = ["Answers", "Releases", "ask", "judged"]
