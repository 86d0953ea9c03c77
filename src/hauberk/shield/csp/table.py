"""What was reported, each thing once, in bounded memory."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from os import urandom
from typing import Any

from hauberk.wire import csp_terms as terms
from hauberk.wire.csp_report import Violation, address, origin, text

EXAMPLES = 5
"""Pages that are kept as examples of one entry."""
SENDERS = 64
"""Addresses that are told apart for one entry."""
Key = tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Entry:
    """One thing that pages wanted, however often it was reported."""

    directive: str
    blocked: str
    """An origin, `self`, a scheme, or a word such as `inline`."""
    example: str = ""
    """The address that was blocked first, in full but for its query."""
    source: str = ""
    line: int = 0
    sample: str = ""
    hash: str = ""
    """The hash source of an inline text that was short enough to be reported in full."""
    report_only: bool = False
    count: int = 0
    senders: int = 0
    """How many addresses of clients reported it, up to 64: what one stranger makes up comes from one."""
    pages: list[str] = field(default_factory=list)

    @property
    def key(self) -> Key:
        """What makes it another thing than the next: of an inline text its beginning, else its place."""
        if "://" in self.blocked or self.blocked == "self":
            return (self.directive, self.blocked)
        if self.sample:
            return (self.directive, self.blocked, self.sample, self.hash)
        return (self.directive, self.blocked, self.source, str(self.line))

    def record(self) -> dict[str, Any]:
        """As one line of a file."""
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def of(cls, violation: Violation) -> Entry:
        """The entry of a violation that was not seen before."""
        blocked = violation.blocked
        if violation.kind == "url" and blocked != "self":
            blocked = origin(blocked)
            if blocked == origin(violation.document):
                blocked = "self"
        return cls(
            directive=violation.directive,
            blocked=blocked,
            example=violation.blocked if "://" in violation.blocked else "",
            source=violation.source,
            line=violation.line,
            sample=violation.sample,
            hash=violation.hash,
            report_only=violation.report_only,
            count=1,
            pages=[violation.document],
        )

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Entry | None:
        """From one line of a file, which somebody may have changed; None if it is no entry."""
        directive, blocked = text(record.get("directive")).lower(), text(record.get("blocked"))
        if not directive:
            return None
        hashed = text(record.get("hash"))
        count, senders, line, pages = (record.get(name) for name in ("count", "senders", "line", "pages"))
        return cls(
            directive=directive,
            blocked=address(blocked),
            example=address(text(record.get("example"))) if record.get("example") else "",
            source=address(text(record.get("source"))),
            line=line if isinstance(line, int) else 0,
            sample=text(record.get("sample")),
            hash=hashed if not terms.hash_problem(hashed) else "",
            report_only=record.get("report_only") is True,
            count=count if isinstance(count, int) and count > 0 else 1,
            senders=senders if isinstance(senders, int) else 0,
            pages=[address(text(page)) for page in pages if text(page)] if isinstance(pages, list) else [],
        )


class Table:
    """Entries by what they are; full is full, so that a flood of made-up reports pushes nothing out."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.written: dict[Key, int] = {}
        """How much of each count stands in a file."""
        self.dropped = 0
        """Reports of new things that came when it was full."""
        self._entries: dict[Key, Entry] = {}
        self._senders: dict[Key, set[bytes]] = {}
        self._salt = urandom(16)

    def add(self, violation: Violation, sender: str = "") -> Entry | None:
        """Count it; gives its entry, or None if there is no room for a new one."""
        return self.merge(Entry.of(violation), sender)

    def merge(self, new: Entry, sender: str = "") -> Entry | None:
        """Count an entry of another table, or of a file, with those here."""
        known = self._entries.get(new.key)
        if known is None:
            if len(self._entries) >= self.most:
                self.dropped += 1
                return None
            known = self._entries[new.key] = new
        else:
            known.count += new.count
            known.report_only = known.report_only and new.report_only
            known.senders = max(known.senders, new.senders)
            for page in new.pages:
                if page not in known.pages and len(known.pages) < EXAMPLES:
                    known.pages.append(page)
        if sender:
            # Addresses are not kept: a keyed digest, under a key that ends with the process, tells them apart.
            seen = self._senders.setdefault(known.key, set())
            if len(seen) < SENDERS:
                seen.add(blake2b(sender.encode(), key=self._salt, digest_size=8).digest())
            known.senders = max(known.senders, len(seen))
        return known

    def entries(self) -> list[Entry]:
        """All of them, the most frequent first."""
        return sorted(self._entries.values(), key=lambda entry: (-entry.count, entry.key))

    def __len__(self) -> int:
        return len(self._entries)
