"""What comes of a Content-Security-Policy in use: reports, a proposal made of them, and what a policy says in words."""

from hauberk.shield.csp.reports import CSPReports
from hauberk.shield.csp.table import Entry

__all__ = ["CSPReports", "Entry"]
