"""What was reached of what is known: a scan that saw little must say so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from hauberk.scan.messages import Request, Response
from hauberk.scan.surface import Operation

LOGIN = re.compile(r"log[-_]?(in|on)|sign[-_]?(in|on)|auth", re.IGNORECASE)
READ = frozenset({"", "application/json", "application/javascript", "application/xhtml+xml", "application/xml"})
"""Media types beside text that a check reads. Of a file to download, the beginning is as good as the whole."""
NAMED = 10
"""How many operations a sentence names."""


@dataclass(slots=True)
class Coverage:
    """What ordinary requests were answered."""

    reached: set[str] = field(default_factory=set)
    """Operations that answered with success, as `GET /`."""
    behind: dict[str, str] = field(default_factory=dict)
    """Operations that asked for a login, and how."""
    failed: dict[str, str] = field(default_factory=dict)
    """Operations that answered otherwise, and how."""

    cut: dict[str, str] = field(default_factory=dict)
    """Operations whose answer was too long, or came too slowly, to be read to its end."""

    def heard(self, operation: Operation, request: Request, response: Response) -> None:
        """Take an answer into account."""
        name, path = str(operation), urlsplit(response.header("location") or "").path
        text = response.media in READ or response.media.startswith("text/")
        if response.truncated and text and response.media != "text/event-stream":  # that one has no end
            self.cut[name] = response.error or f"{len(response.body):,} octets were read"
        if response.status in (401, 403):
            self.behind[name] = str(response.status)
        elif 300 <= response.status < 400 and LOGIN.search(path) and not LOGIN.search(request.path):
            self.behind[name] = f"redirect to {path}"
        elif response.status < 400:
            self.reached.add(name)
        else:
            self.failed[name] = str(response.status)

    def unreached(self) -> list[str]:
        """What never answered with success, each with what it said."""
        said = {**self.failed, **self.behind}
        return [f"{name} ({how})" for name, how in sorted(said.items()) if name not in self.reached]

    def cut_short(self) -> Iterator[str]:
        """That answers were not read to their end, in a sentence."""
        if self.cut:
            named = _names(f"{name} ({how})" for name, how in sorted(self.cut.items()))
            yield f"{_count(list(self.cut))} answered more than is read, or too slowly: {named}."

    def gaps(self, *, logged_in: bool) -> Iterator[str]:
        """The same in sentences."""
        behind = sorted(name for name in self.behind if name not in self.reached)
        if behind:
            reason = "the login that was given does not open them" if logged_in else "no login was given"
            yield f"{_count(behind)} asked for a login, and {reason}: {_names(behind)}."
        failed = sorted(n for n in self.failed if n not in self.reached and n not in self.behind)
        limited = [name for name in failed if self.failed[name] == "429"]
        if limited:
            yield f"{_count(limited)} answered only 429, too many requests: {_names(limited)}."
        rest = [f"{name} ({self.failed[name]})" for name in failed if name not in limited]
        if rest:
            yield f"{_count(rest)} never answered with success, so that little was tested there: {_names(rest)}."


def _count(names: list[str]) -> str:
    return "1 operation" if len(names) == 1 else f"{len(names)} operations"


def _names(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - NAMED} more" if len(listed) > NAMED else ""
    return ", ".join(listed[:NAMED]) + more
