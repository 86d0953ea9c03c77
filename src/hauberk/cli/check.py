"""`hauberk check module:app`."""

from __future__ import annotations

from pathlib import Path

import click

from hauberk.cli.options import Common, common, finish, vouched
from hauberk.core.finding import Result
from hauberk.integrations.target import Target, load


def run(target: Target) -> Result:
    """Judge the effective configuration of an application."""
    from hauberk.check import check
    from hauberk.integrations.facts import facts

    return check(facts(target))


@click.command("check")
@click.argument("target", metavar="MODULE:APP|DIR")
@common
def command(target: str, common: Common) -> int:
    """Judge an application's effective configuration, what is really in force after import, and its code. No traffic.

    Of a folder, the code alone is judged: nothing is imported.
    """
    folder = Path(target)
    if ":" not in target and folder.is_dir():
        from hauberk.check import check
        from hauberk.integrations.facts.folder import folder_facts

        return finish(check(folder_facts(folder)), common, framework="source", root=folder.resolve(), fallback_file="")
    loaded = load(target)
    return finish(
        vouched(run(loaded), loaded.root),
        common,
        framework=loaded.framework,
        root=loaded.root,
        fallback_file=loaded.file,
    )
