"""`hauberk audit [PATH...]`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from hauberk.cli.options import Common, common, finish
from hauberk.cli.progress import shown
from hauberk.core.errors import InputError
from hauberk.core.finding import Result
from hauberk.core.progress import Progress


def run(paths: Sequence[Path], progress: Progress, *, index: Path | None, offline: bool, root: Path) -> Result:
    """Match lock files against the index, which is fetched first where there is none and the network may be used."""
    from hauberk.audit import audit
    from hauberk.audit.index import Index, default_path
    from hauberk.audit.update import update

    where = index or default_path()
    if not where.exists() and not offline and index is None:
        update(where, progress=progress)
    with Index.open(where) as opened:
        return audit(paths, index=opened, root=root, progress=progress)


INDEX = click.option(
    "--index", type=click.Path(path_type=Path), envvar="HAUBERK_INDEX", help="An index other than the user's own."
)


@click.command("audit")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH...]")
@INDEX
@click.option("--offline", is_flag=True, help="Never use the network.")
@common
def command(paths: tuple[Path, ...], index: Path | None, offline: bool, common: Common) -> int:
    """Find known vulnerabilities in lock files and manifests: files, or folders to look through. [default: .]"""
    for path in paths:
        if not path.exists():
            raise InputError(str(path), "does not exist", "name a lock file, a manifest or a folder")
    with shown(quiet=common.quiet, color=common.color) as progress:
        result = run(paths or (Path(),), progress, index=index, offline=offline, root=Path.cwd())
    return finish(result, common)
