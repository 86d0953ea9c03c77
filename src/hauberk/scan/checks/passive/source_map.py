"""The sources of a front end beside what was built of them."""

from __future__ import annotations

import json
import re

from hauberk.core.finding import Rule
from hauberk.scan.page import FINE, Page, Seen

RULE = Rule(
    id="scan.source-map",
    title="Source map with sources",
    severity="info",
    why="It shows the front end's sources, comments included. Often that is meant; then put up with this line.",
    fix="Build for production without source maps, or keep them where only your error tracker reads them.",
    cwe=(540,),
    asvs=(),
    top10=("A02:2025",),
    docs="https://developer.mozilla.org/docs/Glossary/Source_map",
)

NAMED = re.compile(r"//[#@]\s*sourceMappingURL=data:application/json[^\n]{0,200}base64,")


def judge(page: Page) -> Seen | None:
    """Scripts and style sheets with a map in them, and maps themselves."""
    media, text = page.response.media, page.response.text
    if page.response.status != 200:
        return None
    if page.operation.path.endswith(".map") or ('"mappings"' in text[:2_000_000] and media.endswith("json")):
        try:
            document = json.loads(page.response.body)
        except ValueError:
            return None
        held = isinstance(document, dict) and document.get("version") == 3 and any(document.get("sourcesContent") or ())
        return Seen(fault=f"{len(document['sourcesContent'])} sources") if held else FINE
    if "javascript" not in media and media != "text/css":
        return None
    return Seen(fault="a map within the file") if NAMED.search(text) else FINE
