"""From an application object to facts about its effective configuration."""

from __future__ import annotations

import importlib
from dataclasses import replace

from hauberk.check.facts import Facts, MarkupFacts
from hauberk.check.module import Module
from hauberk.core.finding import Location
from hauberk.integrations.facts import protection
from hauberk.integrations.facts.deadlines import deadlines
from hauberk.integrations.facts.enforcing import enforcing
from hauberk.integrations.facts.layers import known, unwrap
from hauberk.integrations.facts.linting import linted
from hauberk.integrations.facts.logs import logs
from hauberk.integrations.facts.pages import page_words
from hauberk.integrations.facts.reading import Reading
from hauberk.integrations.facts.source import Sources, own_files
from hauberk.integrations.facts.templates import of_folders
from hauberk.integrations.target import Target, detect

READERS = {
    "fastapi": "starlette",
    "starlette": "starlette",
    "flask": "flask",
    "quart": "flask",
    "django": "django",
    "litestar": "litestar",
    "asgi": "bare",
    "wsgi": "bare",
}
"""Framework to the module here that reads it."""


def facts(target: Target) -> Facts:
    """Read the effective configuration of an application, whatever wraps it. Sends no request, changes nothing.

    What cannot be read is None in the facts; if it should have been readable, `broken` says what raised.
    """
    layers, app = unwrap(target.app)
    framework, protocol = detect(app) if known(app) else (target.framework, target.protocol)
    target = replace(target, framework=framework, protocol=protocol)
    sources = Sources(target.root, own_files(target.module, target.root))
    reading = Reading(target=target, sources=sources, where=_made_at(target, app, sources), layers=layers)
    for holder in (target.app, *(layer.instance for layer in layers)):
        reading.protection = reading.protection or protection.of(holder, reading.where)
    reader = importlib.import_module(f"hauberk.integrations.facts.{READERS[framework]}")
    found: Facts = reader.read(reading, app)
    return replace(
        found,
        # Not the files of before: reading the routes may have imported more.
        modules=tuple(Module(source.tree, source.location) for source in reading.sources.files),
        enforcing=frozenset() if reading.protection is None else enforcing(reading.protection.policy),
        page_words=page_words(target.root),
        unread=bool(sources.gaps),
        markup=reading.part("templates and scripts", lambda: _markup(reading, found)),
        deadlines=reading.part("pyproject.toml", lambda: deadlines(target.root)),
        log=reading.part("the log", lambda: logs(reading)),
        lint=reading.part("The application's code", lambda: linted(reading.sources)),
        gaps=(*found.gaps, *reading.gaps, *sources.gaps),
        broken=(*found.broken, *reading.broken),
    )


def _markup(reading: Reading, found: Facts) -> tuple[MarkupFacts, ...]:
    """Templates that were read, and scripts and pages of the folders that are served."""
    served = [folder for mount in found.mounts or () for folder in mount.directory.split(", ")]
    own = [
        replace(one, where=reading.sources.place(one.where.file, one.where.line)) if one.where.file else one
        for one in (
            *(source for engine in found.templates or () for source in engine.sources),
            *of_folders(served, (".js", ".mjs", ".html", ".htm")),
        )
    ]
    return tuple(own)


def _made_at(target: Target, app: object, sources: Sources) -> Location:
    """The line that makes the application, else the file that holds it."""
    attribute = target.name.partition(":")[2].partition(".")[0]
    main = sources.files[0].location if sources.files else Location()
    spots = [(name, within) for name, within in ((attribute, ""), (type(app).__name__, "()")) if name]
    return sources.find(*spots) or main
