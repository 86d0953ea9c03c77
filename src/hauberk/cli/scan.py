"""`hauberk scan module:app`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, unquote

import click

from hauberk.cli.options import Common, common, finish
from hauberk.cli.progress import shown
from hauberk.core.errors import InputError
from hauberk.core.finding import Result
from hauberk.core.progress import Progress
from hauberk.integrations.target import Target, load

if TYPE_CHECKING:
    from hauberk.scan import Operation, Transport
    from hauberk.scan.identities import Identity

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a scan is told beside its target."""

    max_requests: int = 20_000
    max_seconds: float = 300.0
    login: tuple[str, ...] = ()
    identities: Path | None = None
    intrusive: bool = False
    flows: Path | None = None
    scope: str = ""


def who(options: Options) -> tuple[Identity, ...]:
    """The identities that the scan may be."""
    from hauberk.scan.identities import read

    return read(options.identities) if options.identities else ()


def run(target: Target, progress: Progress, options: Options) -> Result:
    """Test an application in process."""
    from hauberk.integrations.surface import surface, transport
    from hauberk.scan import Budget, scan
    from hauberk.scan.written import login_request

    found = surface(target)
    result = scan(
        found,
        transport(target, found),
        target=target.name,
        progress=progress,
        login=[login_request(text) for text in options.login],
        budget=Budget(max_requests=options.max_requests, max_seconds=options.max_seconds),
        identities=who(options),
        intrusive=options.intrusive,
        scope=options.scope,
    )
    return with_accounts(result, transport(target, found), progress, options)


def with_accounts(result: Result, transport: Transport, progress: Progress, options: Options) -> Result:
    """The result with what the declared flows show of accounts."""
    if options.flows is None:
        return result
    from hauberk.scan import Budget
    from hauberk.scan.accounts import Flows, accounts

    budget = Budget(max_requests=options.max_requests, max_seconds=options.max_seconds)
    more = accounts(Flows.load(options.flows), transport, target=result.target, progress=progress, budget=budget)
    return replace(
        result,
        complete=result.complete and more.complete,
        findings=(*result.findings, *more.findings),
        stats={**result.stats, "accounts": dict(more.stats)},
        gaps=(*result.gaps, *more.gaps),
    )


def run_url(url: str, progress: Progress, options: Options, ca: Path | None, openapi: Path | None) -> Result:
    """Test a server: one on this machine, or one whose owner said so."""
    from hauberk.scan import Budget, Operation, Parameter, Surface, certificate, scan
    from hauberk.scan.ownership import require
    from hauberk.scan.site import site
    from hauberk.scan.written import login_request

    place = site(url)
    transport = place.transport(ca=ca)
    if not place.is_loopback:
        from hauberk.cli.own import signer

        with transport:
            require(transport, place.host, signer(), datetime.now(UTC))
    path, _, query = place.target.partition("?")
    given = parse_qsl(query, keep_blank_values=True)
    begin = Operation(
        method="GET",
        path=unquote(path),
        parameters=tuple(Parameter(name=name, place="query", example=value) for name, value in given),
        source="crawl",
    )
    result = scan(
        Surface.of([begin, *described(openapi)], host=transport.wire.host),
        transport,
        target=url,
        progress=progress,
        login=[login_request(text) for text in options.login],
        budget=Budget(max_requests=options.max_requests, max_seconds=options.max_seconds),
        identities=who(options),
        intrusive=options.intrusive,
        scope=options.scope,
    )
    result = replace(result, findings=(*result.findings, certificate.judge(place)))
    return with_accounts(result, place.transport(ca=ca), progress, options)


def described(path: Path | None) -> Sequence[Operation]:
    """The operations of an OpenAPI document. Raises InputError if it cannot be read."""
    from hauberk.scan.openapi import operations

    if path is None:
        return ()
    try:
        document = json.loads(_read(path))
    except ValueError as error:
        raise InputError(str(path), f"is no JSON: {error}", "save the OpenAPI document as JSON") from error
    found = operations(document) if isinstance(document, dict) else []
    if not found:
        raise InputError(str(path), "describes no operation", "give an OpenAPI 3 document")
    return found


def load_watched(name: str) -> Target:
    """Import an application after the guard's hooks are in place: a connection made at import is watched too."""
    from hauberk.guard import install

    install()
    return load(name)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), "cannot be read", "name a file that holds 'POST /login ...'") from error


BUDGET = (
    click.option(
        "--login",
        multiple=True,
        metavar="REQUEST",
        help="Log in first: 'POST /login user=ada&password=...', or @FILE that holds it; repeatable.",
    ),
    click.option(
        "--identities",
        type=click.Path(path_type=Path),
        metavar="FILE.toml",
        help="Who users a and b and the admin are: with them access control is tried.",
    ),
    click.option("--scope", default="", metavar="/PATH", help="Follow no link that does not begin with this path."),
    click.option("--intrusive", is_flag=True, help="Also try what looks like an attack on accounts: many logins."),
    click.option(
        "--flows",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="TOML with [flows], how one registers and signs in: accounts are tried as well.",
    ),
    click.option("--max-requests", type=click.IntRange(1), default=20_000, show_default=True, help="At most so many."),
    click.option("--max-seconds", type=click.FloatRange(1), default=300.0, show_default=True, help="At most so long."),
)


def scan_options(function: F) -> F:
    """Add the options of a scan to a command; it gets them as one `options` argument."""

    def run_with(*args: Any, **given: Any) -> Any:
        names = ("max_requests", "max_seconds", "login", "identities", "intrusive", "flows", "scope")
        options = Options(**{name: given.pop(name) for name in names})
        return function(*args, options=options, **given)

    run_with.__name__, run_with.__doc__ = function.__name__, function.__doc__
    run_with.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
    wrapped: Any = run_with
    for option in BUDGET:
        wrapped = option(wrapped)
    return wrapped  # type: ignore[no-any-return]


@click.command("scan")
@click.argument("target", metavar="MODULE:APP|URL")
@click.option("--ca", type=click.Path(path_type=Path), help="Certificates to trust, where the target is a URL.")
@click.option("--openapi", type=click.Path(path_type=Path), help="An OpenAPI 3 document (JSON) of the URL.")
@click.option("--replay", metavar="FINGERPRINT", help="Look for this one finding again, and tell of nothing else.")
@click.option(
    "--emit-test",
    "emitted",
    type=click.Path(path_type=Path),
    metavar="FILE.py",
    help="Write a pytest for each fault, which fails until it is mended.",
)
@scan_options
@common
def command(
    target: str,
    ca: Path | None,
    openapi: Path | None,
    replay: str | None,
    emitted: Path | None,
    options: Options,
    common: Common,
) -> int:
    """Test an application dynamically: in process, confirmed where the data reaches its sink; or a server by its URL.

    A URL has to be on this machine, unless its host serves what `hauberk own HOST` prints.
    """
    from hauberk.scan.again import only, written_tests

    loaded = None if "://" in target else load_watched(target)
    if loaded is None and emitted is not None:
        raise click.UsageError("--emit-test needs an application that tests can import: module:app.")
    with shown(quiet=common.quiet, color=common.color, hush=True) as progress:
        result = run_url(target, progress, options, ca, openapi) if loaded is None else run(loaded, progress, options)
    if replay is not None:
        result = only(result, replay)
    if emitted is not None and (written := written_tests(result, target, options.login)):
        emitted.write_text(written, encoding="utf-8")
        click.echo(f"wrote {emitted}", err=True)
    if loaded is None:
        return finish(result, common)
    return finish(result, common, framework=loaded.framework, root=loaded.root, fallback_file=loaded.file)
