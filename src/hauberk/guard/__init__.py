"""The in-app firewall: it sees what request input does at a dangerous function, and stops it there.

    Policy.recommended().replace(guard=Guard(mode="block"))

`observe` (the default) only logs. Nothing leaves the process: no cloud, no token, no background process.
"""

from __future__ import annotations

from hauberk.guard.drivers import Driver
from hauberk.guard.feature import Guard
from hauberk.guard.rules import RULES
from hauberk.guard.stale import Stale
from hauberk.guard.watch import Coverage, coverage, coverage_findings, install

__all__ = ["RULES", "Coverage", "Driver", "Guard", "Stale", "coverage", "coverage_findings", "install"]
