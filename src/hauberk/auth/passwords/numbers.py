"""Options that are whole numbers."""

from __future__ import annotations

from hauberk.core.errors import ConfigurationError


def whole(field: str, value: object, least: int, most: int | None = None, fix: str = "") -> None:
    """Raise ConfigurationError unless it is a whole number between the two."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigurationError(field, value, "is not a whole number", fix)
    if value < least or (most is not None and value > most):
        between = f"is not between {least} and {most}" if most is not None else f"is less than {least}"
        raise ConfigurationError(field, value, between, fix)
