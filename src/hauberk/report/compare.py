"""Two results next to each other: the same application open and protected, or before and after a change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from hauberk.core.finding import SEVERITIES, Finding, Location, PackageLocation, Result
from hauberk.report.evidence import asvs_evidence, good, tally
from hauberk.report.grade import Grade, grade, grade_parts
from hauberk.report.meta import Meta
from hauberk.report.page import compared
from hauberk.report.page.findings import PARTS
from hauberk.report.plain import words
from hauberk.report.text import STYLES, place, verdict

Fate = Literal["gone", "remains", "new", "not-seen"]
NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fault and what became of it."""

    finding: Finding
    """As it was before; as it is now where it is new."""
    fate: Fate
    """`not-seen`: it is not there any more, but that part of the second run did not finish and recorded no pass."""
    reason: str = ""
    """Why it remains, where that is known."""

    @property
    def explained(self) -> bool:
        """Whether what is left has a reason: nothing else may remain."""
        return self.fate == "gone" or (self.fate == "remains" and bool(self.reason))


def compare(before: Result, after: Result, cannot_cure: Mapping[str, str] = NONE) -> tuple[Row, ...]:
    """What became of each fault, worst first; then what is new.

    Two faults are the same if their fingerprints are; else if rule and place agree and only the file differs, since
    the two applications may live in different modules. `cannot_cure` gives for a rule's id the reason why its faults
    stay. Pure; raises nothing.
    """
    left = _Remaining(after)
    judged = _Judged.of(after)
    exact = {id(f): left.take(f.fingerprint) for f in before.failures}
    rows = []
    for finding in before.failures:
        still = exact[id(finding)] or left.take(_place_key(finding))
        fate: Fate = "remains" if still else "gone" if judged.says(finding) else "not-seen"
        reason = cannot_cure.get(finding.rule.id, "") if still else ""
        rows.append(Row(finding=finding, fate=fate, reason=reason))
    new = [Row(finding=f, fate="new", reason=cannot_cure.get(f.rule.id, "")) for f in left.rest()]
    return (*rows, *new)


