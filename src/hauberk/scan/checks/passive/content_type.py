"""An answer whose Content-Type is missing, names no charset, or names another type than the body has."""

from __future__ import annotations

import json
import re

from hauberk.core.finding import Rule
from hauberk.scan.page import FINE, Page, Seen

RULE = Rule(
    id="scan.content-type",
    title="Content-Type is missing or wrong",
    severity="low",
    why="A browser guesses: an API's answer becomes a page, or a page is read in a charset that lets script through.",
    fix="Send the type that the body has, with charset=utf-8 for text.",
    cwe=(173, 436),
    asvs=("v5.0.0-4.1.1",),
    top10=("A02:2025",),
    docs="https://www.rfc-editor.org/rfc/rfc9110#section-8.3",
)
MARKUP = re.compile(rb"\s*(<!doctype\s+html|<html[\s>])", re.IGNORECASE)


def judge(page: Page) -> Seen | None:
    """JSON is UTF-8 (RFC 8259, section 8.1); text says its charset, in the field or, for HTML and XML, itself."""
    body = page.response.body
    if not body or page.response.status in (204, 304):
        return None
    field = page.response.header("content-type") or ""
    kind = field.partition(";")[0].strip().lower()
    if "/" not in kind:
        return Seen(fault=f"Content-Type is {field!r}" if field else "there is a body and no Content-Type")
    if kind == "text/html" and _is_json(body):
        return Seen(fault="the body is JSON, and Content-Type says text/html", severity="medium")
    if kind.endswith("json") and MARKUP.match(body):
        return Seen(fault=f"the body is HTML, and Content-Type says {kind}")
    if kind.startswith("text/") and "charset=" not in field.lower() and not _says_charset(body):
        return Seen(fault=f"Content-Type {kind} names no charset")
    return FINE


def _is_json(body: bytes) -> bool:
    if body.lstrip()[:1] not in (b"{", b"["):
        return False
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def _says_charset(body: bytes) -> bool:
    return bool(re.search(rb"<meta[^>]+charset|<\?xml[^>]+encoding", body[:1024], re.IGNORECASE))
