"""`hauberk audit [PATH...]`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hauberk._version import __version__
from hauberk.audit.text import clean
from hauberk.cli.options import Common, accepted, check_there, common_with, finish, without_accepted
from hauberk.cli.progress import shown
from hauberk.core.finding import Result
from hauberk.core.progress import Progress


def run(
    paths: Sequence[Path],
    progress: Progress,
    *,
    index: Path | None,
    offline: bool,
    root: Path,
) -> Result:
    """Match lock files against the index, which is fetched first where there is none and the network may be used."""
    from hauberk.audit import audit
    from hauberk.audit.index import Index

    with Index.open(ready(progress, index=index, offline=offline)) as opened:
        return audit(paths, index=opened, root=root, progress=progress)


def ready(progress: Progress, *, index: Path | None, offline: bool) -> Path:
    """Where the index is; fetched if there is none, the user did not name one, and the network may be used."""
    from hauberk.audit.index import default_path

    where = index or default_path()
    if not where.exists() and not offline and index is None:
        from hauberk.audit.update import update

        update(where, progress=progress)
    return where


def environment() -> list[Path]:
    """The active virtual environment, else the one in this folder, else what the running Python has installed."""
    for named in (os.environ.get("VIRTUAL_ENV"), ".venv", "venv"):
        if named and (Path(named) / "pyvenv.cfg").is_file():
            return [Path(named)]
    return sorted({Path(entry) for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))})


if TYPE_CHECKING:
    from hauberk.audit.reading import Read

LOCK_FILES = "name a lock file, a manifest or a folder"
INDEX = click.option(
    "--index", type=click.Path(path_type=Path), envvar="HAUBERK_INDEX", help="An index other than the user's own."
)


@click.command("audit")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH...]")
@INDEX
@click.option("--installed", is_flag=True, help="Judge what is installed: the virtual environment's packages.")
@click.option("--max-age", type=click.IntRange(min=0), metavar="DAYS", help="Fail on advisories older than this.")
@click.option("--fleet", type=click.Path(path_type=Path), metavar="LIST", help="Audit the repositories a file lists.")
@click.option("--jobs", type=click.IntRange(min=0), default=0, help="Processes of a fleet run. [default: one a core]")
@click.option("--journal", type=click.Path(path_type=Path), help="Where a fleet run notes what is done, and goes on.")
@click.option("--engine", default="processes", help="processes, dask or dask:ADDRESS. [default: processes]")
@click.option("--offline", is_flag=True, help="Never use the network.")
@click.option("--outdated", is_flag=True, help="Ask the package indexes: outdated, yanked, deprecated, abandoned.")
@click.option("--licence", "licences", multiple=True, metavar="SPDX", help="Allow this licence, and no unnamed one.")
@click.option(
    "--vex", type=click.Path(path_type=Path), multiple=True, help="OpenVEX or CycloneDX: leave out the settled."
)
@click.option("--since", type=click.Path(path_type=Path), help="JSON results of an earlier run: say what changed.")
@common_with("cyclonedx", "openvex")
def command(
    paths: tuple[Path, ...],
    index: Path | None,
    installed: bool,
    max_age: int | None,
    fleet: Path | None,
    jobs: int,
    journal: Path | None,
    engine: str,
    offline: bool,
    outdated: bool,
    licences: tuple[str, ...],
    vex: tuple[Path, ...],
    since: Path | None,
    common: Common,
) -> int:
    """Find known vulnerabilities in lock files and manifests: files, or folders to look through. [default: .]

    A virtual environment, site-packages or node_modules that is named is judged by what is installed there.
    """
    check_there(paths, LOCK_FILES)
    check_there((fleet,), "name a file that lists repositories, one a line")
    check_there(vex, "name an OpenVEX or CycloneDX file")
    check_there((since,), "name a file written with --format json=FILE")
    if fleet and (paths or installed):
        raise click.UsageError("--fleet reads its repositories from LIST: name no PATH beside it")
    if fleet and outdated:
        raise click.UsageError("--outdated asks for one project: a fleet would ask the indexes thousands of times")
    own = {one.partition("=")[0] for one in common.formats} & {"cyclonedx", "openvex"}
    if fleet and own:
        raise click.UsageError(f"{own.pop()} is of one project, not of a fleet")
    allowed = frozenset(part.strip().lower() for one in licences for part in one.split(","))
    read: Sequence[Read] = ()
    with shown(quiet=common.quiet, color=common.color) as progress:
        where = ready(progress, index=index, offline=offline)
        if fleet:
            from hauberk.audit.fleet import fleet as run_fleet
            from hauberk.audit.fleet import read_list

            targets = read_list(fleet)
            result = run_fleet(
                targets, index=where, jobs=jobs, journal=journal, engine=engine, max_age=max_age, progress=progress
            )
        else:
            from hauberk.audit.auditing import audited
            from hauberk.audit.index import Index

            chosen = [*paths, *(environment() if installed else ())] or [Path()]
            with Index.open(where) as opened:
                result, read = audited(
                    chosen,
                    index=opened,
                    root=Path.cwd(),
                    progress=progress,
                    max_age=max_age,
                    licences=allowed,
                    registries=None if not outdated else "offline" if offline else "ask",
                )
    result = _without_settled(result, vex) if vex else result
    formats = _formats(read, result, common) if own else {}
    status = finish(result, common, own=formats)
    if since:
        _tell_changes(since, without_accepted(result, common))
    return status


def _formats(read: Sequence[Read], result: Result, common: Common) -> Mapping[str, Callable[[], str]]:
    """The documents that only an audit can make; what the project lives with is in them, with its reason."""
    from hauberk.audit.sbom import cyclonedx
    from hauberk.audit.vex import openvex

    now, reasons = datetime.now(UTC), accepted(result, common.ignore)
    return {
        "cyclonedx": lambda: cyclonedx(read, result.findings, version=__version__, generated=now, accepted=reasons),
        "openvex": lambda: openvex(result.findings, author="hauberk", generated=now, accepted=reasons),
    }


def _without_settled(result: Result, files: Sequence[Path]) -> Result:
    """Without what a VEX document says does not matter; each is named with its reason."""
    from hauberk.audit.vex import read_vex, settled

    statements = [one for path in files for one in read_vex(path)]
    reasons = {finding.fingerprint: settled(finding, statements) for finding in result.findings}
    notes = [
        f"left out by VEX: {finding.key} at {finding.location}: {reason}"
        for finding in result.findings
        if (reason := reasons[finding.fingerprint])
    ]
    kept = tuple(finding for finding in result.findings if not reasons[finding.fingerprint])
    return replace(result, findings=kept, gaps=(*result.gaps, *(clean(note, 400) for note in notes)))


def _tell_changes(before: Path, result: Result) -> None:
    """What is new since an earlier run, and what is gone, on stderr: stdout is the report's."""
    from hauberk.report.json import load

    old = {one.fingerprint: one for one in load(before).failures}
    new = {one.fingerprint: one for one in result.failures}
    for sign, group, other in (("+", new, old), ("-", old, new)):
        for own in group.keys() - other.keys():
            click.echo(f"{sign} {clean(group[own].title)} ({clean(group[own].location, 400)})", err=True)
    click.echo(
        f"since {clean(before)}: {len(new.keys() - old.keys())} new, {len(old.keys() - new.keys())} gone, "
        f"{len(new.keys() & old.keys())} still there",
        err=True,
    )
