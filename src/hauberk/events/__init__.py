"""Security decisions kept in a Store: bounded, without waiting in a request, for the dashboard and for other tools."""

from hauberk.events.feature import Events
from hauberk.events.kinds import Kind, kind
from hauberk.events.reading import Tail, read
from hauberk.events.shipping import Shipper

__all__ = ["Events", "Kind", "Shipper", "Tail", "kind", "read"]
