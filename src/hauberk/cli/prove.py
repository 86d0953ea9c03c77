"""`hauberk prove module:app`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from hauberk.cli import audit, check, headers, scan
from hauberk.cli.options import Common, check_there, common, finish, vouched
from hauberk.cli.progress import shown
from hauberk.core.errors import HauberkError, InputError, NothingToTestError
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
    parts = [check.run(target, check.covered_apart(target))]
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
    merged = Result.merge("prove", target.name, parts)
    return replace(merged, stats={**merged.stats, "answer": _answer(target, progress)})


def _answer(target: Target, progress: Progress) -> dict[str, Any]:
    """One answer of the application with a sentence for each field. Cookies come without their values."""
    try:
        (graded, *_) = headers.run(target, (), progress).pages
    except HauberkError:  # it is only a picture: what could not be judged is in the findings already
        return {}
    page = graded.visit.page
    if page is None:
        return {}
    return {
        "path": graded.path,
        "status": page.status,
        "fields": [
            {
                "name": field.name,
                "value": _shown(field.name, field.value),
                "said": field.sentence,
                "problem": field.problem,
            }
            for field in graded.fields
        ],
    }


def _shown(name: str, value: str) -> str:
    if name.lower() != "set-cookie":
        return value
    pair, semicolon, attributes = value.partition(";")
    return f"{pair.partition('=')[0]}=...{semicolon}{attributes}"


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
    check_there(paths, audit.LOCK_FILES)
    loaded = scan.load_watched(target)
    with shown(quiet=common.quiet, color=common.color, hush=True) as progress:
        result = prove(loaded, progress, paths=paths, index=index, offline=offline, options=options)
    result = vouched(result, loaded.root)
    return finish(result, common, framework=loaded.framework, root=loaded.root, fallback_file=loaded.file)
