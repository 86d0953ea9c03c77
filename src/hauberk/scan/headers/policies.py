"""Several Content-Security-Policies as the one that is left of them, in the way the Observatory counts.

Browsers ask every policy in turn (CSP3, section 2.2); the Observatory instead merges them into one set of sources a
directive, and judges that. The merge has corners which are kept here as they are, so that the scores agree:
a source counts if it stands in more than one policy, a directive that only a later policy has allows nothing, and of
neighbours in sorted order the longer one is dropped when it only repeats the shorter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from urllib.parse import unquote_to_bytes

SHORTEST = 6
"""A policy of fewer characters says nothing."""
MAY_REPEAT = frozenset({"report-uri", "report-to"})
NOT_IN_META = frozenset({"frame-ancestors", "report-uri", "sandbox"})
COLLATION = {c: i for i, c in enumerate("_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz")}
"""The order of the Unicode collation for ASCII: punctuation, signs, digits, letters (CLDR root)."""
BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")

Sources = dict[str, set[str]]


class UnreadableError(ValueError):
    """The policy is one that the Observatory calls invalid."""


@dataclass(frozen=True, slots=True)
class Merged:
    """Directive to sources, and the directives that may be repeated and were."""

    sources: Sources = field(default_factory=dict)
    repeated: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.sources) + bool(self.repeated)


@dataclass(slots=True)
class _Source:
    text: str
    policy: int
    keep: bool


def merge(policies: list[str]) -> Merged:
    """Merge whole policies. Raises UnreadableError for one that is too short, or repeats a directive."""
    cleaned = [policy.replace("\r", "").replace("\n", "").strip() for policy in policies]
    if any(len(policy) < SHORTEST for policy in cleaned):
        raise UnreadableError("a policy is empty or too short")
    merged: dict[str, list[_Source]] = {}
    repeated: set[str] = set()
    for number, policy in enumerate(cleaned):
        seen: set[str] = set()
        for entry in policy.split(";"):
            words = entry.split()
            if not words:
                continue
            name = words[0].lower()
            if name in seen:
                if name not in MAY_REPEAT:
                    raise UnreadableError(f"{name} stands twice in one policy")
                repeated.add(name)
            seen.add(name)
            merged[name] = _joined(merged.get(name, []), _values(name, words[1:], number), number)
            if number == 0 and len(cleaned) > 1:
                for source in merged[name]:
                    source.keep = False
    sources = {name: {s.text for s in kept} or {"'none'"} for name, kept in merged.items()}
    return Merged(sources, frozenset(repeated))


def merge_meta(policies: list[str]) -> Merged:
    """The same for policies in meta elements, where some directives mean nothing (CSP3, section 3.3)."""
    merged = merge(policies)
    return Merged({n: s for n, s in merged.sources.items() if n not in NOT_IN_META}, merged.repeated)


def _values(name: str, words: list[str], number: int) -> list[_Source]:
    if not words and name.endswith("-src"):
        words = ["'none'"]
    return [_Source(word.lower(), number, keep=number == 0) for word in words]


def _joined(before: list[_Source], new: list[_Source], number: int) -> list[_Source]:
    """What is kept of a directive after this policy."""
    both = new if number == 0 else before + new
    both.sort(key=lambda source: [COLLATION.get(c, 128 + ord(c)) for c in source.text])
    for left, right in pairwise(both):
        if right.policy == left.policy:
            if right.text.startswith(left.text):
                right.keep = False
        elif _covers(left.text, right.text):
            right.keep = True
    return [source for source in both if source.keep]


def _covers(left: str, right: str) -> bool:
    """Path matching (CSP3, section 6.7.2.12), on whole sources."""
    if not left:
        return True
    exact = not left.endswith("/")
    ours, theirs = left.split("/"), right.split("/")
    if len(ours) > len(theirs) or (exact and len(ours) != len(theirs)):
        return False
    if not exact:
        ours.pop()
    return all(_decoded(a) == _decoded(b) for a, b in zip(ours, theirs, strict=False))


def _decoded(part: str) -> str:
    if BAD_PERCENT.search(part):
        raise UnreadableError("a percent sign is not followed by two hexadecimal digits")
    try:
        return unquote_to_bytes(part).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableError("a percent-encoding is no UTF-8") from error
