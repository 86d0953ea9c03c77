"""The command line: `hauberk prove main:app`."""

from hauberk.cli.main import main

__all__ = ["main"]
