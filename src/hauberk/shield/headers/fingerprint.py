"""Fields that tell an attacker what runs here (CWE-200)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hauberk.core.errors import ConfigurationError
from hauberk.core.options import words
from hauberk.core.plan import Steps

NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """Takes fields such as X-Powered-By away.

    Not `Server`: the server adds it below the application, where only the server's own flag takes it away
    (uvicorn: `--no-server-header`). `hauberk scan` says so when it sees one.
    """

    remove: frozenset[str] = frozenset({"x-powered-by", "x-aspnet-version", "x-runtime", "x-version"})
    """Names in lower case."""

    def __post_init__(self) -> None:
        for name in words("Fingerprint.remove", self.remove):
            if not NAME.match(name):
                raise ConfigurationError("Fingerprint.remove", name, "is not a lower-case field name")

    def steps(self) -> Steps:
        """Names to take away."""
        return Steps(remove=frozenset(self.remove))
