"""`hauberk actors`."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import click

from hauberk.cli.stores import store_of
from hauberk.core.errors import InputError
from hauberk.core.store import Store

STORE = click.option("--store", "url", required=True, help="Where Actors agree: the URL of Actors(store=...).")
LOG = click.option("--log", default="actors", show_default=True, help="The log's name there.")


@click.group("actors")
def command() -> None:
    """Who is held back for attacking: list them, let one go, or hold one from here. Every worker follows."""


@command.command("list")
@STORE
@LOG
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def listed(url: str, log: str, as_json: bool) -> int:
    """Who is held now, until when, and for which signal."""
    from hauberk.guard.actors.table import read_held

    held = sorted(read_held(_open(url), log).items(), key=lambda pair: pair[1].until)
    for actor, one in held:
        until = datetime.fromtimestamp(one.until, UTC).isoformat(timespec="seconds")
        if as_json:
            click.echo(json.dumps({"actor": actor, "until": until, "why": one.why}))
        else:
            click.echo(f"{actor}  until {until} ({max(0, round(one.until - time.time()))} s)  {one.why}")
    if not held and not as_json:
        click.echo("Nobody is held.")
    return 0


@command.command("hold")
@click.argument("actor")
@STORE
@LOG
@click.option("--seconds", type=click.IntRange(1), default=3_600, show_default=True, help="For how long.")
def hold(actor: str, url: str, log: str, seconds: int) -> int:
    """Hold an address, or `user:NAME`, from now on."""
    from hauberk.guard.actors.table import tell

    name = _actor(actor)
    tell(_open(url), log, name, float(seconds), "by hand")
    click.echo(f"{name} is held for {seconds} s.")
    return 0


@command.command("release")
@click.argument("actor")
@STORE
@LOG
def release(actor: str, url: str, log: str) -> int:
    """Let an address, or `user:NAME`, go."""
    from hauberk.guard.actors.table import tell

    name = _actor(actor)
    tell(_open(url), log, name, 0.0, "by hand")
    click.echo(f"{name} is let go.")
    return 0


def _actor(text: str) -> str:
    from hauberk.wire.forwarded import address_of, network_of

    if text.startswith(("ip:", "net:", "user:")):
        return text
    if address_of(text) is None:
        raise InputError(text, "is neither an address nor user:NAME", "write 192.0.2.7, 2001:db8::1 or user:ada")
    return network_of(text)


def _open(url: str) -> Store:
    return store_of(url, written_by="Actors(store=...)")
