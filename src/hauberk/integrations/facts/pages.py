"""Words in the scripts and pages that lie in a project: signs of what its front end does."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from hauberk.check.features import known_features
from hauberk.integrations.facts.source import FOREIGN

ENDINGS = (".js", ".mjs", ".ts", ".jsx", ".tsx", ".vue", ".html", ".htm", ".j2", ".jinja", ".jinja2", ".hbs")
MOST_FILES, MOST_OCTETS = 2_000, 32 * 1024 * 1024


def page_words(root: Path) -> frozenset[str] | None:
    """Which of the words that features are known by stand in some script or page; None where there is too much to
    read, or some of it cannot be read."""
    words = sorted({text for feature in known_features() for text in feature.texts})
    pattern = re.compile(rb"\b(?:" + b"|".join(word.encode() for word in words) + rb")\b")
    found: set[str] = set()
    octets = 0
    for number, path in enumerate(_pages(root)):
        try:
            octets += path.stat().st_size
            if number >= MOST_FILES or octets > MOST_OCTETS:
                return None
            found |= {word.decode() for word in pattern.findall(path.read_bytes())}
        except OSError:
            return None
    return frozenset(found)


def _pages(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in FOREIGN and not name.startswith(".")]
        for name in sorted(names):
            if name.endswith(ENDINGS):
                yield Path(folder, name)
