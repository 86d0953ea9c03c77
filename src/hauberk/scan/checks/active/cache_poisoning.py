"""Cache poisoning: a field that no cache keys by changes an answer that any cache may keep (RFC 9111, section 4.1)."""

from __future__ import annotations

import re

from hauberk.core.finding import Rule
from hauberk.scan.messages import Response

RULE = Rule(
    id="scan.cache-poisoning",
    title="An unkeyed header changes a public answer",
    severity="high",
    why="Whoever asks first with that header decides what the cache hands to everybody else.",
    fix="Ignore the header, or take it from your own proxy alone; else name it in Vary, or answer with "
    "Cache-Control: private.",
    cwe=(349,),
    asvs=("v5.0.0-4.1.3",),
    top10=("A08:2025",),
    docs="https://www.rfc-editor.org/rfc/rfc9111#section-4.1",
)
_AGE = re.compile(r"(?:^|[\s,])(?:s-maxage|max-age)\s*=\s*\"?0*[1-9]", re.IGNORECASE)
_PUBLIC = re.compile(r"(?:^|[\s,])public(?:$|[\s,])", re.IGNORECASE)
_PRIVATE = re.compile(r"(?:^|[\s,])(?:private|no-store|no-cache|s-maxage\s*=\s*\"?0+\"?(?:$|[\s,]))", re.IGNORECASE)


def fields(word: str, path: str) -> tuple[tuple[str, str], ...]:
    """What is sent, one at a time: proxies set these, and servers read them."""
    elsewhere = "/" if path != "/" else f"/{word}"
    return (
        ("x-forwarded-host", f"{word}.example"),
        ("x-forwarded-scheme", "http"),
        ("x-forwarded-scheme", "https"),
        ("x-original-url", elsewhere),
    )


def kept(response: Response, field: str = "") -> bool:
    """Whether a shared cache may keep the answer by its own words, whatever that field of the request is."""
    said = ",".join(response.all("cache-control"))
    varies = {name.strip().lower() for line in response.all("vary") for name in line.split(",")}
    if response.status >= 500 or response.all("set-cookie") or _PRIVATE.search(said) or varies & {"*", field}:
        return False
    return bool(_PUBLIC.search(said) or _AGE.search(said))


def shape(response: Response, word: str) -> tuple[int, str, str]:
    """What of an answer is compared: a word that was sent counts by being there."""
    text = response.text.replace(word, "{word}")
    return response.status, (response.header("location") or "").replace(word, "{word}"), text
