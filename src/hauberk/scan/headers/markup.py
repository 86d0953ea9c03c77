"""What the Observatory reads in a page: its meta elements and scripts, tag by tag, without building a tree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser


@dataclass(frozen=True, slots=True, kw_only=True)
class Markup:
    """The parts of a page that are judged."""

    policies: tuple[str, ...] = ()
    """Content-Security-Policy in meta elements."""
    referrer: str | None = None
    """The last `<meta name=referrer>`."""
    scripts: tuple[dict[str, str], ...] = ()
    """The attributes of every script element."""
    base: str = ""
    """The first `<base href>`."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.metas: list[dict[str, str]] = []
        self.scripts: list[dict[str, str]] = []
        self.base = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Of an attribute given twice, the first counts (HTML, section 13.2.5.33)."""
        if tag not in {"meta", "script", "base"}:
            return
        attributes: dict[str, str] = {}
        for name, value in attrs:
            attributes.setdefault(name, value or "")
        if tag == "meta":
            self.metas.append(attributes)
        elif tag == "script":
            self.scripts.append(attributes)
        else:
            self.base = self.base or attributes.get("href", "").strip()


@lru_cache(maxsize=32)
def read(text: str) -> Markup:
    """Any text gives a Markup: what cannot be read on ends the page."""
    reader = _Reader()
    try:
        reader.feed(text)
        reader.close()
    except AssertionError:  # how html.parser says that a declaration makes no sense
        pass
    policies, referrer = [], None
    for meta in reader.metas:
        if "http-equiv" in meta and "content" in meta:
            if meta["content"] and meta["http-equiv"].strip().lower() == "content-security-policy":
                policies.append(meta["content"])
        elif meta.get("name", "").strip().lower() == "referrer" and meta.get("content"):
            referrer = meta["content"]
    return Markup(policies=tuple(policies), referrer=referrer, scripts=tuple(reader.scripts), base=reader.base)
