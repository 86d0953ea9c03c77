"""`hauberk report RESULTS.json`."""

from __future__ import annotations

from pathlib import Path

import click

from hauberk.cli.options import Common, common, finish
from hauberk.cli.rules import all_rules


@click.command("report")
@click.argument("results", type=click.Path(path_type=Path), metavar="RESULTS.json", required=False)
@click.option(
    "--ingest",
    "others",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE.sarif",
    help="What another tool found, as SARIF 2.1.0: ruff, bandit, semgrep, ZAP ...; repeatable.",
)
@common
def command(results: Path | None, others: tuple[Path, ...], common: Common) -> int:
    """Render saved results again, in another format, with another threshold or against a baseline.

    With --ingest, what other tools found stands in the same report; RESULTS.json may then be left out.
    """
    from hauberk.core.finding import Result
    from hauberk.report.ingest import ingest
    from hauberk.report.json import load

    if results is None and not others:
        raise click.UsageError("Name RESULTS.json, or give --ingest FILE.sarif.")
    parts = [] if results is None else [load(results, all_rules().values())]
    parts += [ingest(path) for path in others]
    if len(parts) == 1:
        return finish(parts[0], common)
    return finish(Result.merge(parts[0].command, parts[0].target, parts), common)
