"""`hauberk version`."""

from __future__ import annotations

import platform
import sqlite3
from importlib.metadata import PackageNotFoundError, version

import click

from hauberk._version import __version__

PACKAGES = ("fastapi", "starlette", "litestar", "quart", "flask", "django", "selectolax", "cvss")


@click.command("version")
def command() -> None:
    """Print the versions of hauberk and of what it runs on."""
    click.echo(f"hauberk {__version__}")
    click.echo(f"python {platform.python_version()} ({platform.system().lower()})")
    click.echo(f"sqlite {sqlite3.sqlite_version}")
    for name in PACKAGES:
        try:
            click.echo(f"{name} {version(name)}")
        except PackageNotFoundError:
            click.echo(f"{name} is not installed")
