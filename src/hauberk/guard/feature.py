"""`Guard`: the policy's field, and the little that it does on every request."""

from __future__ import annotations

import os.path
from dataclasses import dataclass
from typing import Literal

from hauberk.core.errors import ConfigurationError
from hauberk.core.exchange import Exchange, Reply
from hauberk.core.options import one_of, words
from hauberk.core.plan import Steps
from hauberk.guard.request import RequestGuard
from hauberk.guard.watch import install

Mode = Literal["off", "observe", "block"]
MODES = ("off", "observe", "block")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Watch SQL, shell commands and paths for input of the running request that changes their meaning.

    Protects from CWE-89, CWE-78 and CWE-22 where the application forgot to; it does not replace bound parameters.
    An input is judged by what it does to the syntax at the sink, never by what it looks like.
    """

    mode: Mode = "observe"
    """`block` raises at the sink and answers 403; `observe` logs; `off` installs nothing."""
    sql: Mode | None = None
    """Another mode for SQL; None is `mode`."""
    shell: Mode | None = None
    """Another mode for commands and argument lists; None is `mode`."""
    path: Mode | None = None
    """Another mode for files; None is `mode`."""
    roots: tuple[str, ...] = ()
    """Folders that an absolute path from a request may name."""

    def __post_init__(self) -> None:
        one_of("Guard.mode", self.mode, MODES)
        for field in ("sql", "shell", "path"):
            if getattr(self, field) is not None:
                one_of(f"Guard.{field}", getattr(self, field), MODES)
        object.__setattr__(self, "roots", words("Guard.roots", self.roots))
        for root in self.roots:
            if not os.path.isabs(root):
                raise ConfigurationError(
                    "Guard.roots", root, "is not an absolute path", f"write {os.path.abspath(root)!r}"
                )

    def mode_of(self, kind: str) -> Mode:
        """The mode for a kind of sink: `sql`, `shell`, `argv` or `path`."""
        own = {"sql": self.sql, "shell": self.shell, "argv": self.shell, "path": self.path}.get(kind)
        return own or self.mode

    def steps(self) -> Steps:
        """One small object for each request; the hooks are installed here, for the whole process."""
        modes = {kind: self.mode_of(kind) for kind in ("sql", "shell", "argv", "path")}
        if set(modes.values()) == {"off"}:
            return Steps()
        install()
        roots = self.roots

        def begin(ex: Exchange) -> Reply | None:
            ex.guard = RequestGuard(modes, roots)
            return None

        return Steps(on_request=begin, keep_body=True)
