"""What an applier is given, and what it may say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hauberk.audit.fix.choosing import Upgrade
from hauberk.core.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class FixOptions:
    """How `fix` works."""

    python: str = ""
    """The Python version that requirements are resolved for, as `3.11`; by default what the project says, else ours."""
    allow_builds: bool = False
    """Let the resolver run the build of packages that are published as source only, to learn what they need."""

    def __post_init__(self) -> None:
        parts = self.python.split(".")
        if self.python and not (1 < len(parts) < 4 and all(part.isdecimal() for part in parts)):
            raise ConfigurationError("python", self.python, "is no Python version", "write it as 3.11")


@dataclass(slots=True, kw_only=True)
class Job:
    """One file to mend, in a copy of the project."""

    file: Path
    """The copy."""
    name: str
    """As reports show it."""
    options: FixOptions
    notes: list[str] = field(default_factory=list)
    """What could not be checked."""

    @property
    def folder(self) -> Path:
        """Where its tool is run."""
        return self.file.parent


Applier = Callable[[Job, Sequence[Upgrade]], None]
"""Edits the copy so that the upgrades hold. Raises RefusedError where its tool will not, InputError or
MissingExtraError where it cannot even try. What it made of the file is judged by a new audit, never believed."""
