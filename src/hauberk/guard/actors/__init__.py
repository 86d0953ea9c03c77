"""Who attacks: several signals in a short time make an actor, who is held back for a while, by every worker."""

from __future__ import annotations

from hauberk.guard.actors.crawlers import Crawler
from hauberk.guard.actors.feature import Actors
from hauberk.guard.actors.signals import Signals

__all__ = ["Actors", "Crawler", "Signals"]
