"""`hauberk scan module:app`."""

from __future__ import annotations

import click

from hauberk.cli.options import Common, common, finish
from hauberk.cli.progress import shown
from hauberk.core.finding import Result
from hauberk.core.progress import Progress
from hauberk.integrations.target import Target, load


def run(target: Target, progress: Progress, *, max_requests: int, max_seconds: float) -> Result:
    """Test an application in process."""
    from hauberk.integrations.surface import surface
    from hauberk.scan import Budget, scan, transport_for

    budget = Budget(max_requests=max_requests, max_seconds=max_seconds)
    transport = transport_for(target.call, target.protocol)
    return scan(surface(target), transport, target=target.name, progress=progress, budget=budget)


BUDGET = (
    click.option("--max-requests", type=click.IntRange(1), default=20_000, show_default=True, help="Stop after so many."),
    click.option("--max-seconds", type=click.FloatRange(1), default=300.0, show_default=True, help="Stop after so long."),
)


@click.command("scan")
@click.argument("target", metavar="MODULE:APP")
@BUDGET[0]
@BUDGET[1]
@common
def command(target: str, max_requests: int, max_seconds: float, common: Common) -> int:
    """Test an application dynamically: in process, without a socket, confirmed where the data reaches its sink."""
    loaded = load(target)
    with shown(quiet=common.quiet, color=common.color) as progress:
        result = run(loaded, progress, max_requests=max_requests, max_seconds=max_seconds)
    return finish(result, common, framework=loaded.framework, root=loaded.root, fallback_file=loaded.file)
