"""Whether Jinja2 environments escape: asked of the environment itself, template by template."""

from __future__ import annotations

import re
from typing import Any

from hauberk.check.facts import TemplateFacts
from hauberk.core.finding import Location

MARKUP = re.compile(r"<(?:!doctype|/?[a-z][a-z0-9-]*[\s/>])", re.IGNORECASE)
INSERTS = re.compile(r"\{\{")
PAGE = re.compile(r"\.(?:html?|xhtml|svg|xml)(?:\.|$)", re.IGNORECASE)
MOST_TEMPLATES = 1_000


def of_environment(environment: Any, name: str, where: Location) -> TemplateFacts:
    """One environment: on, off, or by the name of the template, in which case every template it can see is asked."""
    pages = _pages(environment)
    autoescape = environment.autoescape
    if not callable(autoescape):
        return TemplateFacts(
            name=name, autoescape=bool(autoescape), pages=None if pages is None else len(pages), where=where
        )
    # What any page could be called, and a template that was made of a text.
    asked = [*(pages or ()), "page.html", None]
    open_ones = [str(template or "templates made of a text") for template in asked if not autoescape(template)]
    return TemplateFacts(
        name=name,
        autoescape=None,
        open_templates=tuple(dict.fromkeys(open_ones)),
        pages=None if pages is None else len(pages),
        where=where,
    )


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
