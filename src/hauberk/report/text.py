"""The result for a terminal: the grade and why, what was not judged, then every fault, worst first."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO
from itertools import groupby

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule as Line
from rich.table import Table
from rich.text import Text

from hauberk.core.finding import SEVERITIES, Finding, HttpLocation, Location, PackageLocation, Result, Severity
from hauberk.report import piped
from hauberk.report.grade import Grade, grade
from hauberk.report.meta import Meta, took
from hauberk.report.piped import WIDTH, next_steps
from hauberk.report.plain import line, words

STYLES: dict[Severity, str] = {
    "critical": "bold red",
    "high": "red",
    "medium": "yellow",
    "low": "cyan",
    "info": "dim",
}
GRADE_STYLES = {"A+": "black on green", "A": "black on green", "B": "black on bright_green", "C": "black on yellow"}


def render(result: Result, *, meta: Meta) -> str:
    """The result as plain text, without colour, for a file or a pipe."""
    out = StringIO()
    console = Console(file=out, width=WIDTH, color_system=None, force_terminal=False, highlight=False, emoji=False)
    write(console, result, meta=meta)
    return "\n".join(text.rstrip() for text in out.getvalue().splitlines()) + "\n"


def write(console: Console, result: Result, *, meta: Meta) -> None:
    """Print the result to a console of the caller's; colour and width are the console's."""
    console.print()
    console.print(heading(result, meta))
    console.print()
    judged = verdict(grade(result))
    judged.add_row("", counts(result))
    judged.add_row("", asvs_line(result))
    console.print(judged)
    _gaps(console, result)
    for severity, faults in groupby(result.failures, key=lambda f: f.severity):
        _section(console, severity, list(faults))
    _people(console, [f for f in result.findings if f.outcome == "review"])
    console.print()
    console.print(closing(result), soft_wrap=False)
    console.print()


def heading(result: Result, meta: Meta) -> Text:
    """Who looked at what, when."""
    text = Text.assemble((f"hauberk {words(result.command)}", "bold"), "  ", words(meta.title or result.target))
    about = [words(meta.framework), meta.when, took(meta.duration) if meta.duration is not None else ""]
    return text.append("  " + " · ".join(filter(None, about)), style="dim")


def verdict(given: Grade) -> Table:
    """The letter and the reason for it; rows may be added."""
    letter = Text(f" {given.letter or '–'} ", style=f"bold {GRADE_STYLES.get(given.letter or '', 'white on red')}")
    if given.letter is None:
        letter.stylize("bold black on yellow")
    score = f"{given.score}/100  " if given.score is not None else ""
    table = Table.grid(padding=(0, 2))
    table.add_column(width=4, justify="center")
    table.add_column()
    table.add_row(letter, Text.assemble((score, "bold"), given.reason))
    return table


def counts(result: Result) -> Text:
    """`2 critical  1 high   ✓ 41 passed ...`: faults by severity, then the rest."""
    text = Text()
    for severity in SEVERITIES:
        number = sum(f.severity == severity for f in result.failures)
        if number:
            text.append(f"{number} {severity}", style=STYLES[severity]).append("  ")
    if not text:
        text.append("no fault found", style="green").append("  ")
    text.append("·", style="dim")
    for outcome, label in (("pass", "passed"), ("review", "for a person"), ("not-applicable", "not applicable")):
        number = sum(f.outcome == outcome for f in result.findings)
        text.append(f"  {number} {label}", style="green" if outcome == "pass" and number else "dim")
    return text


def asvs_line(result: Result) -> Text:
    """What the findings say about the standard, in one line; never that anything is certified."""
    return Text(piped.asvs_line(result), style="dim")


def _gaps(console: Console, result: Result) -> None:
    if result.complete and not result.gaps:
        return
    console.print()
    if result.complete:
        console.print(Text("LEFT OUT", style="bold"))
    else:
        console.print(Text(" NOT JUDGED ", style="bold black on yellow"))
    for gap in result.gaps or ("The run did not finish, and does not say why.",):
        console.print(Padding(Text.assemble(("! ", "bold yellow"), words(gap)), (0, 0, 0, 2)))


def _section(console: Console, severity: Severity, faults: list[Finding]) -> None:
    console.print()
    title = Text(f"{severity.upper()} ({len(faults)})", style=STYLES[severity])
    console.print(Line(title, align="left", style="dim", characters="─"))
    for _, group in groupby(faults, key=lambda f: (f.rule.id, f.title)):
        _rule(console, list(group))


def _rule(console: Console, faults: list[Finding]) -> None:
    """One heading for all places of the same fault; the fix once, unless it differs from place to place."""
    first = faults[0]
    console.print()
    title = Text.assemble(
        ("✗ ", STYLES[first.severity]), (words(first.title), "bold"), "  ", (line(first.rule.id), "dim")
    )
    console.print(title)
    same_fix = len({f.fix for f in faults}) == 1
    for fault in faults:
        console.print(Padding(place(fault.location), (0, 0, 0, 2)))
        doubt = Text(f" ({fault.confidence})", style="dim") if fault.confidence == "tentative" else Text()
        console.print(Padding(Text(words(fault.message)) + doubt, (0, 0, 0, 4)))
        if not same_fix and fault.fix:
            console.print(Padding(_fix(fault.fix), (0, 0, 0, 4)))
    if same_fix and first.fix:
        console.print(Padding(_fix(first.fix), (0, 0, 0, 2)))


def _fix(text: str) -> Text:
    return Text.assemble(("fix ", "bold green"), words(text))


def place(where: Location) -> Text:
    """Where it is: file and line, which an editor makes a link of, and the request or package."""
    file = Text(line(Location.__str__(where)) if where.file else "", style="blue")
    if isinstance(where, PackageLocation):
        via = [words(step) for step in where.path[:-1]]
        name = Text(line(f"{where.package} {where.version}"), style="bold").append(f" ({where.ecosystem})", style="dim")
        return _joined([name, file, Text(f"by way of {' → '.join(via)}", style="dim") if via else Text()])
    if isinstance(where, HttpLocation):
        operation = "every operation" if where.path == "*" else line(f"{where.method} {where.path}")
        request = Text(operation, style="bold")
        if where.place:
            request.append(line(f"  {where.place}:{where.parameter or ''}").rstrip(":"), style="magenta")
        return _joined([file, request])
    return file or Text("the application as a whole", style="dim")


def _joined(parts: Iterable[Text]) -> Text:
    return Text("  ").join(part for part in parts if part)


def _people(console: Console, reviews: list[Finding]) -> None:
    if not reviews:
        return
    console.print()
    console.print(Line(Text(f"FOR A PERSON ({len(reviews)})", style="blue"), align="left", style="dim", characters="─"))
    for finding in reviews:
        where = place(finding.location) if finding.location.key() else Text()
        console.print(Padding(_joined([Text.assemble("? ", words(finding.title)), where]), (0, 0, 0, 0)))
        console.print(Padding(Text(words(finding.message), style="dim"), (0, 0, 0, 4)))


def closing(result: Result) -> Text:
    """What to do next."""
    steps = list(next_steps(result))
    return Text("\n").join([Text(step, style="dim") for step in steps])
