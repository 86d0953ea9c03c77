"""What the guard's sinks see, as values: the guard blocks on them, the scan confirms with them, reports show them."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal

SinkKind = Literal[
    "sql",
    "nosql",
    "shell",
    "argv",
    "path",
    "url",
    "eval",
    "template",
    "unpickle",
    "xml",
    "xpath",
    "ldap",
    "header",
    "redirect",
    "html",
    "log",
    "document",
]
Verdict = Literal["attack", "inert", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkEvent:
    """One call of a dangerous function, at the moment before it happened."""

    kind: SinkKind
    target: str
    """The function, by its public name: `sqlite3.Cursor.execute`."""
    text: str
    """What was about to be interpreted: SQL, a command line, a path."""
    dialect: str = ""
    """Which grammar reads the text: `sqlite`, `posix-sh`."""
    argv: tuple[str, ...] = ()
    """The argument list of a process, where there is one."""
    file: str | None = None
    line: int | None = None
    function: str | None = None
    """The nearest frame of the application."""
    verdict: Verdict = "unknown"
    """`attack`: an input of this request changed the syntax. `inert`: inputs are in it and stayed inside a literal."""
    input: str | None = None
    """Which input, as `query:id`; never its value."""
    reason: str = ""
    """Why, in words."""
    blocked: bool = False


@dataclass(slots=True)
class Recording:
    """The events of one exchange, in order. Bounded: `dropped` counts the rest."""

    events: list[SinkEvent] = field(default_factory=list)
    limit: int = 1_000
    dropped: int = 0
    reads: dict[tuple[str, str], str] = field(default_factory=dict)
    """Inputs that the application asked its request for, as `("query", "id")`, and where in its code."""
    ended: bool = False
    """Set when it is over: threads that outlive it must not go on filling it."""

    def add(self, event: SinkEvent) -> None:
        """Keep the event, or count it as dropped."""
        if len(self.events) < self.limit:
            self.events.append(event)
        else:
            self.dropped += 1


RECORDING: ContextVar[Recording | None] = ContextVar("hauberk.recording", default=None)
RUNNING: set[int] = set()
"""Identities of the recordings that run anywhere in this process: as long as there is none, nobody asks his context."""


class recording:
    """Collect the sink events of everything that runs inside, in this context and in those copied from it."""

    __slots__ = ("_events", "_token")

    def __enter__(self) -> Recording:
        """Begin."""
        self._events = events = Recording()
        self._token = RECORDING.set(events)
        RUNNING.add(id(events))
        return events

    def __exit__(self, *_: object) -> None:
        """End; what still runs goes on without."""
        self._events.ended = True
        RUNNING.discard(id(self._events))
        RECORDING.reset(self._token)
