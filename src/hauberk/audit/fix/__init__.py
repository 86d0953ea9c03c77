"""The smallest upgrades that clear the advisories.

    with Index.open() as index:
        fixes = fix([Path()], index=index, root=Path(), dry_run=True)

Each lock file is changed by the tool that owns it, in a copy of the project; the copy is audited again, and only then
put in place, every file as a whole.
"""

from __future__ import annotations

from hauberk.audit.fix.choosing import NoFix, Upgrade, choose
from hauberk.audit.fix.fixing import fix
from hauberk.audit.fix.job import FixOptions
from hauberk.audit.fix.outcome import Change, Failure, Fixes, Left

__all__ = ["Change", "Failure", "FixOptions", "Fixes", "Left", "NoFix", "Upgrade", "choose", "fix"]
