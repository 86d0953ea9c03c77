"""`hauberk events`."""

from __future__ import annotations

import click

from hauberk.cli.stores import store_of


@click.command("events")
@click.option(
    "--store", "url", default="sqlite:///hauberk-events.db", show_default=True, help="Where Events writes to."
)
@click.option("--log", default="events", show_default=True, help="The log's name there.")
@click.option("--format", "form", type=click.Choice(["jsonl", "ocsf", "text"]), default="text", show_default=True)
@click.option("--event", "name", help="Only events of this name, such as guard-blocked.")
def command(url: str, log: str, form: str, name: str | None) -> int:
    """Security events that applications kept, oldest first, one a line."""
    import msgspec

    from hauberk.events import read
    from hauberk.events.ocsf import finding
    from hauberk.events.plain import line

    store = store_of(url, written_by="Events(store=...)")
    for event in read(store, f"events:{log}"):
        if name is not None and event["event"] != name:
            continue
        if form == "text":
            click.echo(line(event))
        else:
            click.echo(msgspec.json.encode(finding(event) if form == "ocsf" else event))
    return 0
