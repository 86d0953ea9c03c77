"""From collected violations to the least policy under which they would not have happened.

Never `'unsafe-inline'` and never `'unsafe-eval'`: for what is written into pages a nonce, or its hash. What no safe
source allows is left out, and said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from hauberk.shield.csp.table import Entry
from hauberk.shield.headers.csp import CSP, NONCE
from hauberk.wire import csp_terms as terms

Inline = Literal["nonce", "hash"]
FOLDED = {"script-src-elem": "script-src", "style-src-elem": "style-src"}
"""What is proposed for the wider directive: browsers without the narrow one read that."""
BLOB = frozenset({"img-src", "media-src", "connect-src", "worker-src", "font-src", "frame-src"})
DATA = frozenset({"img-src", "font-src", "media-src"})
FLOOR = {"connect-src": ("'self'",), "form-action": ("'self'",), "frame-ancestors": ("'self'",)}
"""What pages do only when somebody clicks, and so is missed while learning; with our own site it does no harm."""
INLINE = frozenset({"script-src", "style-src", "script-src-attr", "style-src-attr"})
TAKING = frozenset({*terms.FALLBACKS, "default-src", "base-uri", "form-action", "frame-ancestors"}) - terms.OBSOLETE
"""Directives that hold sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A source of the proposal, or something that is left out, and what was seen of it."""

    directive: str
    source: str
    """The source, or what was blocked."""
    why: str
    entries: tuple[Entry, ...] = ()
    look: bool = False
    """Whether somebody should look at it before it is believed."""

    @property
    def count(self) -> int:
        """How often it was reported."""
        return sum(entry.count for entry in self.entries)

    @property
    def senders(self) -> int:
        """How many clients reported it."""
        return max((entry.senders for entry in self.entries), default=0)

    @property
    def places(self) -> list[str]:
        """Where it stands: page or file, with the line where it is known."""
        found: dict[str, None] = {}
        for entry in self.entries:
            if entry.source:
                found[f"{entry.source}:{entry.line}" if entry.line else entry.source] = None
            else:
                found.update(dict.fromkeys(entry.pages))
        return list(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A policy, what each source of it is for, and what it does not allow."""

    policy: CSP
    reasons: tuple[Reason, ...]
    left_out: tuple[Reason, ...]


@dataclass(slots=True)
class _Draft:
    sources: dict[str, dict[str, list[Entry]]] = field(default_factory=dict)
    whys: dict[tuple[str, str], str] = field(default_factory=dict)
    left: dict[tuple[str, str, str], list[Entry]] = field(default_factory=dict)

    def allow(self, directive: str, source: str, why: str, entry: Entry) -> None:
        self.sources.setdefault(directive, {}).setdefault(source, []).append(entry)
        self.whys[directive, source] = why

    def leave(self, directive: str, blocked: str, why: str, entry: Entry) -> None:
        self.left.setdefault((directive, blocked, why), []).append(entry)


def propose(
    entries: Iterable[Entry], *, inline: Inline = "nonce", min_count: int = 1, min_senders: int = 0
) -> Proposal:
    """The least policy for these violations.

    `inline="hash"` takes hashes of inline scripts and styles that were short enough to be reported in full, for pages
    that no template makes. `min_count` and `min_senders` leave out what was seen too seldom, or by too few clients, to
    be believed: anybody can make reports up.
    """
    draft = _Draft()
    for entry in entries:
        if entry.count < min_count:
            draft.leave(entry.directive, entry.blocked, f"reported less than {min_count} times", entry)
        elif entry.senders < min_senders:
            draft.leave(entry.directive, entry.blocked, f"reported by less than {min_senders} clients", entry)
        else:
            _decide(draft, entry, inline)
    return _proposal(draft)


