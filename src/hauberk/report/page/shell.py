"""The page around the parts: one file, nothing loaded, nothing run but what its own policy names by hash."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files

from hauberk.report.page.markup import Child, Markup, el, join, text
from hauberk.report.plain import clip, words

LIMIT = 294_000
"""How large a page may become, in octets: findings beyond it are listed shortly, and the page says so."""


def document(title: str, *body: Child) -> Markup:
    """A whole page. `title` is data; `body` are parts."""
    style, script = _packaged("style.css"), _packaged("page.js")
    policy = "; ".join(
        [
            "default-src 'none'",
            f"style-src '{_hash(style)}'",
            f"script-src '{_hash(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
        ]
    )
    head = el(
        "head",
        None,
        el("meta", {"charset": "utf-8"}),
        el("meta", {"http-equiv": "Content-Security-Policy", "content": policy}),
        el("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        el("meta", {"name": "color-scheme", "content": "light dark"}),
        el("meta", {"name": "referrer", "content": "no-referrer"}),
        el("title", None, text(clip(words(title), 120))),
        Markup(f"<style>{style}</style>"),
    )
    content = el("body", None, link_to_content(), *body, Markup(f"<script>{script}</script>"))
    return join(Markup("<!doctype html>\n"), el("html", {"lang": "en"}, head, content), Markup("\n"))


def link_to_content() -> Markup:
    """Lets a keyboard skip the head."""
    return el("a", {"class": "skip", "href": "#content"}, "Skip to the findings")


def section(id: str, title: str, note: Child, *body: Child) -> Markup:
    """A part with a heading of its own; `id` is ours."""
    heading = el("div", "section-head", el("h2", {"id": f"{id}-title"}, title), el("p", "note", note) if note else None)
    return el("section", {"id": id, "aria-labelledby": f"{id}-title"}, heading, *body)


def logo() -> Markup:
    """Four rings of mail."""
    rings = [
        Markup(f'<circle cx="{x}" cy="{y}" r="5.4"/>') for x, y in ((8.5, 8.5), (15.5, 8.5), (8.5, 15.5), (15.5, 15.5))
    ]
    return el("svg", {"class": "logo", "viewBox": "0 0 24 24", "aria-hidden": "true"}, rings)


@cache
def _packaged(name: str) -> str:
    return files("hauberk.report.page").joinpath(name).read_text("utf-8").strip()


def _hash(source: str) -> str:
    return "sha256-" + b64encode(sha256(source.encode()).digest()).decode()
