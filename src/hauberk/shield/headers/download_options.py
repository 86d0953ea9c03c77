"""X-Download-Options (Internet Explorer 8 and newer)."""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.core.plan import Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadOptions:
    """Internet Explorer does not open a download in our site's name."""

    def steps(self) -> Steps:
        """One constant field."""
        return Steps(headers=(("x-download-options", "noopen"),))
