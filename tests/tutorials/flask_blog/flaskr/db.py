"""One connection for each request, and the command that makes the tables."""

from __future__ import annotations

import sqlite3

import click
from flask import Flask, current_app, g
from flask.cli import with_appcontext


def connection() -> sqlite3.Connection:
    if "db" not in g:
        g.db = sqlite3.connect(current_app.config["DATABASE"])
        g.db.row_factory = sqlite3.Row
        g.db.execute("PRAGMA foreign_keys = ON")
    found: sqlite3.Connection = g.db
    return found


def close(error: BaseException | None = None) -> None:
    open_connection = g.pop("db", None)
    if open_connection is not None:
        open_connection.close()


def make_tables() -> None:
    with current_app.open_resource("schema.sql", "r") as schema:
        connection().executescript(str(schema.read()))


@click.command("init-db")
@with_appcontext
def init_db() -> None:
    """Drop what is there and make empty tables."""
    make_tables()
    click.echo("The database is ready.")


def init_app(app: Flask) -> None:
    app.teardown_appcontext(close)
    app.cli.add_command(init_db)
