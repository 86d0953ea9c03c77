"""`hauberk headers URL|module:app`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from hauberk.cli.options import Common, common, finish, without_accepted
from hauberk.cli.progress import shown
from hauberk.core.errors import ConfigurationError
from hauberk.core.finding import Location
from hauberk.core.progress import Progress
from hauberk.integrations.target import Target, load
from hauberk.scan.headers import Loopback, Place, Review, in_process, review


def run(target: Target, paths: tuple[str, ...], progress: Progress, *, algorithm: int = 6) -> Review:
    """Grade an application in process: as behind TLS, and as asked by http."""
    from hauberk.integrations.surface import surface, transport

    found = surface(target)
    pages = {o.path: o.handler for o in found.operations if o.method == "GET" and not o.names}
    chosen = paths or (("/",) if "/" in pages or not pages else (next(iter(pages)),))
    with transport(target, found) as made:
        return review(
            in_process(made),
            Place(host=made.wire.name),
            chosen,
            target=target.name,
            algorithm=algorithm,
            handlers={path: pages.get(path, Location()) for path in chosen},
            progress=progress,
        )


def run_url(server: Loopback, url: str, paths: tuple[str, ...], progress: Progress, *, algorithm: int = 6) -> Review:
    """Grade a server on this machine."""
    return review(
        server.send, server.place(), paths or (server.path,), target=url, algorithm=algorithm, progress=progress
    )


def _checked(paths: tuple[str, ...]) -> tuple[str, ...]:
    for path in paths:
        if not path.startswith("/") or path.startswith("//"):
            raise ConfigurationError("--path", path, "is not a path of the application", "write it as /account")
    return tuple(dict.fromkeys(paths))


PORT = click.IntRange(1, 65535)


@click.command("headers")
@click.argument("target", metavar="URL|MODULE:APP")
@click.option("--path", "paths", multiple=True, metavar="PATH", help="Grade this path; repeatable. [default: /]")
@click.option("--algorithm", type=click.Choice(["6", "4"]), default="6", show_default=True, help="The Observatory's.")
@click.option("--http-port", type=PORT, help="Where http answers, beside an https URL. [default: 80 beside 443]")
@click.option("--https-port", type=PORT, help="Where https answers, beside an http URL. [default: 443 beside 80]")
@click.option("--ca", type=click.Path(path_type=Path), help="Certificates to trust, in PEM form.")
@common
def command(
    target: str,
    paths: tuple[str, ...],
    algorithm: str,
    http_port: int | None,
    https_port: int | None,
    ca: Path | None,
    common: Common,
) -> int:
    """Grade headers and cookies by the MDN Observatory's algorithm, explain each, and say what to change.

    An application is called in process, over https and http; a URL may only be this machine's own.
    """
    paths = _checked(paths)
    version = int(algorithm)
    if "://" in target:
        server = Loopback.of(target, http_port=http_port, https_port=https_port, ca=ca)
        with shown(quiet=common.quiet, color=common.color) as progress:
            made = run_url(server, target, paths, progress, algorithm=version)
        return _finish(made, common, framework="", root=None, file=None)
    loaded = load(target)
    with shown(quiet=common.quiet, color=common.color, hush=True) as progress:
        made = run(loaded, paths, progress, algorithm=version)
    return _finish(made, common, framework=loaded.framework, root=loaded.root, file=loaded.file)


def _finish(made: Review, common: Common, *, framework: str, root: Path | None, file: str | None) -> int:
    """The view for people comes from here, every other format from the result as always."""
    from hauberk.cli.headers_view import show

    others = tuple(text for text in common.formats if text != "text")
    if len(others) < len(common.formats):
        show(replace(made, result=without_accepted(made.result, common)), common)
    return finish(made.result, replace(common, formats=others), framework=framework, root=root, fallback_file=file)
