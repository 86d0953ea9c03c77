"""The answers that ask for a token (RFC 6750, section 3). They say what was wrong in a code, and never more."""

from __future__ import annotations

from collections.abc import Sequence

from hauberk.core.exchange import Reply


def unauthenticated(schemes: Sequence[str], realm: str, error: str = "") -> Reply:
    """401: with no code where no token came, as nobody who merely forgot it is to be told more (section 3.1)."""
    return _reply(401, b"A valid access token is needed.\n", schemes, realm, error)


def ambiguous(schemes: Sequence[str], realm: str) -> Reply:
    """400: a request that says twice who sends it, or says it in no known way."""
    return _reply(400, b"The field Authorization cannot be read.\n", schemes, realm, "invalid_request")


def insufficient(schemes: Sequence[str], realm: str, scope: str) -> Reply:
    """403: a good token that does not reach so far; `scope` is what would."""
    return _reply(403, b"The access token does not allow this.\n", schemes, realm, "insufficient_scope", scope)


def _reply(status: int, body: bytes, schemes: Sequence[str], realm: str, error: str, scope: str = "") -> Reply:
    said = {"realm": realm, "error": error, "scope": scope}
    parameters = ", ".join(f'{name}="{value}"' for name, value in said.items() if value)
    return Reply(
        status,
        body,
        (
            ("content-type", "text/plain; charset=utf-8"),
            ("cache-control", "no-store"),
            # One field with all of them: Django keeps no more than one of a name.
            ("www-authenticate", ", ".join(f"{scheme} {parameters}".rstrip() for scheme in schemes)),
        ),
    )
