"""The Set-Cookie field: read as browsers do (RFC 6265bis, section 5.6), built as servers must (section 4.1)."""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.wire.cookie import BLANK


@dataclass(frozen=True, slots=True)
class SetCookie:
    """One Set-Cookie field: the pair, and its attributes in the order they came.

    `hauberk.wire.cookie_build` makes one that browsers keep.
    """

    name: str
    value: str
    attributes: tuple[tuple[str, str], ...] = ()
    """Names as written; `attribute()` compares without case."""

    @classmethod
    def parse(cls, line: str) -> SetCookie:
        """Read any text: what browsers ignore stays, so that `str()` gives back an equal field."""
        pair, *rest = line.split(";")
        name, equals, value = pair.partition("=")
        if not equals:
            name, value = "", pair
        attributes = []
        for part in rest:
            key, _, setting = part.partition("=")
            attributes.append((key.strip(BLANK), setting.strip(BLANK)))
        return cls(name.strip(BLANK), value.strip(BLANK), tuple(attributes))

    def attribute(self, name: str) -> str | None:
        """The last value of that attribute, as browsers take it; None if absent."""
        found = None
        for key, value in self.attributes:
            if key.lower() == name:
                found = value
        return found

    def with_attribute(self, name: str, value: str = "") -> SetCookie:
        """The same cookie with one more attribute."""
        return SetCookie(self.name, self.value, (*self.attributes, (name, value)))

    def without_attribute(self, name: str) -> SetCookie:
        """The same cookie without that attribute."""
        return SetCookie(self.name, self.value, tuple(a for a in self.attributes if a[0].lower() != name))

    def __str__(self) -> str:
        # Without a name, an equals sign in the value would become the one that ends a name.
        parts = [f"{self.name}={self.value}" if self.name or "=" in self.value else self.value]
        parts += [f"{key}={value}" if value else key for key, value in self.attributes]
        return "; ".join(parts)
