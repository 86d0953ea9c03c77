"""`hauberk passwords`."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path

import click

from hauberk.auth.passwords.blocklist import Blocklist, build, digests, looks_hashed


@click.group("passwords")
def command() -> None:
    """The list of breached passwords that new passwords are compared with."""


@command.command("build")
@click.argument("source", metavar="LIST", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("target", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--lines",
    type=click.Choice(["auto", "passwords", "sha1"]),
    default="auto",
    show_default=True,
    help="What a line is: a password, or a SHA-1 with or without :COUNT behind it.",
)
@click.option(
    "--at-least", type=click.IntRange(1), default=1, show_default=True, help="Leave out what has a lower COUNT."
)
def build_command(source: Path, target: Path, lines: str, at_least: int) -> None:
    """Make FILE from LIST, one password or SHA-1 a line, for PasswordPolicy(blocklist=Blocklist.open(FILE))."""
    with source.open("rb") as file:
        hashed = lines == "sha1" or (lines == "auto" and looks_hashed(islice(file, 1000)))
        file.seek(0)
        count = build(digests(file, hashed=hashed, least=at_least), target)
    click.echo(
        f"{target}: {count} passwords, {target.stat().st_size} octets, read as {'SHA-1' if hashed else 'text'}",
        err=True,
    )


@command.command("check")
@click.argument("blocklist", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check_command(blocklist: Path) -> None:
    """Say for each password on standard input whether FILE has it; exit with 1 if it has any."""
    known = Blocklist.open(blocklist)
    found = False
    for number, line in enumerate(sys.stdin, 1):
        if known(line.rstrip("\r\n")):
            found = True
            click.echo(f"line {number}: in the list")
    if found:
        raise click.exceptions.Exit(1)
