"""Requests as people write them on a command line."""

from __future__ import annotations

from pathlib import Path

from hauberk.core.errors import ConfigurationError, InputError
from hauberk.scan.messages import Request

FORM = "application/x-www-form-urlencoded"


def login_request(text: str) -> Request:
    """`POST /login user=ada&password=...` or `POST /login {"user": ...}` as a request; `@FILE` reads it from there.

    Raises ConfigurationError, without showing what may be a password, and InputError.
    """
    if text.startswith("@"):
        path = Path(text[1:])
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(str(path), "cannot be read", "name a file that holds 'POST /login ...'") from error
    method, _, rest = text.strip().partition(" ")
    path_, _, body = rest.strip().partition(" ")
    if not method.isalpha() or not path_.startswith("/"):
        raise ConfigurationError(
            "--login", method, "is not of the form METHOD /path body", "write 'POST /login user=ada&password=...'"
        )
    kind = "application/json" if body.strip().startswith("{") else FORM
    headers = (("content-type", kind),) if body.strip() else ()
    return Request(method=method.upper(), target=path_, headers=headers, body=body.strip().encode())
