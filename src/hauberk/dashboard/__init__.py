"""The live view: what was stopped, from where, on which route; on a port of its own, behind a sign-in of its own."""

from hauberk.dashboard.app import Dashboard
from hauberk.dashboard.board import Board

__all__ = ["Board", "Dashboard"]
