"""Checks that options make of themselves, with the same clear words everywhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta

from hauberk.core.errors import ConfigurationError


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """The nearest known word as a proposal, or the list of them."""
    from difflib import get_close_matches

    words = list(known)
    near = get_close_matches(str(word).lower(), words, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else "use one of " + ", ".join(map(repr, words))


SECRETIVE = ("secret", "password", "passwd", "pepper", "token", "key")


def shown(name: str, value: object) -> object:
    """A value that may stand in an error: one that is called a secret, or may hold a password, is hidden."""
    if isinstance(value, str | bytes | list | tuple) and any(part in name.lower() for part in SECRETIVE):
        return "(hidden)"
    return "(hidden)" if isinstance(value, str) and "@" in value else value


def one_of(field: str, value: object, known: Collection[str]) -> None:
    """Raise ConfigurationError unless the value is one of these words."""
    if not isinstance(value, str) or value not in known:
        raise ConfigurationError(field, value, "is not a known value", did_you_mean(value, known))


def seconds(field: str, value: timedelta | int) -> int:
    """A lifetime as whole seconds, not negative; raise ConfigurationError otherwise."""
    if isinstance(value, timedelta):
        value = int(value.total_seconds())
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigurationError(field, value, "is not a number of seconds", "give an int or a timedelta")
    if value < 0:
        raise ConfigurationError(field, value, "must not be negative")
    return value


def whole(field: str, value: object, *, least: int, unit: str) -> int:
    """A whole number of some unit, such as octets, from `least` up; raise ConfigurationError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigurationError(field, value, f"is not a whole number of {unit} from {least:,} up")
    return value


def flag(field: str, value: object) -> None:
    """Raise ConfigurationError unless the value is True or False."""
    if not isinstance(value, bool):
        raise ConfigurationError(field, value, "is neither True nor False")


def word(field: str, value: object) -> str:
    """A text; raise ConfigurationError for anything else."""
    if not isinstance(value, str):
        raise ConfigurationError(field, value, "is not a text", f"write {str(value)!r}" * isinstance(value, int))
    return value


def words(field: str, value: object) -> tuple[str, ...]:
    """A tuple of texts; raise ConfigurationError for a lone text or anything else."""
    if isinstance(value, str):
        raise ConfigurationError(field, value, "is one text where several may stand", f"write ({value!r},)")
    if not isinstance(value, tuple | list | frozenset | set) or not all(isinstance(item, str) for item in value):
        raise ConfigurationError(field, value, "is not a tuple of texts")
    return tuple(sorted(value)) if isinstance(value, frozenset | set) else tuple(value)
