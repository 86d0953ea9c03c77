"""`hauberk demo`: the open shop and its protected twin, attacked on loopback, proved, and set side by side."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from hauberk._version import __version__
from hauberk.audit.build import build
from hauberk.core.finding import Result
from hauberk.core.progress import Progress, silent
from hauberk.demo.attacks import ATTACKS, outcome
from hauberk.demo.cures import CANNOT_CURE
from hauberk.demo.loopback import served
from hauberk.integrations.target import Target, load
from hauberk.report import Meta
from hauberk.report.compare import compare, render_html, render_text, unexplained

SHOP = Path(__file__).parent / "shop"
OPEN, PROTECTED = "hauberk.demo.open:app", "hauberk.demo.protected:app"
LOGIN = "POST /login name=grace&password=hopper"
"""The shop's manager, who reaches every page."""
Prove = Callable[[Target, Progress, Path], Result]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Both results, and what is wrong with the second."""

    before: Result
    after: Result
    problems: tuple[str, ...]


def demonstrate(console: Console, prove: Prove, *, report: Path, progress: Progress = silent) -> Proof:
    """Run the demo, print it, write the report. `prove` is the command line's own."""
    started = time.monotonic()
    twins = [load(OPEN), load(PROTECTED)]
    attacks_that_worked = _attack(console, twins)
    with tempfile.TemporaryDirectory(prefix="hauberk-demo-") as folder:
        index = Path(folder) / "advisories.sqlite3"
        build(index, [SHOP / "advisories.jsonl"], progress=progress)
        before, after = (prove(twin, progress, index) for twin in twins)
    meta = Meta(
        version=__version__,
        generated=datetime.now(UTC),
        framework="fastapi",
        duration=time.monotonic() - started,
        root=Path.cwd(),
        command_line="hauberk demo",
        title="Threadbare, open and protected",
    )
    render_text(console, before, after, meta=meta, cannot_cure=CANNOT_CURE)
    report.write_text(render_html(before, after, meta=meta, cannot_cure=CANNOT_CURE), encoding="utf-8")
    return Proof(before=before, after=after, problems=tuple(_problems(before, after, attacks_that_worked)))


def _attack(console: Console, twins: list[Target]) -> list[str]:
    """Attack both shops over HTTP on loopback, and show the answers. Gives back what worked on the protected one."""
    worked = []
    table = Table("attack, over HTTP on loopback", "open shop", "protected twin", box=None, header_style="dim")
    with served(twins[0].app) as open_shop, served(twins[1].app) as protected:
        for attack in ATTACKS:
            there, what_there = outcome(open_shop, attack)
            here, what_here = outcome(protected, attack)
            if here:
                worked.append(attack.name)
            table.add_row(attack.name, _colored(there, what_there), _colored(here, what_here))
    console.print()
    console.print(table)
    return worked


def _colored(worked: bool, text: str) -> str:
    return f"[red]{text}[/red]" if worked else f"[green]{text}[/green]"


def _problems(before: Result, after: Result, attacks_that_worked: list[str]) -> list[str]:
    """What must not be: the demo's exit status rests on it."""
    problems = [f"{name} worked on the protected shop" for name in attacks_that_worked]
    problems += [
        f"the {name} shop was not proved to the end: {'; '.join(r.gaps)}" for name, r in _unfinished(before, after)
    ]
    for row in unexplained(compare(before, after, CANNOT_CURE)):
        problems.append(f"{row.finding.rule.id} at {row.finding.location} is left, and protect() should have cured it")
    remaining = {finding.rule.id for finding in after.failures}
    for rule in sorted(set(CANNOT_CURE) - remaining):
        problems.append(f"{rule} was said to remain, and does not")
    return problems


def _unfinished(before: Result, after: Result) -> list[tuple[str, Result]]:
    return [(name, result) for name, result in (("open", before), ("protected", after)) if not result.complete]


def serve(
    console: Console, ports: tuple[int, ...] = (8080, 8081, 8747), dashboard: tuple[Any, str] | None = None
) -> None:
    """Keep both shops running on loopback until interrupted, and with them the dashboard: its app and its password."""
    with ExitStack() as running:
        for name, app, port in zip(("open shop", "protected twin"), (OPEN, PROTECTED), ports, strict=False):
            console.print(f"{name:<15} {running.enter_context(served(load(app).app, port=port))}")
        if dashboard is not None:
            app, password = dashboard
            console.print(
                f"{'dashboard':<15} {running.enter_context(served(app, port=ports[-1]))}  password {password}"
            )
        console.print("log in as ada / lovelace or grace / hopper; stop with Ctrl-C", style="dim")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            console.print("stopped")
