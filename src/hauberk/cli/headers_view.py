"""`hauberk headers` for people: the grade, every test with its points, every field in a sentence, what to change."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from hauberk.cli.options import Common
from hauberk.core.finding import Finding
from hauberk.report.piped import WIDTH
from hauberk.report.plain import line, words
from hauberk.report.text import STYLES
from hauberk.scan.headers import Graded, Review
from hauberk.scan.headers.observatory import BONUS_FROM
from hauberk.scan.headers.observatory_results import MEANINGS

GRADE_STYLES = {"A": "black on green", "B": "black on bright_green", "C": "black on yellow"}
MORE: dict[str, str] = {
    "content-security-policy": "start from default-src 'none' and name what the page needs",
    "cross-origin-embedder-policy": "coep=COEP(), if all that the page embeds agrees to it",
    "cross-origin-opener-policy": "coop=COOP(); where a login opens a pop-up, COOP(policy='same-origin-allow-popups')",
    "cross-origin-resource-policy": "corp=CORP(), unless other sites are to embed it",
    "referrer-policy": "referrer_policy=ReferrerPolicy()",
    "x-frame-options": "frame-ancestors 'self' in the Content-Security-Policy",
    "subresource-integrity": "integrity=... on script elements",
    "cookies": "SameSite on every cookie",
}


def show(review: Review, common: Common) -> None:
    """Print it to stdout, in colour where that is a terminal."""
    console = Console(no_color=not common.color, highlight=False, emoji=False)
    if not console.is_terminal:
        console = Console(width=WIDTH, no_color=True, highlight=False, emoji=False)
    for graded in review.pages:
        _page(console, review, graded)
    for gap in review.result.gaps:
        console.print(Text.assemble(("! ", "bold yellow"), words(gap)))
    _changes(console, review)


def _page(console: Console, review: Review, graded: Graded) -> None:
    console.print()
    console.print(Panel(_badge(review, graded), border_style="dim", padding=(1, 2), expand=True))
    console.print(_tests(graded))
    console.print()
    console.print(Text("What was sent", style="bold"))
    console.print(_fields(graded))


def _badge(review: Review, graded: Graded) -> RenderableType:
    letter = Text(f"  {graded.card.grade}  ", style="bold " + GRADE_STYLES.get(graded.card.grade[0], "white on red"))
    page = graded.visit.page
    what = Text.assemble(
        (f"{graded.card.score}", "bold"),
        " points",
        ("  where 100 are asked for", "dim"),
        "\n",
        (f"{words(review.result.target)}  GET {line(graded.path)}", ""),
        (f"  {page.status}" if page is not None else "", "dim"),
        (f"  MDN HTTP Observatory, version {graded.card.algorithm}", "dim"),
    )
    if graded.card.bonus_withheld:
        what.append(f"\nWhat is above what is asked counts once penalties leave {BONUS_FROM} points.", style="dim")
    table = Table.grid(padding=(0, 3))
    table.add_row(letter, what)
    return table


def _tests(graded: Graded) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("")
    table.add_column("test", no_wrap=True)
    table.add_column("points", justify="right")
    table.add_column("what it means", ratio=1)
    for judged, points in zip(graded.card.tests, graded.card.points, strict=True):
        mark, style = ("✗", "red") if points < 0 else ("✓", "green") if points > 0 else ("·", "dim")
        table.add_row(
            Text(mark, style=style),
            Text(judged.test),
            Text(f"{points:+d}" if points else "0", style=style),
            Text(judged.meaning.sentence),
        )
    return table


def _fields(graded: Graded) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=False, ratio=2)
    table.add_column(ratio=5)
    for field in graded.fields:
        name = Text(line(field.name), style="red" if field.problem else "cyan" if field.known else "yellow")
        said: list[RenderableType] = [Text(words(field.sentence))]
        if field.problem:
            said.append(Text(words(field.problem) + ".", style="red"))
        if not field.parts:
            said.append(Text(line(field.value)[:200], style="dim"))
        said += [Text.assemble((f"  {line(part.name)[:60]}  ", "blue"), words(part.sentence)) for part in field.parts]
        table.add_row(name, Group(*said))
    return table


def _changes(console: Console, review: Review) -> None:
    failures = review.result.failures
    console.print()
    if failures:
        console.print(Text("What to change", style="bold"))
        for rule in dict.fromkeys(finding.rule for finding in failures):
            _change(console, [finding for finding in failures if finding.rule == rule])
    else:
        console.print(Text("There is nothing to mend.", style="bold green"))
    more = list(dict.fromkeys(_more(review)))
    if more:
        console.print()
        console.print(Text("What would add points", style="bold"))
        for text in more:
            console.print(Padding(Text.assemble(("+ ", "green"), text), (0, 0, 0, 2)))
    console.print()


def _change(console: Console, findings: list[Finding]) -> None:
    first = findings[0]
    console.print()
    heading = Text.assemble(
        ("✗ ", STYLES[first.severity]), (words(first.title), "bold"), (f"  {first.severity}  {first.rule.id}", "dim")
    )
    console.print(heading)
    for message in dict.fromkeys(f"{_where(finding)}{words(finding.message)}" for finding in findings):
        console.print(Padding(Text(message), (0, 0, 0, 2)))
    console.print(Padding(Text.assemble(("fix ", "bold green"), words(first.fix)), (0, 0, 0, 2)))


def _where(finding: Finding) -> str:
    path = getattr(finding.location, "path", "")
    return f"{line(path)}: " if path else ""


def _more(review: Review) -> Iterator[str]:
    for graded in review.pages:
        for judged, points in zip(graded.card.tests, graded.card.points, strict=True):
            if judged.test not in MORE or points < 0 or judged.result == "cookies-not-found":
                continue
            prefix = judged.result.split("-")[0]
            best = max(
                meaning.in_version(graded.card.algorithm)
                for result, meaning in MEANINGS.items()
                if result.split("-")[0] == prefix
            )
            if points < best and "no-scripts" not in judged.result and "not-html" not in judged.result:
                yield f"up to {best - points:+d}  {judged.test}: {MORE[judged.test]}"
