"""The commands, each imported when it is called: `hauberk version` loads no scanner."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from typing import Any, NoReturn

import click

from hauberk._version import __version__
from hauberk.core.errors import HauberkError

COMMANDS: dict[str, tuple[str, str]] = {
    "prove": ("hauberk.cli.prove", "Everything: check, audit, scan in process, OWASP evidence; one report."),
    "check": ("hauberk.cli.check", "Judge an application's effective configuration; no traffic."),
    "audit": ("hauberk.cli.audit", "Known vulnerabilities in lock files and manifests."),
    "fix": ("hauberk.cli.fix", "The smallest upgrades that clear the advisories; --dry-run shows the diff."),
    "scan": ("hauberk.cli.scan", "Test an application dynamically: in process, or a server on this machine by URL."),
    "own": ("hauberk.cli.own", "A signed statement that a host may be scanned, to be served there."),
    "headers": ("hauberk.cli.headers", "Grade headers and cookies, explain each, and say what to change."),
    "csp": ("hauberk.cli.csp", "Propose a Content-Security-Policy from reports, and explain one in words."),
    "report": ("hauberk.cli.report", "Render saved results again, in another format."),
    "dashboard": ("hauberk.cli.dashboard", "Live events and last results, on a port of its own, behind a sign-in."),
    "events": ("hauberk.cli.events", "Security events that applications kept: as text, JSON lines or OCSF."),
    "actors": ("hauberk.cli.actors", "Who is held back for attacking: list them, let one go, hold one."),
    "db": ("hauberk.cli.db", "The advisory index: update, import, info."),
    "explain": ("hauberk.cli.explain", "What a rule means, why it matters, how to fix it."),
    "asvs": ("hauberk.cli.asvs", "What can be said about each ASVS 5.0 requirement, and which tests stand behind it."),
    "attest": ("hauberk.cli.attest", "What only a person can say: who vouches for it, why, until when."),
    "demo": ("hauberk.cli.demo", "A small vulnerable shop and its protected twin, proved side by side."),
    "passwords": ("hauberk.cli.passwords", "Make a list of breached passwords, which new ones are compared with."),
    "secret": ("hauberk.cli.secret", "A new random secret for HAUBERK_SECRET."),
    "version": ("hauberk.cli.version", "The versions of hauberk and of what it runs on."),
}
_WITHOUT_APPLICATION = frozenset({"audit", "fix", "db", "explain", "secret", "version"})
"""Commands that load no application: nothing logs, and logging takes a tenth of an audit's time to import."""


class Commands(click.Group):
    """A group that imports a command's module when the command is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in _WITHOUT_APPLICATION:
            import logging

            # What the guard decides while we attack an application is in the report; on stderr it would bury the
            # progress.
            logging.getLogger("hauberk").addHandler(logging.NullHandler())
        command: Any = getattr(importlib.import_module(COMMANDS[cmd_name][0]), "command")  # noqa: B009
        return command  # type: ignore[no-any-return]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """A command that does not exist is answered with the nearest one that does."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else f" There are: {', '.join(COMMANDS)}."
            raise click.UsageError(f"No such command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 clean, 1 findings, 2 wrong use, broken input or an unfinished run, 3 nothing to test.",
)
@click.version_option(__version__, prog_name="hauberk")
def cli() -> None:
    """Security for Python web applications: one line protects, one command proves."""


def main() -> None:
    """Run the command line. Every error that is ours is one clear message; nothing of it is a traceback."""
    # Most commands read large documents once and end: garbage is looked for seldom.
    gc.set_threshold(50_000, 20, 20)
    try:
        status = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("hauberk: interrupted", err=True)
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except HauberkError as error:
        click.echo(f"hauberk: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader has seen enough: `hauberk audit | head`. What it was is not known, so it is not clean.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(2)
    except OSError as error:
        # Of a file that the user named, or of his disk: nothing that we could mend.
        if os.environ.get("HAUBERK_DEBUG") or error.filename is None:
            _fault(error)
        click.echo(f"hauberk: {error.filename}: {error.strerror}; name another file", err=True)
        sys.exit(2)
    except Exception as error:
        _fault(error)
    gc.freeze()  # looking through everything once more before it ends anyway takes a tenth of an audit's time
    sys.exit(status if isinstance(status, int) else 0)


def _fault(error: Exception) -> NoReturn:
    """End with one line about an error that nobody foresaw; with HAUBERK_DEBUG, with its traceback."""
    if os.environ.get("HAUBERK_DEBUG"):
        raise error
    where = f"{type(error).__name__}: {error}"
    click.echo(f"hauberk: a fault of ours: {where}; run it again with HAUBERK_DEBUG=1 and report it", err=True)
    sys.exit(2)
