"""The options that every judging command has, and what they do with a Result."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hauberk._version import __version__
from hauberk.cli.settings import settings
from hauberk.core.errors import ConfigurationError, InputError
from hauberk.core.finding import SEVERITIES, Finding, Result, Severity, at_least
from hauberk.core.options import did_you_mean

if TYPE_CHECKING:
    from hauberk.report.figures import Figures

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What the user said beside the target."""

    formats: tuple[str, ...]
    fail_on: Severity
    baseline: Path | None
    ignore: tuple[Mapping[str, Any], ...]
    quiet: bool
    color: bool
    started: float


def common(function: F) -> F:
    """Add the common options to a command; it gets them as one `common` argument."""
    return common_with()(function)


def common_with(*own: str) -> Callable[[F], F]:
    """As `common`, for a command that has formats of its own."""
    return lambda function: _common(function, own)


def _common(function: F, own: tuple[str, ...]) -> F:
    def run(*args: Any, **options: Any) -> Any:
        config: Path | None = options.pop("config")
        set_there = settings(config)
        chosen = Common(
            formats=options.pop("formats") or ("text",),
            fail_on=options.pop("fail_on") or set_there.get("fail-on", "medium"),
            baseline=options.pop("baseline"),
            ignore=tuple(set_there.get("ignore", ())),
            quiet=options.pop("quiet"),
            color=not options.pop("no_color"),
            started=monotonic(),
        )
        _check_formats(chosen.formats, own)
        if chosen.baseline is not None and not chosen.baseline.is_file():
            raise InputError(str(chosen.baseline), "is no file", "name a file written with --format json=FILE")
        return function(*args, common=chosen, **options)

    run.__name__, run.__doc__ = function.__name__, function.__doc__
    run.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
    severities = click.Choice([s for s in SEVERITIES if s != "info"])
    path = click.Path(path_type=Path)
    for option in (
        click.option("--no-color", is_flag=True, envvar="NO_COLOR", help="No colours."),
        click.option("--quiet", "-q", is_flag=True, help="No progress on stderr."),
        click.option("--config", type=path, help="A file with [tool.hauberk.cli]. [default: pyproject.toml]"),
        click.option("--baseline", type=path, help="JSON results of an earlier run: show only what is new."),
        click.option("--fail-on", type=severities, help="Exit with 1 from this severity up. [default: medium]"),
        click.option(
            "--format",
            "formats",
            multiple=True,
            metavar="NAME[=FILE]",
            help=f"{', '.join(('text, json, sarif, html, junit, github', *own))} or markdown; repeatable. "
            "[default: text]",
        ),
    ):
        run = option(run)
    return run  # type: ignore[return-value]


def _check_formats(formats: tuple[str, ...], own: tuple[str, ...]) -> None:
    from hauberk.report import FORMATS

    known = (*FORMATS, *own)
    to_stdout = 0
    for text in formats:
        name, _, file = text.partition("=")
        if name not in known:
            raise ConfigurationError("--format", name, "is not a format", did_you_mean(name, known))
        to_stdout += not file
        if file:
            check_place(Path(file))
    if to_stdout > 1:
        raise ConfigurationError("--format", " ".join(formats), "sends two formats to stdout", "write NAME=FILE")


def finish(
    result: Result,
    common: Common,
    *,
    framework: str = "",
    root: Path | None = None,
    fallback_file: str | None = None,
    own: Mapping[str, Callable[[], str]] = MappingProxyType({}),
) -> int:
    """Apply baseline and ignore list, write every format, and say the exit status. `own` are the command's formats."""
    from hauberk.report import Meta, render

    whole, result = _without_ignored(result, common.ignore), without_accepted(result, common)
    meta = Meta(
        whole=whole,
        before=_before(common),
        version=__version__,
        generated=datetime.now(UTC),
        framework=framework,
        duration=monotonic() - common.started,
        root=root or Path.cwd(),
        fallback_file=fallback_file,
        command_line=" ".join(["hauberk", *sys.argv[1:]]),
    )
    for text in common.formats:
        name, _, file = text.partition("=")
        if name == "text" and not file:
            show_text(result, meta, common)
            continue
        document = own[name]() if name in own else render(name, result, meta)
        if file:
            write(Path(file), document)
        else:
            click.echo(document, nl=not document.endswith("\n"))
    return status(result, common.fail_on)


def vouched(result: Result, root: Path) -> Result:
    """The result with what people vouch for, out of the project's own file."""
    from hauberk.report import attest

    return attest.attest(result, root / attest.FILE, datetime.now(UTC).date())


