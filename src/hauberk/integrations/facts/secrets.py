"""Secrets on their way into facts: measured, searched for in the source, and left behind."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from hauberk.check.facts import Secret
from hauberk.check.secrets import measure
from hauberk.core.finding import Location
from hauberk.integrations.facts.source import Sources

NAMED = re.compile(r"(?:^|_)(?:SECRET|SECRET_?KEY|JWT_?(?:SECRET|KEY)(?:_KEY)?|SIGNING_?KEY|TOKEN_?(?:SECRET|KEY))\Z")
"""Module-level names that hold a signing key, as `SECRET_KEY` of FastAPI's tutorial."""
Use = Literal["signing", "cipher", "password"]


def secret(
    name: str, value: Any, sources: Sources, *, use: Use = "signing", names: tuple[str, ...] = ()
) -> Secret | None:
    """A Secret without its value; None if there is none. `names` are those under which the source may set it."""
    text = plain(value)
    if text is None or not text:
        return None
    names = names or (name,)
    literal = sources.literal(text, names)
    set_at = sources.find(*[(one, None) for one in names])
    return Secret(
        name=name,
        strength=measure(text),
        use=use,
        where=literal or set_at or Location(),
        literal=literal,
        searched=bool(sources.files),
    )


def plain(value: Any) -> str | bytes | None:
    """The text of a secret, also of classes that hide it from `repr` (Starlette, pydantic)."""
    reveal = getattr(value, "get_secret_value", None)
    if callable(reveal):
        value = reveal()
    if isinstance(value, str | bytes):
        return value
    if type(value).__name__ == "Secret":
        return str(value)
    return None


def password_of(url: Any) -> str | None:
    """The password in a database's or broker's URL."""
    try:
        found = urlsplit(str(url)).password
    except ValueError:
        return None
    return unquote(found) if found else None


def module_level(sources: Sources, known: set[str | bytes]) -> Iterator[Secret]:
    """Keys that own modules hold in names such as SECRET_KEY, or in a settings object of their own."""
    files = {source.path for source in sources.files}
    seen = set(known)
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if not isinstance(path, str) or Path(path).resolve() not in files:
            continue
        for name, value in _named(module):
            text = plain(value)
            if text and text not in seen:
                seen.add(text)
                found = secret(name, text, sources, names=(name.rpartition(".")[2],))
                if found is not None:
                    yield found


def _named(module: Any) -> Iterator[tuple[str, Any]]:
    for name, value in list(vars(module).items()):
        if NAMED.search(name.upper()) and not name.startswith("__") and not callable(value):
            yield name, value
        elif type(value).__module__ == module.__name__ and hasattr(value, "__dict__"):
            for inner, content in list(vars(value).items()):
                if NAMED.search(inner.upper()):
                    yield f"{name}.{inner}", content
