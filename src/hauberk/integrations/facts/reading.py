"""The frame in which a framework's configuration is read: nothing that raises may take the rest with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hauberk.check.facts import HeaderFacts, Setting
from hauberk.core.finding import Location
from hauberk.integrations.facts.layers import Layer
from hauberk.integrations.facts.mentions import mentioned
from hauberk.integrations.facts.protection import Protection
from hauberk.integrations.facts.source import MISSING, Sources, Spot
from hauberk.integrations.target import Target

T = TypeVar("T")

HEADERS = frozenset(
    {
        "content-security-policy",
        "cross-origin-opener-policy",
        "referrer-policy",
        "strict-transport-security",
        "x-content-type-options",
        "x-frame-options",
    }
)
"""The response headers that rules ask about."""


@dataclass(slots=True)
class Reading:
    """One target while it is read."""

    target: Target
    sources: Sources
    where: Location
    """Where the application object is made."""
    layers: list[Layer] = field(default_factory=list)
    """Middleware and wrappers, the outermost first."""
    protection: Protection | None = None
    gaps: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def part(self, what: str, read: Callable[[], T]) -> T | None:
        """Read one part; if it raises, that is a gap of the result and the part is unknown."""
        try:
            return read()
        except Exception as error:
            self.broken.append(f"{what} could not be read: {_raised(error)}.")
            return None

    def setting(self, value: T, name: str, *places: Spot, exact: object = MISSING) -> Setting[T]:
        """A value, and the first of the places (name, within which call) that the source knows."""
        wanted = value if exact is MISSING else exact
        return Setting(value=value, name=name, where=self.locate(*places, value=wanted))

    def locate(self, *places: Spot, value: object = MISSING) -> Location:
        """The first of the places that the source knows, else where the application is made."""
        return self.sources.find(*places, value=value) or self.where

    def layer(self, *names: str) -> Layer | None:
        """The outermost middleware of one of these classes."""
        return next((layer for layer in self.layers if layer.is_a(*names)), None)

    def place(self, layer: Layer, option: str | None = None) -> Location:
        """Where a middleware is installed, or the option that is given to it."""
        name = layer.name
        spots = [(name, "add_middleware"), (name, "Middleware"), (name, "()"), (name, None)]
        if option is None:
            return self.locate(*spots)
        given = [(option, call) for call in ("add_middleware", "Middleware", name)]
        # The same option of another middleware is not this one: it must say this value.
        value = layer.options.get(option, MISSING)
        for spot, call in given:
            place = self.sources.find((spot, call), value=value)
            if place is not None and self._says(spot, call, value):
                return place
        return self.locate(*spots)

    def _says(self, name: str, within: str, value: object) -> bool:
        marks = [mark for source in self.sources.files for mark in source.marked(name, within)]
        return any(mark.value is MISSING or mark.value == value for mark in marks)

    def mentions(self, hooks: list[Any], known: dict[str, HeaderFacts]) -> dict[str, HeaderFacts]:
        """Every header that a rule asks about: known, named by a middleware or hook, or not sent by anything."""
        facts = {name: header for name, header in known.items() if header.sent}
        for layer in self.layers:
            held = {k: v for k, v in getattr(layer.instance, "__dict__", {}).items() if not callable(v)}
            for name in mentioned([layer.made_by, dict(layer.options), held], HEADERS):
                facts.setdefault(name, HeaderFacts(sent=True, by=layer.name, guessed=True, where=self.place(layer)))
        for hook in hooks:
            for name in mentioned([hook], HEADERS):
                by = getattr(hook, "__name__", type(hook).__name__)
                where = self.sources.function(getattr(hook, "__func__", hook))
                facts.setdefault(name, HeaderFacts(sent=True, by=by, guessed=True, where=where))
        for name in HEADERS:
            facts.setdefault(name, known.get(name) or HeaderFacts(sent=False, guessed=True, where=self.where))
        return facts


def _raised(error: Exception) -> str:
    """The class, and the line that raised. Not the message: it may repeat a value, such as a password."""
    trace, last = error.__traceback__, ""
    while trace is not None:
        last = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return type(error).__name__ + last
