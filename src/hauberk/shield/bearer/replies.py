"""The answers that ask for a token (RFC 6750, section 3). They say what was wrong in a code, and never more."""

from __future__ import annotations

from collections.abc import Sequence

from hauberk.core.exchange import Reply

TEXT = "text/plain; charset=utf-8"


def unauthenticated(schemes: Sequence[str], realm: str, error: str = "", *, used: str = "") -> Reply:
    """401: with no code where no token came, as nobody who merely forgot it is to be told more (section 3.1).

    `used` is the scheme of the token that came: the code is said of it alone.
    """
    return _reply(401, b"A valid access token is needed.\n", schemes, realm, error, used=used)


def ambiguous(schemes: Sequence[str], realm: str) -> Reply:
    """400: a request that says twice who sends it, or says it in no known way."""
    return _reply(400, b"The field Authorization cannot be read.\n", schemes, realm, "invalid_request")


def insufficient(schemes: Sequence[str], realm: str, scope: str) -> Reply:
    """403: a good token that does not reach so far; `scope` is what would."""
    return _reply(403, b"The access token does not allow this.\n", schemes, realm, "insufficient_scope", scope)


def unavailable() -> Reply:
    """503: nobody can tell now whether the token is good; it may well be, so its holder is not told to drop it."""
    fields = (("content-type", TEXT), ("cache-control", "no-store"), ("retry-after", "5"))
    return Reply(503, b"Access tokens cannot be verified now.\n", fields)


def _reply(
    status: int, body: bytes, schemes: Sequence[str], realm: str, error: str, scope: str = "", *, used: str = ""
) -> Reply:
    challenges = []
    for scheme in schemes:
        name, _, own = scheme.partition(" ")
        about = used in ("", name.lower())
        said = {"realm": realm, "error": error if about else "", "scope": scope if about else ""}
        parameters = [f'{name}="{value}"' for name, value in said.items() if value]
        challenges.append(f"{name} {', '.join([*parameters, own] if own else parameters)}".rstrip())
    # One field with all of them: Django keeps no more than one of a name.
    challenge = ("www-authenticate", ", ".join(challenges))
    return Reply(status, body, (("content-type", TEXT), ("cache-control", "no-store"), challenge))
