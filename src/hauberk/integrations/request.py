"""From a framework's request to hauberk's exchange, and to what handlers and templates ask of it."""

from __future__ import annotations

from typing import Any

from hauberk.core.errors import ConfigurationError
from hauberk.core.exchange import CURRENT, Exchange, held
from hauberk.shield.sessions.session import Session


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


def error_id(request: object) -> str:
    """The number under which the log has what goes wrong with this request: for an error page of your own.

    The same however often it is read, and the one in the policy's own answers. Not a secret, 64 random bits.
    """
    return exchange_of(request).read_error_id()


def session(request: object) -> Session:
    """The session of this request. `await session(request)` reads it without blocking the event loop.

    Raises ConfigurationError where the policy keeps none.
    """
    ex = exchange_of(request)
    if ex.session is None:
        raise ConfigurationError("Policy.sessions", None, "is off", "write sessions=Sessions(store=...)")
    found: Session = ex.session
    return found


def csrf_token(request: object, action: str | None = None, method: str = "POST") -> str:
    """A CSRF token for this visitor, for the field `csrf_token` of a form or the header `X-CSRF-Token` of a script.

    Another text each time, good for every form of the session; with `action` (a path) and `method`, good for that form
    alone. Raises ConfigurationError where the policy has no `csrf`.
    """
    ex = exchange_of(request)
    if ex.csrf is None:
        raise ConfigurationError("Policy.csrf", None, "is off, so there are no tokens", "write csrf=CSRF()")
    token: str = ex.csrf.token(ex, action, method)
    return token


class TemplateToken:
    """`csrf_token` in a template: made when it is written out. Empty where no protected request is being answered."""

    __slots__ = ("_exchange",)

    def __init__(self, exchange: Exchange | None = None) -> None:
        self._exchange = exchange
        """Whose token; without one, that of the request which is being answered."""

    def __call__(self, action: str | None = None, method: str = "POST") -> str:
        """A token, for every form or for the one that sends `method` to the path `action`."""
        ex = self._exchange or CURRENT.get()
        return "" if ex is None or ex.csrf is None else str(ex.csrf.token(ex, action, method))

    def __str__(self) -> str:
        return self()

    def __html__(self) -> str:
        """As markup: base64url needs no escaping."""
        return self()


class TemplateField(TemplateToken):
    """`csrf_field` in a template: the hidden field with a token in it."""

    __slots__ = ()

    def __call__(self, action: str | None = None, method: str = "POST") -> str:
        """The field, for every form or for the one that sends `method` to the path `action`."""
        ex = self._exchange or CURRENT.get()
        if ex is None or ex.csrf is None:
            return ""
        return Markup(f'<input type="hidden" name="{ex.csrf.field}" value="{ex.csrf.token(ex, action, method)}">')


class Markup(str):
    """Text that every template engine takes as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


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


TEMPLATE_GLOBALS: dict[str, Any] = {
    "csp_nonce": TemplateNonce(),
    "csrf_token": TemplateToken(),
    "csrf_field": TemplateField(),
}
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
