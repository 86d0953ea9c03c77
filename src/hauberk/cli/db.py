"""`hauberk db update|import|info`."""

from __future__ import annotations

from pathlib import Path

import click

from hauberk.cli.progress import shown

INDEX = click.option("--index", type=click.Path(path_type=Path), envvar="HAUBERK_INDEX", help="Where it lies.")
QUIET = click.option("--quiet", "-q", is_flag=True, help="No progress on stderr.")


@click.group("db")
def command() -> None:
    """The advisory index: one SQLite file that `hauberk audit` matches against."""


@command.command("import")
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE|DIR...")
@click.option("--kev", type=click.Path(path_type=Path), help="CISA's catalogue of exploited ones, CSV or JSON.")
@click.option("--epss", type=click.Path(path_type=Path), help="FIRST's EPSS scores, CSV, also .gz.")
@INDEX
@QUIET
def import_(sources: tuple[Path, ...], kev: Path | None, epss: Path | None, index: Path | None, quiet: bool) -> None:
    """Build the index from OSV records: JSON, JSON lines (also .gz), all.zip, or folders of them."""
    from hauberk.audit.build import build
    from hauberk.audit.index import default_path

    where = index or default_path()
    with shown(quiet=quiet, color=True) as progress:
        built = build(where, sources, kev=kev, epss=epss, progress=progress)
    _tell(built.path, built.notes)


@command.command("update")
@INDEX
@QUIET
@click.option(
    "--mirror",
    metavar="URL",
    envvar="HAUBERK_MIRROR",
    help="Fetch PyPI/all.zip, npm/all.zip and the rest below it.",
)
def update(index: Path | None, quiet: bool, mirror: str | None) -> None:
    """Download the archives that OSV publishes for PyPI and npm, and build the index from them."""
    from hauberk.audit import update as updating
    from hauberk.audit.index import default_path

    where = index or default_path()
    with shown(quiet=quiet, color=True) as progress:
        if mirror:
            archives, catalogue, scores = updating.mirror(mirror)
            built = updating.update(where, progress=progress, archives=archives, catalogue=catalogue, scores=scores)
        else:
            built = updating.update(where, progress=progress)
    _tell(built.path, built.notes)


@command.command("info")
@INDEX
def info(index: Path | None) -> None:
    """What the index holds, and how old it is."""
    from hauberk.audit.index import default_path

    _tell(index or default_path())


def _tell(where: Path, notes: tuple[str, ...] = ()) -> None:
    from hauberk.audit.index import Index

    with Index.open(where) as opened:
        meta = opened.meta
    click.echo(f"index      {where}")
    click.echo(f"built      {meta.built}")
    for ecosystem, count in meta.live.items():
        click.echo(f"{ecosystem:<10} {count} advisories, newest of {meta.newest.get(ecosystem, 'no known day')}")
    click.echo(f"exploited  {meta.exploited} of them, by a catalogue of {meta.catalogue}")
    click.echo(f"likely     {meta.likely} EPSS scores")
    for source in meta.sources:
        bad = f", {source.malformed} not readable" if source.malformed else ""
        click.echo(f"source     {source.name}: {source.records} records{bad}")
    for note in notes:
        click.echo(f"note: {note}", err=True)
