"""What a fault is: one change of a hardened project, and the rule that must tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Files = Mapping[str, str]
"""File name to text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing made wrong."""

    kind: str
    rule: str
    """The rule of `hauberk check` that is about it, without its prefix."""
    old: str
    new: str
    file: str = "main.py"
    planted: bool = False
    """Whether it is one of the 38 that other tools were measured on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A framework's hardened application, and its faults."""

    framework: str
    files: Files
    faults: tuple[Fault, ...]
    limits: Mapping[str, str] = field(default_factory=dict)
    """Rules that fail on the hardened one as well, by what the framework itself does: the reason, in words."""

    def with_fault(self, fault: Fault) -> Files:
        """The project with that one thing made wrong. Raises AssertionError if nothing would change."""
        text = self.files[fault.file]
        if text.count(fault.old) < 1:
            raise AssertionError(f"{self.framework} {fault.kind}: {fault.old!r} is not in {fault.file}")
        return {**self.files, fault.file: text.replace(fault.old, fault.new, 1)}
