"""Dynamic test of one's own application, called in process and confirmed by guard's sensors.

    result = scan(surface, transport, target="shop:app")

`hauberk.integrations.surface` makes the surface and the transport from an application object.
"""

from __future__ import annotations

from hauberk.core.finding import Rule
from hauberk.scan import libraries
from hauberk.scan.asgi_transport import ASGITransport
from hauberk.scan.checks import access, active, passive, site
from hauberk.scan.client import Budget
from hauberk.scan.engine import scan
from hauberk.scan.messages import Request, Response
from hauberk.scan.surface import Operation, Parameter, Surface
from hauberk.scan.transport import Transport, Wire
from hauberk.scan.wsgi_transport import WSGITransport

RULES: tuple[Rule, ...] = (
    *active.RULES,
    *access.RULES,
    *passive.RULES,
    *site.RULES,
    libraries.RULE,
)
"""Everything that a scan judges."""

__all__ = [
    "RULES",
    "ASGITransport",
    "Budget",
    "Operation",
    "Parameter",
    "Request",
    "Response",
    "Surface",
    "Transport",
    "WSGITransport",
    "Wire",
    "scan",
]