def _before(common: Common) -> Figures | None:
    """The baseline's figures, where there is one."""
    if common.baseline is None:
        return None
    from hauberk.cli.rules import all_rules
    from hauberk.report.figures import figures
    from hauberk.report.json import load

    return figures(load(common.baseline, all_rules().values()))


def without_accepted(result: Result, common: Common) -> Result:
    """The result without what the project decided to live with, and without what its baseline has."""
    result = _without_ignored(result, common.ignore)
    return result if common.baseline is None else _without_known(result, common.baseline)


def show_text(result: Result, meta: Any, common: Common) -> None:
    """The report for people, in colour where stdout is a terminal."""
    if not sys.stdout.isatty() and not os.environ.get("FORCE_COLOR"):
        from hauberk.report import piped

        if (said := piped.render(result, meta=meta)) is not None:
            click.echo(said, nl=False)
            return
    from rich.console import Console

    from hauberk.report.piped import WIDTH
    from hauberk.report.text import write as write_text

    console = Console(no_color=not common.color, highlight=False, emoji=False)
    if not console.is_terminal:
        console = Console(width=WIDTH, no_color=True, highlight=False, emoji=False)
    write_text(console, result, meta=meta)


def check_there(paths: Iterable[Path | None], fix: str) -> None:
    """Raise InputError for the first that does not exist: at once, and not after the work. None was not given."""
    for path in paths:
        if path is not None and not path.exists():
            raise InputError(str(path), "does not exist", fix)


def check_place(path: Path) -> None:
    """Raise InputError for a file that cannot be written for want of its folder: at once, and not after the work."""
    if path.is_dir():
        raise InputError(str(path), "cannot be written: it is a folder", "name a file in it")
    if not path.absolute().parent.is_dir():
        raise InputError(str(path), "cannot be written: its folder does not exist", "make it, or name another file")


def write(path: Path, document: str) -> None:
    """Write a report, or say why not."""
    try:
        path.write_text(document, encoding="utf-8")
    except OSError as error:
        raise InputError(str(path), f"cannot be written: {error.strerror}", "name another file") from error


def status(result: Result, fail_on: Severity) -> int:
    """0 clean, 1 findings, 2 not finished. What was not judged is never clean, and outranks what was found."""
    if not result.complete:
        return 2
    return int(any(at_least(finding.severity, fail_on) for finding in result.failures))


def _without_ignored(result: Result, entries: tuple[Mapping[str, Any], ...]) -> Result:
    """Take out what the project decided to live with, and say so: each with its reason, none after its day."""
    today = datetime.now(UTC).date()
    notes: list[str] = []
    kept: list[Finding] = []
    for finding in result.findings:
        entry = next((e for e in entries if _matches(finding, e)), None) if finding.outcome == "fail" else None
        until = entry.get("until") if entry else None
        if entry is None or (isinstance(until, date) and until < today):
            kept.append(finding)
            if entry is not None:
                notes.append(f"no longer ignored since {until}: {finding.rule.id} at {finding.location}")
        else:
            notes.append(f"ignored {finding.rule.id} at {finding.location}: {entry['reason']}")
    return replace(result, findings=tuple(kept), gaps=(*result.gaps, *notes))


def _matches(finding: Finding, entry: Mapping[str, Any]) -> bool:
    if finding.rule.id != entry["rule"] or entry.get("fingerprint", finding.fingerprint) != finding.fingerprint:
        return False
    if "package" in entry and entry["package"] != getattr(finding.location, "package", None):
        return False
    names = {str(n).upper() for one in finding.evidence.get("advisories", ()) for n in (one["id"], *one["aliases"])}
    return "advisory" not in entry or str(entry["advisory"]).upper() in names


def accepted(result: Result, entries: tuple[Mapping[str, Any], ...]) -> dict[str, str]:
    """Why the project lives with a finding, by its fingerprint."""
    kept = {finding.fingerprint for finding in _without_ignored(result, entries).failures}
    return {
        finding.fingerprint: str(next(entry["reason"] for entry in entries if _matches(finding, entry)))
        for finding in result.failures
        if finding.fingerprint not in kept
    }


def _without_known(result: Result, baseline: Path) -> Result:
    from hauberk.report.json import load

    known = {finding.fingerprint for finding in load(baseline).findings if finding.outcome == "fail"}
    new = tuple(f for f in result.findings if f.outcome != "fail" or f.fingerprint not in known)
    hidden = len(result.findings) - len(new)
    gaps = (*result.gaps, f"{hidden} findings that {baseline} has already are not shown") if hidden else result.gaps
    return replace(result, findings=new, gaps=gaps)
