"""The origins that a policy trusts, as they are written in it."""

from __future__ import annotations

from collections.abc import Iterable

from hauberk.core.errors import ConfigurationError
from hauberk.shield.csrf.signals import Trusts
from hauberk.wire.origin import Origin, OriginError

_ANY_LABEL = "*."


def trusted_origins(field: str, texts: Iterable[str]) -> Trusts:
    """A question that the texts answer. Raises ConfigurationError for one that no browser would send, with its fix."""
    exact: set[Origin] = set()
    patterns: list[tuple[str, str, int | None]] = []
    for text in texts:
        scheme, separator, rest = text.partition("://")
        wild = rest.startswith(_ANY_LABEL)
        origin = _read(field, text, scheme + separator + rest.removeprefix(_ANY_LABEL) if wild else text)
        if not wild:
            exact.add(origin)
        elif "." not in origin.host or origin.address is not None:
            raise ConfigurationError(field, text, "covers every site there is", "name a domain of your own under *")
        else:
            patterns.append((origin.scheme, "." + origin.host, origin.port))

    def trusts(origin: Origin) -> bool:
        return origin in exact or any(
            origin.scheme == scheme and origin.port == port and origin.host.endswith(suffix)
            for scheme, suffix, port in patterns
        )

    return trusts


def _read(field: str, text: str, plain: str) -> Origin:
    try:
        origin = Origin.parse(plain)
    except OriginError as error:
        raise ConfigurationError(field, text, error.problem, "write for example 'https://app.example'") from error
    if origin.opaque or origin.scheme not in {"http", "https"}:
        raise ConfigurationError(field, text, "is the origin of pages that anybody can make", "name an https origin")
    return origin
