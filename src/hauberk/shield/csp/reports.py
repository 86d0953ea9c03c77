"""A place of our own for violation reports of browsers, in both formats."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from hauberk.core.equipment import Equipment
from hauberk.core.errors import ConfigurationError
from hauberk.core.exchange import Exchange, Reply
from hauberk.core.log import decision
from hauberk.core.options import whole, word, words
from hauberk.core.plan import ASIDE, Steps
from hauberk.shield.csp.journal import Journal
from hauberk.shield.csp.noise import noise
from hauberk.shield.csp.table import Entry, Table
from hauberk.shield.headers.csp import CSP, LEARN_ENDPOINT, LEARN_PATH
from hauberk.wire import csp_report
from hauberk.wire import csp_terms as terms
from hauberk.wire.authority import Authority, AuthorityError

FORMATS = frozenset({csp_report.SINGLE, csp_report.LIST, "application/json"})
"""`application/json` is what some older browsers send for `report-uri`."""
TAKEN = Reply(204, b"", ())
TEXT = (("content-type", "text/plain; charset=utf-8"), ("cache-control", "no-store"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CSPReports:
    """Collects what browsers report of a policy, to find out what pages load before one is enforced.

    Nobody has to log in to report, and anybody can make reports up: they are limited in size, rate and number, cut,
    stripped of queries, and count only for pages of this host. What is kept says how many senders stand behind it.
    """

    path: str = LEARN_PATH
    """Where it listens; `CSP.learn(path=...)` names it."""
    endpoint: str = LEARN_ENDPOINT
    """Its name in Reporting-Endpoints, for `CSP(report_to=...)`."""
    hosts: tuple[str, ...] = ()
    """Hosts whose pages count; empty for the host that the report was sent to."""
    file: str | Path | None = None
    """A file that entries are appended to, one JSON object a line, for `hauberk csp propose`."""
    on_entry: Callable[[Entry], None] | None = dataclasses.field(default=None, compare=False)
    """Called with every counted entry, in the request: it must not wait."""
    max_body: int = 64 * 1024
    """Octets of one request."""
    max_entries: int = 1000
    """Different things that are kept in memory."""
    rate: int = 50
    """Requests a second that are read, of all clients together; ten times as many at once."""
    policies: tuple[CSP, ...] = dataclasses.field(default=(), repr=False, compare=False)
    """The policies that reports may be about, given by `Policy`; empty for any."""
    announce: bool = True
    """Whether it sends Reporting-Endpoints. `Policy` turns it off where `reporting` does that."""
    table: Table | None = dataclasses.field(default=None, repr=False, compare=False)
    """Where entries are kept; one of its own unless given."""

    def __post_init__(self) -> None:
        path = word("CSPReports.path", self.path)
        if not path.startswith("/") or path.startswith("//") or set(path) & set("?#;, \"'\\") or not path.isprintable():
            raise ConfigurationError("CSPReports.path", path, "is not a path", f"write for example {LEARN_PATH!r}")
        CSP.learn(path=path, endpoint=self.endpoint)  # which checks both
        object.__setattr__(self, "hosts", tuple(map(_host, words("CSPReports.hosts", self.hosts))))
        whole("CSPReports.max_body", self.max_body, least=1024, unit="octets")
        whole("CSPReports.max_entries", self.max_entries, least=1, unit="entries")
        whole("CSPReports.rate", self.rate, least=1, unit="requests a second")
        if self.table is None:
            object.__setattr__(self, "table", Table(self.max_entries))

    def equip(self, equipment: Equipment) -> Self:
        """With the policies that are sent."""
        sent = (equipment.feature("csp"), equipment.feature("csp_report_only"))
        announce = self.announce and equipment.feature("reporting") is None
        return replace(self, policies=tuple(one for one in sent if one is not None), announce=announce)

    def entries(self) -> list[Entry]:
        """What this process has collected so far, the most frequent first."""
        return [] if self.table is None else self.table.entries()

    def steps(self) -> Steps:
        """An address of its own, and the header that names it."""
        collector = Collector(self)
        headers = (("reporting-endpoints", f'{self.endpoint}="{self.path}"'),) if self.announce else ()
        return Steps(headers=headers, on_request=collector.begin, load=collector.answer)


class Collector:
    """A `CSPReports` at work."""

    def __init__(self, options: CSPReports, clock: Callable[[], float] = time.monotonic) -> None:
        self.options, self._clock = options, clock
        self._table = Table(options.max_entries) if options.table is None else options.table
        self._journal = None if options.file is None else Journal(Path(options.file), self._table)
        self._most = float(options.rate * 10)
        self._left, self._at = self._most, clock()
        self._told = False
        directives = [set(policy.directives(nonced=True)) for policy in options.policies]
        self._restricted: tuple[frozenset[str], ...] = tuple(map(frozenset, directives))

    def begin(self, ex: Exchange) -> Reply | None:
        """Whether the request is for us: then nothing else judges it."""
        return ASIDE if ex.path == self.options.path and not ex.websocket else None

    async def answer(self, ex: Exchange) -> Reply | None:
        """Take a report."""
        if ex.path != self.options.path or ex.websocket:
            return None
        if ex.method != "POST":
            return Reply(405, b"Reports are sent by POST.\n", (*TEXT, ("allow", "POST")))
        if ex.header("content-type").partition(";")[0].strip().lower() not in FORMATS:
            return Reply(415, b"Not a format of violation reports.\n", TEXT)
        if not self._room():
            return Reply(429, b"", (*TEXT, ("retry-after", "10")))
        # A page of another site may make its visitors' browsers send whatever it likes.
        if ex.header("sec-fetch-site") == "cross-site":
            return TAKEN
        body = await ex.read_body(self.options.max_body)
        if body is None:
            return Reply(413, b"Too long for a violation report.\n", TEXT)
        try:
            violations = csp_report.parse(body)
        except csp_report.ReportError:
            return Reply(400, b"Not a violation report.\n", TEXT)
        hosts = self.options.hosts or _own(ex)
        for violation in violations:
            if self._counts(violation, hosts):
                self._take(violation, ex.client)
        return TAKEN

    def _counts(self, violation: csp_report.Violation, hosts: tuple[str, ...]) -> bool:
        """Whether it is about a page of ours, a directive that was sent, and nothing that an extension did."""
        if violation.directive not in terms.KNOWN or noise(violation):
            return False
        if csp_report.origin(violation.document).partition("://")[2].partition(":")[0] not in hosts:
            return False
        if not self._restricted:
            return True
        return any(terms.effective(sent, violation.directive) for sent in self._restricted)

    def _take(self, violation: csp_report.Violation, sender: str) -> None:
        entry = self._table.add(violation, sender)
        if entry is None:
            if not self._told:
                self._told = True
                decision("csp-reports-full", entries=self.options.max_entries)
            return
        if entry.count == 1:
            # JSON escapes what a terminal or a reader of lines would act on.
            decision("csp-violation", level=logging.INFO, **_shown(entry))
        if self._journal is not None:
            self._journal.note(entry)
        if self.options.on_entry is not None:
            self.options.on_entry(entry)

    def _room(self) -> bool:
        """One bucket for everybody: addresses are cheap, and this must never cost what an application costs."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._at) * self.options.rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def _shown(entry: Entry) -> dict[str, Any]:
    return {"directive": entry.directive, "blocked": entry.blocked, "page": entry.pages[0], "source": entry.source}


def _own(ex: Exchange) -> tuple[str, ...]:
    """The host that the report was sent to."""
    try:
        return (Authority.parse(ex.header("host")).host,)
    except AuthorityError:
        return ()


def _host(text: str) -> str:
    try:
        return Authority.parse(text).host
    except AuthorityError as error:
        raise ConfigurationError(
            "CSPReports.hosts", text, error.problem, "write for example 'www.shop.example'"
        ) from None
