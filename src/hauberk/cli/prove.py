"""`hauberk prove module:app`."""

from __future__ import annotations

from pathlib import Path

import click

from hauberk.cli import audit, check, scan
from hauberk.cli.options import Common, common, finish
from hauberk.cli.progress import shown
from hauberk.core.errors import InputError, NothingToTestError
from hauberk.core.finding import Result
from hauberk.core.progress import Progress
from hauberk.integrations.target import Target

NO_OPTIONS = scan.Options()


def prove(
    target: Target,
    progress: Progress,
    *,
    paths: tuple[Path, ...] = (),
    index: Path | None = None,
    offline: bool = False,
    options: scan.Options = NO_OPTIONS,
) -> Result:
    """Configuration, dependencies and a dynamic scan as one Result; a part that could not run leaves a gap."""
    parts = [check.run(target)]
    try:
        parts.append(audit.run(paths or (target.root,), progress, index=index, offline=offline, root=target.root))
    except NothingToTestError as error:
        parts.append(Result(command="audit", target=str(target.root), gaps=(str(error),)))
    except InputError as error:
        parts.append(Result(command="audit", target=str(target.root), complete=False, gaps=(str(error),)))
    try:
        parts.append(scan.run(target, progress, options))
    except NothingToTestError as error:
        parts.append(Result(command="scan", target=target.name, complete=False, gaps=(str(error),)))
    return Result.merge("prove", target.name, parts)


@click.command("prove")
@click.argument("target", metavar="MODULE:APP")
@click.option("--path", "paths", multiple=True, type=click.Path(path_type=Path), help="Lock files or folders.")
@audit.INDEX
@click.option("--offline", is_flag=True, help="Never use the network.")
@scan.scan_options
@common
def command(
    target: str,
    paths: tuple[Path, ...],
    index: Path | None,
    offline: bool,
    options: scan.Options,
    common: Common,
) -> int:
    """Prove how secure an application is: its configuration, its dependencies, and a dynamic scan in process."""
    loaded = scan.load_watched(target)
    with shown(quiet=common.quiet, color=common.color, hush=True) as progress:
        result = prove(loaded, progress, paths=paths, index=index, offline=offline, options=options)
    return finish(result, common, framework=loaded.framework, root=loaded.root, fallback_file=loaded.file)
