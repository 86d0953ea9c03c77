"""A debugger that runs code, or a debug toolbar, in any answer."""

from __future__ import annotations

import re

from hauberk.core.finding import Rule
from hauberk.scan.html import parse
from hauberk.scan.page import FINE, Page, Seen

RULE = Rule(
    id="scan.debugger",
    title="A debugger or debug toolbar is open to visitors",
    severity="high",
    why="Its console runs whatever code a visitor types; a toolbar shows him queries, settings and sessions.",
    fix="Turn debug mode off and leave the toolbar out wherever others can reach the application.",
    cwe=(489,),
    asvs=("v5.0.0-13.4.2",),
    top10=("A02:2025",),
    docs="https://werkzeug.palletsprojects.com/en/stable/debug/",
)

WORDS = ("__debugger__", "DebugToolbar", "DebugPanelList")
"""Without one of them in the text, none of what is below is on the page."""
CONSOLE = 'script[src*="__debugger__=yes"]'
EVALUATES = re.compile(r"\bEVALEX\s*=\s*true\b")
"""Whether Werkzeug's page takes code; without it, it is a traceback, and that rule's."""
TOOLBARS = (
    ("#djDebug #djDebugToolbar, #djDebug #djDebugPanelList", "Django's debug toolbar"),
    ("#flDebug #flDebugToolbar, #flDebug #flDebugPanelList", "Flask's debug toolbar"),
    ("#fastDebug #fastDebugToolbar, #fastDebug #fastDebugPanelList", "FastAPI's debug toolbar"),
    ("#pDebug #pDebugToolbarHandle, #pDebug #pDebugPanelList", "Pyramid's debug toolbar"),
)
"""Elements, not words: a manual that shows their source has them as text."""


def judge(page: Page) -> Seen | None:
    """Every page: a console has an address of its own, and a toolbar is on each."""
    if not page.response.is_html or not page.response.body:
        return None
    text = page.response.text
    if not any(word in text for word in WORDS):
        return FINE
    tree = parse(text)
    if tree.css_first(CONSOLE) is not None and any(EVALUATES.search(node.text()) for node in tree.css("script")):
        return Seen(fault=f"Werkzeug's debugger, which runs code, status {page.response.status}")
    for selector, name in TOOLBARS:
        if tree.css_first(selector) is not None:
            return Seen(fault=name, severity="medium")
    return FINE
