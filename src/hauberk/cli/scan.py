"""`hauberk scan module:app`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, unquote

import click

from hauberk.cli.options import Common, check_place, common, finish
from hauberk.cli.progress import shown
from hauberk.core.errors import ConfigurationError, InputError
from hauberk.core.finding import Result
from hauberk.core.progress import Progress
from hauberk.integrations.target import Target, load

if TYPE_CHECKING:
    from hauberk.scan import Budget, Operation, Request, Surface, Transport, Wire
    from hauberk.scan.extent import Extent
    from hauberk.scan.identities import Identity

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a scan is told beside its target."""

    max_requests: int = 20_000
    max_seconds: float = 300.0
    max_rate: float = 0.0
    login: tuple[str, ...] = ()
    identities: Path | None = None
    intrusive: bool = False
    flows: Path | None = None
    scope: str = ""
    seeds: Path | None = None
    browser: bool = False
    rollback: str | None = None
    resume: Path | None = None


def who(options: Options) -> tuple[Identity, ...]:
    """The identities that the scan may be."""
    from hauberk.scan.identities import read

    return read(options.identities) if options.identities else ()


def run(target: Target, progress: Progress, options: Options) -> Result:
    """Test an application in process."""
    from hauberk.integrations.surface import surface, transport
    from hauberk.scan import scan

    found = surface(target)
    planted, login = seeded(found, options, None)
    with resumed(options, target.name) as extent:
        result = scan(
            planted,
            transport(target, found),
            target=target.name,
            progress=progress,
            login=login,
            budget=budget(options),
            identities=who(options),
            intrusive=options.intrusive,
            scope=options.scope,
            extent=extent,
        )
    return with_accounts(result, transport(target, found), progress, options)


def with_accounts(result: Result, transport: Transport, progress: Progress, options: Options) -> Result:
    """The result with what the declared flows show of accounts."""
    if options.flows is None:
        return result
    from hauberk.scan.accounts import Flows, accounts

    more = accounts(
        Flows.load(options.flows), transport, target=result.target, progress=progress, budget=budget(options)
    )
    return replace(
        result,
        complete=result.complete and more.complete,
        findings=(*result.findings, *more.findings),
        stats={**result.stats, "accounts": dict(more.stats)},
        gaps=(*result.gaps, *more.gaps),
    )


def run_url(url: str, progress: Progress, options: Options, ca: Path | None, openapi: Path | None) -> Result:
    """Test a server: one on this machine, or one whose owner said so."""
    from hauberk.scan import Operation, Parameter, Surface, certificate, scan
    from hauberk.scan.ownership import require
    from hauberk.scan.site import site

    if options.rollback is not None:
        raise click.UsageError("--rollback needs an application that it can be run beside: module:app.")
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
    surface = Surface.of([begin, *described(openapi)], host=transport.wire.host)
    surface, login = seeded(surface, options, transport.wire)
    with resumed(options, url) as extent:
        result = scan(
            surface,
            transport,
            target=url,
            progress=progress,
            login=login,
            budget=budget(options),
            identities=who(options),
            intrusive=options.intrusive,
            scope=options.scope,
            extent=extent,
        )
    result = replace(result, findings=(*result.findings, certificate.judge(place)))
    return with_accounts(result, place.transport(ca=ca), progress, options)


def budget(options: Options) -> Budget:
    """What the scan may spend."""
    from hauberk.scan import Budget

    return Budget(max_requests=options.max_requests, max_seconds=options.max_seconds, max_rate=options.max_rate)


def seeded(surface: Surface, options: Options, wire: Wire | None) -> tuple[Surface, list[Request]]:
    """The surface with what was recorded, and the login requests: those that were given, or else a recorded one."""
    from hauberk.scan.har import read, seeds
    from hauberk.scan.recorded import recorded
    from hauberk.scan.written import login_request

    login = [login_request(text) for text in options.login]
    if options.seeds is None:
        return surface, login
    found = seeds(read(options.seeds), str(options.seeds), wire)
    return recorded(surface, found.requests, "recorded"), login or list(found.logins)


@contextmanager
def resumed(options: Options, target: str) -> Iterator[Extent]:
    """The scan's extent. With --resume, how far it gets is kept in a file, which is gone once it got to its end."""
    from hauberk.cli.progressed import Progressed, rollback
    from hauberk.scan.extent import Extent

    undo = rollback(options.rollback) if options.rollback else None
    if options.resume is None:
        yield Extent(browser=options.browser, rollback=undo)
        return
    kept = Progressed(options.resume, target)
    yield Extent(browser=options.browser, rollback=undo, begin=kept.load(), checkpoint=kept.save)


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
    click.option("--max-rate", type=click.FloatRange(0), default=0.0, help="At most so many requests a second."),
    click.option(
        "--seeds",
        "--har",
        "seeds",
        type=click.Path(path_type=Path),
        metavar="FILE.har",
        help="Recorded traffic to begin with, such as `pytest --hauberk-record` writes it.",
    ),
    click.option("--browser", is_flag=True, help="Walk through the front end with Chromium, and attack it there."),
    click.option(
        "--rollback",
        metavar="MODULE:FUNCTION",
        help="Puts the data back; only with it is attacked what deletes, resets or pays.",
    ),
)


def _check(options: Options) -> None:
    """What can be known to be wrong before the scan is said before it."""
    if options.scope and not options.scope.startswith("/"):
        raise ConfigurationError("--scope", options.scope, "is not a path", f"write it as /{options.scope}")
    if options.flows is not None:
        from hauberk.scan.accounts import Flows

        Flows.load(options.flows)


def scan_options(function: F) -> F:
    """Add the options of a scan to a command; it gets them as one `options` argument."""

    def run_with(*args: Any, **given: Any) -> Any:
        names = (
            "max_requests max_seconds max_rate login identities intrusive flows scope seeds browser rollback".split()
        )
        options = Options(**{name: given.pop(name) for name in names})
        _check(options)
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
    "--resume",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keep in FILE how far it is, and go on from there if it exists.",
)
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
    resume: Path | None,
    options: Options,
    common: Common,
) -> int:
    """Test an application dynamically: in process, confirmed where the data reaches its sink; or a server by its URL.

    A URL has to be on this machine, unless its host, or a TXT record, serves what `hauberk own HOST` prints.
    """
    from hauberk.scan.again import check_fingerprint, only, written_tests

    if replay is not None:
        check_fingerprint(replay)
    for file in (emitted, resume):
        if file is not None:
            check_place(file)
    options = replace(options, resume=resume)
    loaded = None if "://" in target else load_watched(target)
    if loaded is None and emitted is not None:
        raise click.UsageError("--emit-test needs an application that tests can import: module:app.")
    with shown(quiet=common.quiet, color=common.color, hush=True) as progress:
        result = run_url(target, progress, options, ca, openapi) if loaded is None else run(loaded, progress, options)
    if resume is not None and result.complete:
        resume.unlink(missing_ok=True)
    if replay is not None:
        result = only(result, replay)
    if emitted is not None and (written := written_tests(result, target, options.login)):
        emitted.write_text(written, encoding="utf-8")
        click.echo(f"wrote {emitted}", err=True)
    if loaded is None:
        return finish(result, common)
    return finish(result, common, framework=loaded.framework, root=loaded.root, fallback_file=loaded.file)
