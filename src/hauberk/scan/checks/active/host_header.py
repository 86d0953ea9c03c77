"""Host header: the name that a request calls the server by becomes the host of the answer's own links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from hauberk.core.finding import Rule
from hauberk.scan.html import parse
from hauberk.scan.messages import Response
from hauberk.scan.trial import Proof

RULE = Rule(
    id="scan.host-header",
    title="Links follow the Host header",
    severity="medium",
    why="A link in a password-reset mail, or a page that a cache keeps, leads to the attacker's host with its token.",
    fix="Name the hosts that the application answers for: Policy(hosts=...); build addresses from a setting, and "
    "take X-Forwarded-Host from your own proxy alone.",
    cwe=(644,),
    asvs=("v5.0.0-4.1.3",),
    top10=("A05:2025",),
    docs="https://owasp.org/www-project-web-security-testing-guide/",
)
FIELDS = ("x-forwarded-host", "host")
ATTRIBUTES = ("href", "src", "action", "formaction", "content")
_TEXT = re.compile(r"""(?<![^\s"'<>(])https?://([^\s/?#"'<>()\\]+)""")
"""An address in JSON, XML or a mail, at the beginning of a word."""


def judge(response: Response, host: str) -> Proof | None:
    """Whether an address of the answer is on that host."""
    for where, address in addresses(response):
        if _host(address) == host:
            return Proof(reason=f"{where} is {address[:200]}", seen={"address": address[:500]})
    return None


def addresses(response: Response) -> Iterator[tuple[str, str]]:
    """The absolute addresses that the answer leads to, each with its place. Words about a host are none."""
    for name in ("location", "content-location", "link", "refresh"):
        for value in response.all(name):
            yield name, re.sub(r"^.*?(<|url=)", "", value) if name in {"link", "refresh"} else value
    if response.is_html:
        if b"//" in response.body:
            for node in parse(response.text).css(",".join(f"[{name}]" for name in ATTRIBUTES)):
                for name in ATTRIBUTES:
                    held = node.attributes.get(name)
                    if held:
                        yield f"{name} of <{node.tag}>", held.strip()
    elif response.media.startswith("text/") or "json" in response.media or "xml" in response.media:
        for found in _TEXT.finditer(response.text.replace("\\/", "/")):
            yield "an address", found[0]


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""
