"""The options: where decisions are kept, how many, and for how long."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from hauberk.core.equipment import Equipment
from hauberk.core.errors import ConfigurationError
from hauberk.core.log import DECISIONS
from hauberk.core.options import flag, one_of, seconds, whole
from hauberk.core.plan import Steps
from hauberk.core.store import Store
from hauberk.events.otel import Telemetry
from hauberk.events.shipping import Shipper

LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Keeps every security decision in a store, for `hauberk dashboard` and `hauberk events`.

    No secret is in it, and no value of an input: names of inputs, the place in the code, why, who asked (ASVS 16.3).
    """

    store: str | Store = "sqlite:///hauberk-events.db"
    """One that several workers share, when there are several: `valkey://`, `postgresql://`, a file."""
    log: str = "events"
    """Its name in the store; one for each application that shares it."""
    most: int = 50_000
    """Batches that are kept, of at least one event and at most 200."""
    keep: timedelta | int = timedelta(days=14)
    """For how long; in seconds, as a number."""
    queue: int = 10_000
    """Events that may wait in memory for the store; more are dropped and counted."""
    pause: float = 0.5
    """Seconds between two writes."""
    otel: bool = False
    """Whether they go to OpenTelemetry as well: on the span that runs, and as the counter `hauberk.events`."""
    level: str = "warning"
    """The least that is kept: `info`, `warning` or `error`. With `info` failed logins count as well."""

    def __post_init__(self) -> None:
        if not self.log or len(self.log) > 100:
            raise ConfigurationError("Events.log", self.log, "is not a name of 1 to 100 characters")
        whole("Events.most", self.most, least=1, unit="batches")
        whole("Events.queue", self.queue, least=1, unit="events")
        one_of("Events.level", self.level, LEVELS)
        flag("Events.otel", self.otel)
        if seconds("Events.keep", self.keep) <= 0:
            raise ConfigurationError("Events.keep", self.keep, "keeps nothing", "write timedelta(days=14)")
        if not 0.01 <= self.pause <= 60:
            raise ConfigurationError("Events.pause", self.pause, "is not between 0.01 and 60 seconds")

    def equip(self, equipment: Equipment) -> Events:
        """Itself; from now on decisions of this process are kept. Twice the same log is one handler."""
        if DECISIONS.getEffectiveLevel() > LEVELS[self.level]:
            DECISIONS.setLevel(LEVELS[self.level])
        if self.otel and not any(isinstance(handler, Telemetry) for handler in DECISIONS.handlers):
            DECISIONS.addHandler(Telemetry(LEVELS[self.level]))
        store = equipment.store(self.store)
        known = (self.store, self.log)
        for handler in DECISIONS.handlers:
            if isinstance(handler, Shipper) and _KNOWN.get(handler) == known:
                return self
        shipper = Shipper(
            store,
            log=f"events:{self.log}",
            most=self.most,
            ttl=float(seconds("Events.keep", self.keep)),
            queue=self.queue,
            pause=self.pause,
            level=LEVELS[self.level],
        )
        _KNOWN[shipper] = known
        DECISIONS.addHandler(shipper)
        return self

    def steps(self) -> Steps:
        """None: it listens to the others."""
        return Steps()


_KNOWN: dict[Shipper, tuple[str | Store, str]] = {}
