"""What a request's Cookie field says of its session."""

from __future__ import annotations

from hauberk.wire.cookie import cookies_of


def presented(field: str, name: str) -> list[str]:
    """The values of the cookies of that name, as `cookies_of` reads them; quickly where there is just one."""
    at = field.find(name)
    if at < 0:
        return []
    after = at + len(name)
    if field[after : after + 1] == "=" and (at == 0 or field[at - 2 : at] == "; ") and field.find(name, after) < 0:
        stop = field.find(";", after)
        value = field[after + 1 :] if stop < 0 else field[after + 1 : stop]
        if value.isascii() and value.isprintable() and " " not in value:
            return [value]
    return cookies_of(field, name)
