"""How one gets an account here: the requests that register, sign in, change the password and sign out."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self
from urllib.parse import quote

from hauberk.core.errors import ConfigurationError, InputError
from hauberk.core.options import did_you_mean
from hauberk.scan.messages import Request
from hauberk.scan.surface import FORM, JSON

HOLE = re.compile(r"\{(name|email|password|current|new)\}")
NEEDED: Mapping[str, tuple[str, ...]] = {
    "register": ("password",),
    "login": ("password",),
    "change": ("new",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """Requests as people write them, with holes: `POST /login user={name}&password={password}`, or a JSON body.

    `{name}` is a new name, `{email}` an address made of it, `{current}` and `{new}` are passwords.
    """

    register: str
    """Makes an account: `POST /register user={name}&password={password}`."""
    login: str
    """Signs in with it."""
    private: str
    """Something that only who is signed in gets: `GET /me`."""
    change: str = ""
    """Changes the password of who is signed in: `POST /password old={current}&new={new}`; empty if nothing does."""
    logout: str = ""
    """Signs out; empty if nothing does."""

    def __post_init__(self) -> None:
        for field in fields(self):
            text = getattr(self, field.name)
            if not text and field.name in {"change", "logout"}:
                continue
            method, _, rest = text.partition(" ")
            if not method.isalpha() or not rest.lstrip().startswith("/"):
                raise ConfigurationError(
                    f"flows.{field.name}",
                    text,
                    "is not of the form METHOD /path body",
                    "write 'POST /login user={name}&password={password}'",
                )
            for hole in NEEDED.get(field.name, ()):
                if f"{{{hole}}}" not in text:
                    raise ConfigurationError(
                        f"flows.{field.name}", text, f"has no {{{hole}}}", f"write {{{hole}}} where the password goes"
                    )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read `[tool.hauberk.flows]` of a pyproject.toml, or `[flows]` of another TOML file.

        Raises InputError and ConfigurationError.
        """
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise InputError(str(path), f"cannot be read: {error}", "give a TOML file with [flows]") from error
        table = document.get("tool", {}).get("hauberk", {}).get("flows") or document.get("flows")
        if not isinstance(table, dict):
            raise InputError(str(path), "has no [flows] and no [tool.hauberk.flows]", "write one; see docs/accounts.md")
        known = [field.name for field in fields(cls)]
        for name, value in table.items():
            if name not in known:
                raise ConfigurationError(f"flows.{name}", value, "is not a flow", did_you_mean(name, known))
            if not isinstance(value, str):
                raise ConfigurationError(f"flows.{name}", value, "is not a text", f"write {name} = 'POST /...'")
        for name in ("register", "login", "private"):
            if name not in table:
                raise ConfigurationError(f"flows.{name}", None, "is missing", f"write {name} = 'POST /...'")
        return cls(**table)


def filled(text: str, values: Mapping[str, str]) -> Request:
    """The request with its holes filled, each as its place wants it written."""
    method, _, rest = text.strip().partition(" ")
    target, _, body = rest.strip().partition(" ")
    body = body.strip()
    kind = (JSON if body.startswith(('{"', "{ ", "{\n")) else FORM) if body else ""

    def written(found: re.Match[str]) -> str:
        value = values.get(found[1], "")
        return json.dumps(value)[1:-1] if kind == JSON else quote(value, safe="")

    return Request(
        method=method.upper(),
        target=HOLE.sub(lambda found: quote(values.get(found[1], ""), safe=""), target),
        headers=(("content-type", kind),) if kind else (),
        body=HOLE.sub(written, body).encode(),
    )
