"""`hauberk secret`."""

from __future__ import annotations

from secrets import token_urlsafe

import click


@click.command("secret")
@click.option("--octets", type=click.IntRange(32, 1024), default=32, show_default=True, help="How much randomness.")
def command(octets: int) -> None:
    """Print a new random secret, for HAUBERK_SECRET."""
    click.echo(token_urlsafe(octets))
