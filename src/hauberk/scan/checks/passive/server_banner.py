"""Header fields that tell which software answers."""

from __future__ import annotations

import re

from hauberk.core.finding import Rule
from hauberk.scan.page import FINE, Page, Seen

RULE = Rule(
    id="scan.server-banner",
    title="Software and version in header fields",
    severity="low",
    why="It tells an attacker which known holes to try.",
    fix="Remove the fields, or the versions in them (uvicorn --no-server-header; gunicorn and proxies have settings).",
    cwe=(200,),
    asvs=("v5.0.0-13.4.6",),
    top10=("A01:2025",),
    docs="https://owasp.org/www-project-secure-headers/",
)

ALWAYS = ("x-powered-by", "x-aspnet-version", "x-aspnetmvc-version", "x-generator")
VERSION = re.compile(r"\d+\.\d+")


def judge(page: Page) -> Seen | None:
    """`Server` is a fault with a version, the others whatever they say."""
    names = [f"{name}: {value}" for name in ALWAYS if (value := page.response.header(name))]
    server = page.response.header("server") or ""
    if VERSION.search(server):
        names.append(f"server: {server}")
    return Seen(fault="; ".join(names)[:200]) if names else FINE
