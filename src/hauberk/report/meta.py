"""What a report says about the run itself: everything that a renderer may not find out by looking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hauberk.core.errors import ConfigurationError
from hauberk.core.finding import Result
from hauberk.report.figures import Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """The run: renderers are pure, so time, folder and version come in here."""

    version: str
    """hauberk's own."""
    generated: datetime
    """When the run ended, with its time zone; shown in UTC."""
    framework: str = ""
    """What the application is made with, such as `fastapi`."""
    duration: float | None = None
    """Of the whole run, in seconds."""
    root: Path | None = None
    """The project's folder: files inside it are named relative to it."""
    fallback_file: str | None = None
    """Relative to `root`: where a finding without a file is put, such as the application's module (SARIF needs one)."""
    command_line: str = ""
    """What the user typed."""
    title: str = ""
    """A heading; the target's name if empty."""
    whole: Result | None = None
    """All that the run found, where the result leaves out what its baseline has: figures and evidence are of this."""
    before: Figures | None = None
    """Those of the baseline, where there is one."""

    def __post_init__(self) -> None:
        if self.generated.tzinfo is None:
            raise ConfigurationError(
                "generated", self.generated.isoformat(), "has no time zone", "use datetime.now(UTC)"
            )

    @property
    def when(self) -> str:
        """The time for people: `2026-11-23 02:30 UTC`."""
        return self.generated.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")

    @property
    def stamp(self) -> str:
        """The time for machines: RFC 3339, in UTC, whole seconds."""
        return self.generated.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def took(seconds: float) -> str:
    """A duration in a unit that one can feel: `0.4 s`, `12 s`, `3 min 5 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
