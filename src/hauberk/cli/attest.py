"""`hauberk attest`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from hauberk.core.errors import InputError

YEAR = timedelta(days=365)


@click.command("attest")
@click.argument("requirement", required=False, metavar="[ID]")
@click.option("--answer", help="fulfilled, not-fulfilled or not-applicable.")
@click.option("--by", help="Who says so.")
@click.option("--why", help="Why it is so, in a sentence.")
@click.option("--until", metavar="DAY", help="The last day on which it counts. [default: in a year]")
@click.option("--evidence", default="", help="Where it can be looked up.")
@click.option("--level", type=click.IntRange(1, 3), default=2, show_default=True, help="List up to this level.")
@click.option("--file", "path", type=click.Path(path_type=Path), help="[default: hauberk.attest.toml]")
@click.option("--no-color", is_flag=True, envvar="NO_COLOR", help="No colours.")
def command(
    requirement: str | None,
    answer: str | None,
    by: str | None,
    why: str | None,
    until: str | None,
    evidence: str,
    level: int,
    path: Path | None,
    no_color: bool,
) -> None:
    """Answer a requirement that only a person can, or list those that wait: hauberk attest 6.1.1 --answer fulfilled.

    Answers are kept in a file of the repository, so that they are reviewed as code is; `check` and `prove` read it.
    """
    from hauberk.report import attest

    path = path or Path(attest.FILE)
    if requirement is None:
        _waiting(path, level, Console(no_color=no_color, highlight=False))
        return
    missing = [name for name, value in (("--answer", answer), ("--by", by), ("--why", why)) if not value]
    if missing:
        raise click.UsageError(f"An answer needs {', '.join(missing)}.")
    today = datetime.now(UTC).date()
    one = attest.Attestation(
        id=attest.requirement_id(requirement),
        answer=answer,  # type: ignore[arg-type] # it is checked there, with a better message
        by=str(by),
        why=str(why),
        on=today,
        until=_day(until) if until else today + YEAR,
        evidence=evidence,
    )
    attest.write(path, (*attest.read(path), one))
    click.echo(f"{one.id}: {one.answer}, until {one.until}. Kept in {path}.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError("--until", f"{text!r} is no day", "write it as 2027-01-31") from None


def _waiting(path: Path, level: int, console: Console) -> None:
    """What only a person can say, and what was said."""
    from hauberk.report import attest
    from hauberk.standards import asvs, automation

    today = datetime.now(UTC).date()
    said = {one.id: one for one in attest.read(path)}
    table = Table("id", "level", "answer", "until", "by", "title", box=None, pad_edge=False, header_style="bold")
    for one in asvs().values():
        mine = said.get(one.id)
        if one.level > level or (mine is None and automation()[one.id].automatic):
            continue
        over = mine is not None and mine.until < today
        answer = "" if mine is None else f"{mine.answer} (over)" if over else mine.answer
        table.add_row(
            one.number, str(one.level), answer, str(mine.until) if mine else "", mine.by if mine else "", one.title
        )
    console.print(table)
