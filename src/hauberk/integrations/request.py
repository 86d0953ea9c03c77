"""From a framework's request to hauberk's exchange, and to what handlers and templates ask of it."""

from __future__ import annotations

from typing import Any

from hauberk.core.errors import ConfigurationError
from hauberk.core.exchange import CURRENT, Exchange, held


def exchange_of(request: object) -> Exchange:
    """The exchange of any framework's request, of an ASGI scope or of a WSGI environment."""
    for place in (
        request,
        getattr(request, "scope", None),
        getattr(request, "environ", None),
        getattr(request, "META", None),
    ):
        if isinstance(place, dict) and "hauberk" in place:
            found: Exchange = held(place["hauberk"])
            return found
    raise ConfigurationError(
        "request",
        type(request).__name__,
        "does not come from a protected application",
        "call hauberk.protect(app) first",
    )


def csp_nonce(request: object) -> str:
    """The Content-Security-Policy nonce of this response, for `<script nonce="...">`.

    The same however often it is read. Raises LateNonceError if it is first read after the header went out.
    """
    return exchange_of(request).read_nonce()


class TemplateNonce:
    """`csp_nonce` in a template: made when it is written out, and only then.

    `{{ csp_nonce }}` and `{{ csp_nonce() }}` are the same. Where no protected request is being answered (an e-mail, an
    application without hauberk) there is no policy for it to stand in, and it is empty.
    """

    __slots__ = ("_exchange",)

    def __init__(self, exchange: Exchange | None = None) -> None:
        self._exchange = exchange
        """Whose nonce; without one, that of the request which is being answered."""

    def __str__(self) -> str:
        ex = self._exchange or CURRENT.get()
        return "" if ex is None else ex.read_nonce()

    def __html__(self) -> str:
        """As markup: base64 needs no escaping."""
        return str(self)

    def __call__(self) -> str:
        """The same."""
        return str(self)


TEMPLATE_GLOBALS: dict[str, Any] = {"csp_nonce": TemplateNonce()}
"""What hauberk adds to a template's names; an application's own names win."""


def templates(engine: Any) -> Any:
    """Give a Jinja2 Environment, or an object that holds one as `env`, the names that hauberk provides. Returns it.

    `protect` does this by itself for every template engine that it can see; call it for one that it cannot.
    """
    environment = getattr(engine, "env", engine)
    names = getattr(environment, "globals", None)
    if not isinstance(names, dict):
        raise ConfigurationError("templates", type(engine).__name__, "is no Jinja2 environment and holds none as .env")
    for name, value in TEMPLATE_GLOBALS.items():
        names.setdefault(name, value)
    return engine
