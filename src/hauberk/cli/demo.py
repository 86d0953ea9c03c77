"""`hauberk demo`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from hauberk.cli.options import check_place
from hauberk.cli.progress import shown
from hauberk.core.errors import MissingExtraError
from hauberk.core.finding import Result
from hauberk.core.progress import Progress
from hauberk.integrations.target import Target

NEEDED = ("fastapi", "itsdangerous", "jinja2", "python_multipart", "uvicorn")
"""What the shop is made of, beside what hauberk itself needs."""


def prove_shop(target: Target, progress: Progress, index: Path) -> Result:
    """As `hauberk prove` does it, with the shop's own lock files and its manager's login."""
    from hauberk.cli.prove import prove
    from hauberk.cli.scan import Options
    from hauberk.demo.run import LOGIN, SHOP

    return prove(target, progress, paths=(SHOP,), index=index, offline=True, options=Options(login=(LOGIN,)))


def _dashboard() -> tuple[Any, str] | None:
    """The live view of what the protected twin stops, and its password; None where its extra is not installed."""
    from secrets import token_urlsafe

    from hauberk import Events, Policy
    from hauberk.stores.memory import MemoryStore

    try:
        from hauberk.dashboard import Dashboard

        store, password = MemoryStore(), token_urlsafe(12)
        dashboard = Dashboard(store=store, password=password).app
    except (MissingExtraError, ModuleNotFoundError):
        return None
    Policy(events=Events(store=store)).plan()  # what this process decides goes there from now on
    return dashboard, password


@click.command("demo")
@click.option("--serve", is_flag=True, help="Keep both shops and the live dashboard running on 127.0.0.1.")
@click.option("--report", type=click.Path(path_type=Path), default=Path("demo-report.html"), show_default=True)
@click.option("--quiet", "-q", is_flag=True, help="No progress on stderr.")
@click.option("--no-color", is_flag=True, envvar="NO_COLOR", help="No colours.")
def command(serve: bool, report: Path, quiet: bool, no_color: bool) -> int:
    """Prove a small vulnerable shop and the same shop under protect(), side by side.

    Ends with 0 only if every attack on the protected one is stopped and exactly those faults remain that protect()
    cannot cure.
    """
    from rich.console import Console

    for package in NEEDED:
        if find_spec(package) is None:
            raise MissingExtraError(package, "demo", "the demo")
    from hauberk.demo.run import demonstrate
    from hauberk.demo.run import serve as serve_shops

    console = Console(no_color=no_color, highlight=False)
    if not console.is_terminal:
        console = Console(no_color=True, highlight=False, width=110)
    if serve:
        serve_shops(console, dashboard=_dashboard())
        return 0
    check_place(report)
    with shown(quiet=quiet, color=not no_color, hush=True) as progress:
        proof = demonstrate(console, prove_shop, report=report, progress=progress)
    for problem in proof.problems:
        click.echo(f"hauberk: {problem}", err=True)
    click.echo(f"wrote {report}")
    return 1 if proof.problems else 0
