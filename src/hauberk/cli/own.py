"""`hauberk own HOST`."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hauberk.crypto.signing import Signer


def signer() -> Signer:
    """Signs and verifies statements with HAUBERK_SECRET. Raises ConfigurationError if it is not set."""
    from hauberk.crypto.secrets import Secrets
    from hauberk.crypto.signing import Signer
    from hauberk.scan.ownership import PURPOSE

    return Signer(Secrets.from_environ(os.environ).keys(PURPOSE))


@click.command("own")
@click.argument("host")
@click.option("--days", type=int, default=14, show_default=True, help="How long it holds, at most 90.")
def command(host: str, days: int) -> int:
    """A signed statement that HOST may be scanned; serve it there or in DNS, and `hauberk scan` takes it as proof."""
    from hauberk.scan.dns_statement import PREFIX
    from hauberk.scan.ownership import PATH, state

    line = state(host, days, signer(), datetime.now(UTC))
    click.echo(f"Serve this line as https://{host}{PATH}, or as TXT record of {PREFIX}{host} :", err=True)
    click.echo(line)
    return 0
