"""An answer that shows the application's inside: a traceback, or a debugger."""

from __future__ import annotations

import html
import re

from hauberk.core.finding import Rule
from hauberk.scan.html import parse
from hauberk.scan.page import FINE, Page, Seen

RULE = Rule(
    id="scan.traceback",
    title="Traceback or debugger in an answer",
    severity="medium",
    why="It shows code, paths and values to whoever makes a request fail; an interactive debugger runs his code.",
    fix="Turn debug mode off where others can reach the application, and answer errors with a plain page.",
    cwe=(209, 489),
    asvs=("v5.0.0-13.4.2", "v5.0.0-16.5.1"),
    top10=("A10:2025", "A02:2025"),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/Error_Handling_Cheat_Sheet.html",
)

FRAMES = re.compile(r'Traceback \(most recent call last\):\s+File "[^"\n]+", line \d+, in ')
"""As the interpreter writes it; words in prose do not have this shape."""
PAGES = (
    ("#summary ~ #traceback", "Django's debug page"),
    ("#summary ~ #info #urlpatterns, #summary + #info > p > code ~ code", "Django's debug page"),
    (".debugger .traceback", "Werkzeug's debugger"),
    (".traceback-container .frame-line, .traceback-container .frame-filename", "Starlette's debug page"),
)
"""What the frameworks' debug pages are built of."""


def judge(page: Page) -> Seen | None:
    """Only answers that say that something went wrong: documentation may quote a traceback."""
    if page.response.status < 400:
        return FINE
    text = page.response.text
    if page.response.is_html:
        tree = parse(text)
        for selector, name in PAGES:
            if tree.css_first(selector) is not None:
                return Seen(fault=f"{name}, status {page.response.status}")
        text = html.unescape(text)
    # In JSON a line break is two characters, and a quote has a backslash.
    if FRAMES.search(text) or FRAMES.search(text.replace("\\n", "\n").replace('\\"', '"')):
        return Seen(fault=f"a Python traceback, status {page.response.status}")
    return FINE
