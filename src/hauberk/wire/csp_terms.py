"""What the words of a Content-Security-Policy are: directives, their fall-backs, keywords and sources (CSP3)."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error

SCRIPTS = ("script-src", "script-src-elem", "script-src-attr")
STYLES = ("style-src", "style-src-elem", "style-src-attr")
FALLBACKS: dict[str, tuple[str, ...]] = {
    "script-src-elem": ("script-src", "default-src"),
    "script-src-attr": ("script-src", "default-src"),
    "style-src-elem": ("style-src", "default-src"),
    "style-src-attr": ("style-src", "default-src"),
    "worker-src": ("child-src", "script-src", "default-src"),
    "frame-src": ("child-src", "default-src"),
    "fenced-frame-src": ("frame-src", "child-src", "default-src"),
    **dict.fromkeys(
        (
            "child-src",
            "connect-src",
            "font-src",
            "img-src",
            "manifest-src",
            "media-src",
            "object-src",
            "prefetch-src",
            "script-src",
            "style-src",
        ),
        ("default-src",),
    ),
}
"""Fetch directive to those that stand in for it, the nearest first (CSP3, section 6.8.3)."""
OTHERS = (
    "base-uri form-action frame-ancestors report-to report-uri require-trusted-types-for sandbox trusted-types "
    "upgrade-insecure-requests webrtc"
).split()
"""Directives that nothing stands in for: left out, they allow everything."""
OBSOLETE = frozenset(
    "block-all-mixed-content navigate-to plugin-types prefetch-src referrer reflected-xss require-sri-for".split()
)
"""Directives of drafts and of older levels, which browsers ignore."""
KNOWN = frozenset({"default-src", *FALLBACKS, *OTHERS, *OBSOLETE})

BOTH = frozenset("unsafe-inline unsafe-hashes report-sample".split())
SCRIPT_ONLY = frozenset(
    "unsafe-eval wasm-unsafe-eval strict-dynamic trusted-types-eval inline-speculation-rules report-sha256 "
    "report-sha384 report-sha512".split()
)
KEYWORDS = (
    BOTH | SCRIPT_ONLY | frozenset("none self script allow-duplicates unsafe-webtransport-hashes allow block".split())
)
UNQUOTED_WORDS = KEYWORDS - {"script", "allow", "block"}
"""Keywords that nobody means as a host. `script`, `allow` and `block` can be names."""

NONCE = re.compile(r"'nonce-([A-Za-z0-9+/_-]+={0,2})'\Z", re.IGNORECASE)
HASH = re.compile(r"'(sha(?:256|384|512))-([A-Za-z0-9+/_-]+={0,2})'\Z", re.IGNORECASE)
DIGEST = {"sha256": 32, "sha384": 48, "sha512": 64}
"""Octets of a digest."""
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\Z")
HOST = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?"
    r"(?P<host>\*|(?:\*\.)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?)"
    r"(?::(?P<port>\d{1,5}|\*))?"
    r"(?P<path>/[^?#]*)?\Z"
)
"""A host source (CSP3, section 2.3.1). Its grammar has no place for an IPv6 address."""
TRUSTED_TYPES_NAME = re.compile(r"[A-Za-z0-9#=_/@.%-]+\Z")


def effective(directives: set[str] | frozenset[str] | dict[str, tuple[str, ...]], name: str) -> str | None:
    """The directive that decides in place of `name`, itself included; None where nothing restricts it."""
    for candidate in (name, *FALLBACKS.get(name, ())):
        if candidate in directives:
            return candidate
    return None


def hash_problem(source: str) -> str:
    """What is wrong with a hash source, which no text would ever match; empty if nothing is."""
    found = HASH.match(source)
    if found is None:
        return "is no hash source"
    algorithm, digest = found[1].lower(), found[2].replace("-", "+").replace("_", "/")
    try:
        length = len(b64decode(digest + "=" * (-len(digest) % 4), validate=True))
    except Error:
        return "holds no base64"
    if length != DIGEST[algorithm]:
        return f"holds {length} octets, and {algorithm} makes {DIGEST[algorithm]}: no text matches it"
    return ""


def source_problem(source: str) -> str:
    """What keeps browsers from reading a scheme or host source; empty if nothing does."""
    if SCHEME.match(source) or HOST.match(source):
        return ""
    if "[" in source:
        return "is an IPv6 address, which no host source can name"
    if "?" in source or "#" in source:
        return "has a query or a fragment, and sources end with the path"
    return "is neither a scheme such as https: nor a host such as https://cdn.example"