def _decide(draft: _Draft, entry: Entry, inline: Inline) -> None:
    name = FOLDED.get(entry.directive, entry.directive)
    if name not in TAKING:
        draft.leave(name, entry.blocked, "no directive that takes sources", entry)
    elif name == "default-src":
        draft.leave(name, entry.blocked, "no directive says what it was; the browser is too old", entry)
    elif entry.blocked == "inline" and name in INLINE:
        _inline(draft, name, entry, inline)
    elif entry.blocked == "wasm-eval":
        draft.allow("script-src", "'wasm-unsafe-eval'", "compiles WebAssembly", entry)
    elif entry.blocked == "eval":
        draft.leave(
            name, "eval", "only 'unsafe-eval' would allow it: replace eval(), Function() and timers of text", entry
        )
    elif entry.blocked == "self" or "://" in entry.blocked:
        _address(draft, name, entry)
    elif entry.blocked in {"data", "blob"}:
        _scheme(draft, name, entry)
    else:
        draft.leave(name, entry.blocked or "(nothing)", "names no address", entry)


def _address(draft: _Draft, name: str, entry: Entry) -> None:
    source = "'self'" if entry.blocked == "self" else entry.blocked
    problem = "holds a wildcard, and no browser asks for one" if "*" in source else terms.source_problem(source)
    if entry.blocked != "self" and problem:
        draft.leave(name, entry.blocked, problem, entry)
    elif name == "object-src":
        draft.leave(name, entry.blocked, "plug-ins run what they like: use another element", entry)
    elif name == "base-uri" and entry.blocked != "self":
        draft.leave(name, entry.blocked, "a base elsewhere sends every relative address there", entry)
    else:
        draft.allow(name, source, "pages load it" if name.endswith("-src") else "pages use it", entry)


def _scheme(draft: _Draft, name: str, entry: Entry) -> None:
    if entry.blocked in ({"data"} if name in DATA else set()) | ({"blob"} if name in BLOB else set()):
        draft.allow(name, f"{entry.blocked}:", "made in the page itself", entry)
    else:
        draft.leave(name, f"{entry.blocked}:", "whoever writes into a page could write that too", entry)


def _inline(draft: _Draft, name: str, entry: Entry, inline: Inline) -> None:
    if name == "script-src-attr":
        why = "no nonce reaches an attribute such as onclick: move it to a script, with addEventListener"
        draft.leave(name, "inline", why, entry)
    elif name == "style-src-attr":
        if inline == "hash" and entry.hash:
            draft.allow(name, "'unsafe-hashes'", "hashes count for style attributes", entry)
            draft.allow(name, entry.hash, f"style={entry.sample!r}", entry)
        else:
            why = "no nonce reaches a style attribute: move it to a class" + ", or take its hash" * bool(entry.hash)
            draft.leave(name, "inline", why, entry)
    elif inline == "hash" and entry.hash:
        draft.allow(name, entry.hash, f"the text {entry.sample!r}", entry)
    else:
        draft.allow(name, NONCE, 'written into the page: give it nonce="{{ csp_nonce }}"', entry)


def _proposal(draft: _Draft) -> Proposal:
    directives: dict[str, tuple[str, ...]] = {"default-src": ("'none'",), "base-uri": ("'none'",), **FLOOR}
    for name, found in draft.sources.items():
        directives[name] = tuple(sorted({*found, *FLOOR.get(name, ())}, key=_order))
    if not any(name in directives for name in ("script-src", "script-src-elem")):
        directives["script-src"] = ("'none'",)
    given: dict[str, tuple[str, ...]] = {name.replace("-", "_"): sources for name, sources in directives.items()}
    policy = CSP.of(report_only=False, **given)
    reasons = [
        Reason(
            directive=name,
            source=source,
            why=draft.whys.get((name, source), "")
            if source in draft.sources.get(name, {})
            else "always: pages do it only when somebody clicks",
            entries=tuple(draft.sources.get(name, {}).get(source, ())),
            look="://" in source or source.startswith("'sha"),
        )
        for name, sources in directives.items()
        for source in sources
        if name in draft.sources or name in FLOOR
    ]
    left = [
        Reason(directive=name, source=blocked, why=why, entries=tuple(entries))
        for (name, blocked, why), entries in draft.left.items()
    ]
    return Proposal(policy=policy, reasons=tuple(sorted(reasons, key=lambda r: r.directive)), left_out=tuple(left))


def _order(source: str) -> tuple[int, str]:
    """'self' first, then nonces and other keywords, hashes, schemes, hosts."""
    if source == "'self'":
        return 0, source
    if source.startswith("'sha"):
        return 2, source
    if source.startswith("'"):
        return 1, source
    return (3 if source.endswith(":") else 4), source
