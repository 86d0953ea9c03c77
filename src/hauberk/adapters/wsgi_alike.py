"""Which requests by WSGI are alike in all that the steps before the application looked at (`core.verdicts`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from hauberk.adapters.wsgi_exchange import Environ, field_key
from hauberk.core.verdicts import ASIDE, ORIGIN_FORM, SCHEME, brief

Way = TypeVar("Way")
Key = tuple[Any, ...]


class AlikeEnvirons(Generic[Way]):
    """Environments of one method, by the fields that steps asked for."""

    __slots__ = ("_form", "_keys", "_known")

    def __init__(self, asked: frozenset[str]) -> None:
        scheme = ("wsgi.url_scheme",) if SCHEME in asked else ()
        self._keys = *scheme, *(field_key(name) for name in sorted(asked.difference(ASIDE.values())))
        self._form = ORIGIN_FORM in asked
        self._known: dict[Key | None, Way] = {}

    @property
    def entry(self) -> Callable[[Environ], Way | None]:
        """See `Alike.entry`."""
        return self.find

    def find(self, environ: Environ) -> Way | None:
        """See `Alike.find`."""
        return self._known.get(self._key(environ))

    def keep(self, environ: Environ, way: Way) -> None:
        """See `Alike.keep`."""
        key = self._key(environ)
        if key is not None and brief(key):
            self._known[key] = way

    def _key(self, environ: Environ) -> Key | None:
        """None where the target may be no path, and for the handshake of a WebSocket."""
        get = environ.get
        if "HTTP_UPGRADE" in environ or get("PATH_INFO", "")[:1] != "/" or get("SCRIPT_NAME", "")[:1] not in {"", "/"}:
            return None
        if self._form and (target := get("RAW_URI") or get("REQUEST_URI")) and target[:1] != "/":
            return None
        return tuple(map(get, self._keys))
