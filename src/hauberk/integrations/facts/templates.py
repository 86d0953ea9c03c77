"""Whether Jinja2 environments escape: asked of the environment itself, template by template."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hauberk.check.facts import MarkupFacts, TemplateFacts
from hauberk.core.finding import Location
from hauberk.integrations.facts.source import FOREIGN

MARKUP = re.compile(r"<(?:!doctype|/?[a-z][a-z0-9-]*[\s/>])", re.IGNORECASE)
INSERTS = re.compile(r"\{\{")
PAGE = re.compile(r"\.(?:html?|xhtml|svg|xml)(?:\.|$)", re.IGNORECASE)
MOST_TEMPLATES = 1_000
LARGEST = 500_000
"""Octets of a file that is looked at; larger ones are bundles that a tool made."""


def of_environment(environment: Any, name: str, where: Location) -> TemplateFacts:
    """One environment: on, off, or by the name of the template, in which case every template it can see is asked."""
    pages = _pages(environment)
    autoescape = environment.autoescape
    if not callable(autoescape):
        return TemplateFacts(
            name=name,
            autoescape=bool(autoescape),
            pages=None if pages is None else len(pages),
            sources=sources(environment, where),
            where=where,
        )
    # What any page could be called, and a template that was made of a text.
    asked = [*(pages or ()), "page.html", None]
    open_ones = [str(template or "templates made of a text") for template in asked if not autoescape(template)]
    return TemplateFacts(
        name=name,
        autoescape=None,
        open_templates=tuple(dict.fromkeys(open_ones)),
        pages=None if pages is None else len(pages),
        sources=sources(environment, where),
        where=where,
    )


def sources(environment: Any, where: Location) -> tuple[MarkupFacts, ...]:
    """What its loader can list and read; packages that are installed beside the application are not its own."""
    if environment.loader is None:
        return ()
    found: list[MarkupFacts] = []
    try:
        names = environment.loader.list_templates()[:MOST_TEMPLATES]
    except (TypeError, OSError):
        return ()
    for name in names:
        try:
            text, file, _ = environment.loader.get_source(environment, name)
        except (OSError, UnicodeDecodeError, LookupError, environment.undefined):
            continue
        if not file or not FOREIGN & set(Path(file).parts):
            found.append(MarkupFacts(name=name, text=text, where=Location(file=file, line=1) if file else where))
    return tuple(found)


def of_folders(folders: Iterable[str | Path], ends: tuple[str, ...]) -> tuple[MarkupFacts, ...]:
    """Files of these endings below the folders, other people's left out."""
    found: list[MarkupFacts] = []
    for folder in map(Path, folders):
        if FOREIGN & set(folder.parts) or not folder.is_dir():
            continue
        for path in sorted(folder.rglob("*"))[:MOST_TEMPLATES]:
            if path.suffix.lower() in ends and not FOREIGN & set(path.parts) and path.stat().st_size < LARGEST:
                text = path.read_text("utf-8", "replace")
                found.append(MarkupFacts(name=path.name, text=text, where=Location(file=str(path), line=1)))
    return tuple(found)


def _pages(environment: Any) -> list[str] | None:
    """Names of the templates that make HTML and insert something; None if there is none to see of any kind."""
    loader = environment.loader
    if loader is None:
        return None
    try:
        names: list[str] = loader.list_templates()[:MOST_TEMPLATES]
    except (TypeError, OSError):
        return None
    return [name for name in names if _is_page(environment, name)] if names else None


def _is_page(environment: Any, name: str) -> bool:
    try:
        text: str = environment.loader.get_source(environment, name)[0]
    except (OSError, UnicodeDecodeError, LookupError, environment.undefined) as error:
        # Unreadable now, so judged by its name; a page that cannot be read is not rendered either.
        del error
        return bool(PAGE.search(name))
    return bool(INSERTS.search(text)) and bool(MARKUP.search(text) or PAGE.search(name))