def unexplained(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """What must not be there: new faults, faults that remain without a reason, and faults that nobody looked for."""
    return tuple(row for row in rows if not row.explained)


@dataclass(frozen=True, slots=True)
class _Judged:
    """What the second run can speak of, so that silence means something."""

    complete: bool
    unfinished: frozenset[str]
    """The parts that left a gap."""
    attributed: bool
    """Whether every gap says of which part it is, as `scan: ...`; a run of one part is that part."""
    passes: frozenset[str]

    @classmethod
    def of(cls, result: Result) -> _Judged:
        named = [part for gap in result.gaps for part in PARTS if gap.startswith(f"{part}: ")]
        return cls(
            complete=result.complete,
            unfinished=frozenset(named),
            attributed=bool(result.gaps) and len(named) == len(result.gaps),
            passes=frozenset(k for f in result.findings if f.outcome == "pass" for k in (f.fingerprint, _place_key(f))),
        )

    def says(self, finding: Finding) -> bool:
        """Whether not seeing this fault means that it is gone."""
        part = finding.rule.id.partition(".")[0]
        return (
            self.complete
            or (self.attributed and part in PARTS and part not in self.unfinished)
            or finding.fingerprint in self.passes
            or _place_key(finding) in self.passes
        )


class _Remaining:
    """The faults of the second run, each to be taken once, by either of its keys."""

    def __init__(self, result: Result) -> None:
        self._taken: set[int] = set()
        self._all = result.failures
        self._by_key: dict[str, list[Finding]] = defaultdict(list)
        for finding in self._all:
            self._by_key[finding.fingerprint].append(finding)
            self._by_key[_place_key(finding)].append(finding)

    def take(self, key: str) -> Finding | None:
        for finding in self._by_key.get(key, ()):
            if id(finding) not in self._taken:
                self._taken.add(id(finding))
                return finding
        return None

    def rest(self) -> list[Finding]:
        return [f for f in self._all if id(f) not in self._taken]


def _place_key(finding: Finding) -> str:
    """Rule, place and key without the file: a request and a package say enough of where."""
    where = finding.location
    members = {name: value for name, value in where.as_json().items() if name not in ("file", "line", "path")}
    if type(where) is not Location and "method" in members:
        members["path"] = where.as_json()["path"]
    return "\0".join(["at", finding.rule.id, finding.key, *(f"{n}={v}" for n, v in sorted(members.items()))])


def render_html(before: Result, after: Result, *, meta: Meta, cannot_cure: Mapping[str, str] = NONE) -> str:
    """Both results as one page, with the parts of the report: grades, counts, each fault's fate, both grids."""
    rows = [
        compared.Line(finding=row.finding, fate=row.fate, reason=row.reason)
        for row in compare(before, after, cannot_cure)
    ]
    return compared.page(before, after, rows, meta)


def render_text(
    console: Console, before: Result, after: Result, *, meta: Meta | None = None, cannot_cure: Mapping[str, str] = NONE
) -> None:
    """Both results side by side in a terminal, then each fault and what became of it."""
    rows = compare(before, after, cannot_cure)
    console.print()
    if meta is not None and meta.title:
        console.print(Text(words(meta.title), style="bold"))
        console.print()
    sides = Table.grid(expand=True, padding=(0, 2))
    sides.add_column(ratio=1)
    sides.add_column(ratio=1)
    sides.add_row(_side("BEFORE", before), _side("AFTER", after))
    console.print(sides)
    console.print()
    console.print(_parts(before, after))
    console.print()
    console.print(_table(rows))
    console.print()
    console.print(_sum(rows))
    console.print()


def _side(label: str, result: Result) -> Group:
    have = tally(asvs_evidence(result).values())
    bars = Text()
    for severity in SEVERITIES[:-1]:
        count = sum(f.severity == severity for f in result.failures)
        bars.append(f"{severity:>9} ", style="dim").append("■" * min(count, 24), style=STYLES[severity])
        bars.append(f" {count}\n" if count else "0\n", style="" if count else "dim")
    passed = sum(f.outcome == "pass" for f in result.findings)
    bars.append(f"{passed} checks passed; ASVS: a fault in {have['fail']}, good in {good(have)}", style="dim")
    head = Text.assemble((f"{label}  ", "bold"), words(result.target))
    return Group(head, Text(), verdict(grade(result)), Text(), bars)


def _parts(before: Result, after: Result) -> Table:
    """A line for each part of the proof: the grade before and after."""
    old, new = grade_parts(before), grade_parts(after)
    table = Table("Part", "Before", "After", box=None, pad_edge=False, header_style="dim", padding=(0, 3, 0, 0))
    for name in dict.fromkeys((*old, *new)):
        cells = [_letter(grades.get(name)) for grades in (old, new)]
        table.add_row(Text(name), *cells)
    return table


def _letter(given: Grade | None) -> Text:
    if given is None or given.letter is None:
        return Text("withheld" if given else "–", style="dim")
    style = "green" if given.letter.startswith("A") else "yellow" if given.letter in {"B", "C"} else "red"
    return Text.assemble((given.letter, f"bold {style}"), f"  {given.score}/100")


def _together(rows: tuple[Row, ...]) -> Iterator[tuple[Row, int]]:
    """Rows for the terminal: all advisories of one package that met the same fate are one row, with their number."""
    packages: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if isinstance(row.finding.location, PackageLocation):
            packages[row.finding.location.key(), row.fate].append(row)
    for row in rows:
        where = row.finding.location
        same = packages[where.key(), row.fate] if isinstance(where, PackageLocation) else [row]
        if row is same[0]:
            yield row, len(same)


def _fault(finding: Finding, number: int) -> str:
    where = finding.location
    if number > 1 and isinstance(where, PackageLocation):
        return f"{where.package} {where.version}: {number} advisories"
    return finding.title


def _table(rows: tuple[Row, ...]) -> Table:
    table = Table(expand=True, box=None, pad_edge=False, header_style="dim")
    table.add_column("Severity", width=8)
    table.add_column("Fault", ratio=3, overflow="fold")
    table.add_column("Where", ratio=4, overflow="fold")
    table.add_column("Before", width=6)
    table.add_column("After", ratio=3, overflow="fold")
    for row, number in _together(rows):
        finding = row.finding
        table.add_row(
            Text(finding.severity, style=STYLES[finding.severity]),
            Text(words(_fault(finding, number))),
            place(finding.location),
            Text("–", style="dim") if row.fate == "new" else Text("found", style="red"),
            _fate(row),
        )
    return table


def _fate(row: Row) -> Text:
    reason = f": {words(row.reason)}" if row.reason else ""
    if row.fate == "gone":
        return Text("✓ gone", style="green")
    if row.fate == "not-seen":
        return Text("? not seen, but the run did not finish", style="yellow")
    style = "yellow" if row.explained else "bold red"
    return Text.assemble((f"✗ {row.fate}", style), reason)


def _sum(every: tuple[Row, ...]) -> Text:
    rows = tuple(row for row, _ in _together(every))
    before = sum(row.fate != "new" for row in rows)
    gone = sum(row.fate == "gone" for row in rows)
    text = Text.assemble((f"{gone} of {before}", "bold"), " faults are gone.")
    stay = [row for row in rows if row.fate == "remains" and row.reason]
    if stay:
        text.append(f" {len(stay)} {'remains' if len(stay) == 1 else 'remain'} for a known reason.")
    if wrong := unexplained(every):
        text.append(f" {len(wrong)} should not be there.", style="bold red")
    return text
