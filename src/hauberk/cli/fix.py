"""`hauberk fix [PATH...]`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hauberk._version import __version__
from hauberk.audit.text import enumerate_some
from hauberk.cli.audit import INDEX, LOCK_FILES
from hauberk.cli.options import check_place, check_there, write
from hauberk.cli.progress import shown
from hauberk.core.errors import ConfigurationError

if TYPE_CHECKING:
    from hauberk.audit.fix.outcome import Fixes

_FORMATS = ("text", "json")


@click.command("fix")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH...]")
@INDEX
@click.option("--dry-run", is_flag=True, help="Show the difference, and change nothing.")
@click.option(
    "--python", default="", metavar="X.Y", help="The Python that requirements are for. [default: as the project says]"
)
@click.option("--allow-builds", is_flag=True, help="Let the resolver run builds of packages that have no wheel.")
@click.option("--offline", is_flag=True, help="Do not fetch a missing index. (Resolvers use the network all the same.)")
@click.option(
    "--format", "formats", multiple=True, metavar="NAME[=FILE]", help="text or json; repeatable. [default: text]"
)
@click.option("--quiet", "-q", is_flag=True, help="No progress on stderr.")
@click.option("--no-color", is_flag=True, envvar="NO_COLOR", help="No colours.")
def command(
    paths: tuple[Path, ...],
    index: Path | None,
    dry_run: bool,
    python: str,
    allow_builds: bool,
    offline: bool,
    formats: tuple[str, ...],
    quiet: bool,
    no_color: bool,
) -> int:
    """Make the smallest upgrades that clear the advisories, in lock files and manifests. [default: .]

    Exit status: 0 nothing vulnerable is left, 1 something is, 2 a file could not be worked on, 3 nothing was there.
    """
    from hauberk.audit.fix import FixOptions, fix
    from hauberk.audit.index import Index, default_path
    from hauberk.audit.update import update

    _check(formats)
    check_there(paths, LOCK_FILES)
    options = FixOptions(python=python, allow_builds=allow_builds)
    where = index or default_path()
    with shown(quiet=quiet, color=not no_color) as progress:
        if not where.exists() and not offline and index is None:
            update(where, progress=progress)
        with Index.open(where) as opened:
            fixes = fix(
                paths or (Path(),), index=opened, root=Path.cwd(), options=options, dry_run=dry_run, progress=progress
            )
    for text in formats or ("text",):
        name, _, file = text.partition("=")
        document = as_json(fixes) if name == "json" else as_text(fixes)
        if file:
            write(Path(file), document)
        else:
            click.echo(document, nl=False)
    return fixes.status


def _check(formats: tuple[str, ...]) -> None:
    names = [text.partition("=")[0] for text in formats]
    for name in names:
        if name not in _FORMATS:
            raise ConfigurationError("--format", name, "is not a format of fix", "there are text and json")
    for _, _, file in (text.partition("=") for text in formats):
        if file:
            check_place(Path(file))
    if sum("=" not in text for text in formats) > 1:
        raise ConfigurationError("--format", " ".join(formats), "sends two formats to stdout", "write NAME=FILE")


def as_json(fixes: Fixes) -> str:
    """What was changed, what has no fix, what was left, and the files that could not be worked on."""
    document: dict[str, Any] = {"hauberk": __version__, **fixes.as_json()}
    if fixes.dry_run:
        document["diff"] = "\n".join(fixes.diff)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_text(fixes: Fixes) -> str:
    """The same for people; with --dry-run the difference comes first, so that `patch` can read it."""
    lines = list(fixes.diff) + [""] * bool(fixes.diff) if fixes.dry_run else []
    verb = "would change" if fixes.dry_run else "changed"
    for change in fixes.changed:
        one = change.as_json()
        why = f" clears {enumerate_some(one['advisories'])}" if one["advisories"] else " moves along with the others"
        lines.append(f"{verb} {one['package']} {one['from'] or 'new'} -> {one['to'] or 'gone'} in {one['file']}:{why}")
    for title, group in (("no fix", fixes.no_fix), ("left", fixes.left)):
        for left in group:
            one = left.as_json()
            safe = f" (safe: {one['safe_version']})" if one["safe_version"] else ""
            lines.append(f"{title}: {one['package']} {one['version']} in {one['file']}{safe}: {one['reason']}")
    lines += [f"failed: {one['file']}: {one['problem']}" for one in (f.as_json() for f in fixes.failed)]
    lines += [f"note: {note}" for note in fixes.notes]
    lines.append(
        f"{fixes.files} files, {len(fixes.changed)} packages {verb}, "
        f"{len(fixes.no_fix)} without a fix, {len(fixes.left)} left"
        + f", {len(fixes.failed)} files failed"
        * bool(fixes.failed)
    )
    return "\n".join(lines) + "\n"
