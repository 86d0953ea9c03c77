"""Whether pages escape what they are given."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.check.facts import Facts, TemplateFacts
from hauberk.check.verdict import Check, fail, not_applicable, passed, unknown
from hauberk.core.finding import Finding, Rule

AUTOESCAPE = Rule(
    id="check.template-autoescape",
    title="Templates do not escape what they insert",
    severity="high",
    why="Any value that a user can set becomes markup and script in the pages of others (XSS).",
    fix="Turn autoescape on for every template that makes HTML, whatever its file is called.",
    cwe=(79, 116),
    asvs=("v5.0.0-1.2.1",),
    top10=("A05:2025",),
    docs="https://jinja.palletsprojects.com/en/stable/api/#autoescaping",
)


def autoescape(facts: Facts) -> Iterator[Finding]:
    """Every engine that renders pages."""
    if facts.templates is None:
        yield unknown(AUTOESCAPE, facts, "which template engines render pages")
    elif not facts.templates:
        yield not_applicable(AUTOESCAPE, "No template engine can be reached from the routes.")
    for engine in facts.templates or ():
        yield _engine(engine)


def _engine(engine: TemplateFacts) -> Finding:
    if engine.autoescape is False and engine.pages == 0:
        return passed(
            AUTOESCAPE, f"{engine.name} escapes nothing and has no HTML template.", engine.where, key=engine.name
        )
    if engine.autoescape is False:
        return fail(AUTOESCAPE, engine.where, f"{engine.name} has autoescape off.", key=engine.name)
    if engine.open_templates:
        shown = ", ".join(engine.open_templates[:5])
        message = f"{engine.name} chooses by the name of the file, and does not escape {shown}."
        evidence = {"templates": list(engine.open_templates[:20])}
        return fail(AUTOESCAPE, engine.where, message, key=engine.name, evidence=evidence)
    how = "escapes every template" if engine.autoescape else "escapes every HTML template that it can see"
    return passed(AUTOESCAPE, f"{engine.name} {how}.", engine.where, key=engine.name)


CHECKS = (Check(AUTOESCAPE, autoescape),)
