"""A policy in words."""

from __future__ import annotations

import pytest

from hauberk.shield.csp.explain import explain
from hauberk.wire.csp import parse

SCRIPTS, HANDLERS = "Script elements", "Event handlers in attributes, such as onclick"
WORKERS, FRAMES = "Workers and service workers", "Pages in frames"
BASE, ANYTHING = "The base of relative addresses", "anything, as nothing restricts"


@pytest.mark.parametrize(
    ("policy", "thing", "allowed"),
    [
        (
            "default-src 'none'; img-src 'self' data:",
            "Pictures and icons",
            "this site, data in the address itself (img-src).",
        ),
        ("default-src 'self'", BASE, f"{ANYTHING} it."),
        ("img-src 'self'", SCRIPTS, f"{ANYTHING} them."),
        (
            "script-src 'self' https: 'nonce-a' 'strict-dynamic'",
            SCRIPTS,
            "what has this answer's nonce, whatever a trusted",
        ),
        ("script-src 'unsafe-inline'", SCRIPTS, "whatever is written into the page (script-src)."),
        ("script-src 'unsafe-inline' 'nonce-abc'", SCRIPTS, "what has this answer's nonce (script-src)."),
        ("script-src 'unsafe-inline'", HANDLERS, "anything (script-src)."),
        ("script-src 'unsafe-inline' 'nonce-abc'", HANDLERS, "nothing (script-src)."),
        ("script-src 'self'", HANDLERS, "nothing (script-src)."),
        ("script-src 'self'", WORKERS, "this site (script-src)."),
        ("child-src a.example; script-src 'self'", WORKERS, "a.example (child-src)."),
        ("child-src a.example; frame-src b.example", FRAMES, "b.example (frame-src)."),
        ("frame-ancestors 'none'", "Who may show the page in a frame", "nothing (frame-ancestors)."),
        (
            "style-src-attr 'unsafe-hashes' 'sha256-a'",
            "Styles in attributes",
            "those whose hash is named (style-src-attr).",
        ),
        ("sandbox allow-scripts", "The page is treated as a foreign one, which may", "allow-scripts (sandbox)."),
        ("webrtc 'block'", "Connections between browsers", "block (webrtc)."),
        ("report-uri /r", "What is blocked is reported to", "/r (report-uri)."),
        ("upgrade-insecure-requests", "Addresses with http are asked for", "by https (upgrade-insecure-requests)."),
    ],
)
def test_sentences(policy: str, thing: str, allowed: str) -> None:
    (parsed,) = parse(policy)
    (said,) = [one for one in explain(parsed) if thing in one.things]
    assert str(said).partition(": ")[2].startswith(allowed), str(said)
