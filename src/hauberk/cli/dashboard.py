"""`hauberk dashboard`."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

import click

from hauberk.cli.stores import store_of
from hauberk.core.errors import InputError, MissingExtraError
from hauberk.core.plan import run_inline

PASSWORD, TOKEN, HOOK = "HAUBERK_DASHBOARD_PASSWORD", "HAUBERK_METRICS_TOKEN", "HAUBERK_WEBHOOK_SECRET"


@click.command("dashboard")
@click.option(
    "--store", "url", default="sqlite:///hauberk-events.db", show_default=True, help="Where Events writes to."
)
@click.option("--sessions", "kept", metavar="URL", help="Where Sessions keeps them, to be counted. [default: --store]")
@click.option("--log", default="events", show_default=True, help="The log's name there.")
@click.option("--results", type=click.Path(path_type=Path), help="What `hauberk prove --format json=FILE` wrote.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8747, show_default=True, type=click.IntRange(0, 65_535), help="0 takes a free one.")
@click.option("--name", "names", multiple=True, help="A host name by which a proxy reaches it; repeatable.")
@click.option("--webhook", help=f"Send alerts there, signed with {HOOK}.")
@click.option("--alert-on", default="high", show_default=True, type=click.Choice(["low", "medium", "high", "critical"]))
def command(
    url: str,
    kept: str | None,
    log: str,
    results: Path | None,
    host: str,
    port: int,
    names: tuple[str, ...],
    webhook: str | None,
    alert_on: str,
) -> int:
    """Live events and last results, on a port of its own, behind a sign-in of its own.

    The application sends them there with Policy(events=Events(store=...)). The password is that of
    HAUBERK_DASHBOARD_PASSWORD, or a new one that is printed here.
    """
    try:
        import uvicorn

        from hauberk.dashboard import Dashboard
        from hauberk.dashboard.alerts import Webhook
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "uvicorn", "dashboard", "the dashboard") from error

    given = os.environ.get(PASSWORD, "")
    password = given or secrets.token_urlsafe(18)
    store = store_of(url, written_by="Events(store=...)", there=False)
    known = run_inline(store.blocking().read(f"events:{log}", most=1))
    dashboard = Dashboard(
        store=store,
        log=log,
        sessions=store_of(kept, written_by="Sessions(store=...)", field="--sessions", there=False) if kept else None,
        password=password,
        results=results,
        hosts=(*dict.fromkeys(("localhost", "127.0.0.1", "[::1]", *names)),),
        metrics_token=os.environ.get(TOKEN, ""),
        webhook=Webhook(url=webhook, secret=os.environ.get(HOOK, ""), least=alert_on) if webhook else None,
    )
    app = dashboard.app  # now: before anything is said of where it is
    listening = _listen(host, port)
    click.echo(f"hauberk dashboard: {_address(listening.getsockname())}  (events of {_shown(url)})", err=True)
    if not known:
        click.echo(f"No event is kept there yet in the log {log!r}; they are shown as they come.", err=True)
    if results is not None and not results.exists():
        click.echo(f"{results} is not there yet; its grade is shown once it is.", err=True)
    if not given:
        click.echo(f"Password: {password}", err=True)
    if host not in {"127.0.0.1", "::1", "localhost"}:
        click.echo("It is reached from other machines: put it behind https, and name it with --name.", err=True)
    config = uvicorn.Config(app, log_level="warning", server_header=False, lifespan="on")
    uvicorn.Server(config).run(sockets=[listening])
    return 0


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise InputError(
            f"{host}:{port}", f"cannot be listened on: {error.strerror}", "name another --host or --port"
        ) from error


def _address(name: tuple[object, ...]) -> str:
    host = str(name[0])
    return f"http://[{host}]:{name[1]}/" if ":" in host else f"http://{host}:{name[1]}/"


def _shown(url: str) -> str:
    """Without the password that a URL may hold."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
