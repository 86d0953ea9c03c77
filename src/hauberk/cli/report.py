"""`hauberk report RESULTS.json`."""

from __future__ import annotations

from pathlib import Path

import click

from hauberk.cli.options import Common, common, finish
from hauberk.cli.rules import all_rules


@click.command("report")
@click.argument("results", type=click.Path(path_type=Path), metavar="RESULTS.json")
@common
def command(results: Path, common: Common) -> int:
    """Render saved results again, in another format, with another threshold or against a baseline."""
    from hauberk.report.json import load

    return finish(load(results, all_rules().values()), common)
