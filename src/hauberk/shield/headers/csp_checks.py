"""What each directive may hold: refused is what a browser would silently ignore or misread."""

from __future__ import annotations

import re
from difflib import get_close_matches

from hauberk.core.errors import ConfigurationError
from hauberk.core.options import did_you_mean
from hauberk.core.plan import NONCE as PLACEHOLDER
from hauberk.wire import csp_terms as terms

NONCE = f"'nonce-{PLACEHOLDER}'"
"""Write this source where a nonce is to stand; `{{ csp_nonce }}` in a template gives the same nonce."""

UNQUOTED = re.compile(r"(sha(256|384|512)|nonce)-")
FORBIDDEN = re.compile(r"[;,\s\x00-\x1f\x7f-\U0010ffff]")
SANDBOX = frozenset(
    "allow-downloads allow-forms allow-modals allow-orientation-lock allow-pointer-lock allow-popups "
    "allow-popups-to-escape-sandbox allow-presentation allow-same-origin allow-scripts "
    "allow-storage-access-by-user-activation allow-top-navigation allow-top-navigation-by-user-activation "
    "allow-top-navigation-to-custom-protocols".split()
)
SCRIPT_FIELDS = frozenset(
    {"default_src", "script_src", "script_src_elem", "script_src_attr", "worker_src", "child_src"}
)
STYLE_FIELDS = frozenset({"default_src", "style_src", "style_src_elem", "style_src_attr"})


def check(name: str, sources: tuple[str, ...]) -> None:
    """Refuse what a browser would silently ignore or misread."""
    field = f"CSP.{name}"
    if name == "sandbox":
        _each_of(field, sources, SANDBOX, "is not a sandbox token (HTML, section 7.6)")
        return
    if not sources and name != "trusted_types":
        raise ConfigurationError(field, sources, "is empty, which browsers read as 'none'", "write (\"'none'\",)")
    if len(set(sources)) < len(sources):
        raise ConfigurationError(field, sources, "names a source twice")
    for source in sources:
        if source != NONCE:
            _token(field, source)
            _quoted(field, source)
    if "'none'" in sources and len(sources) > 1:
        raise ConfigurationError(
            field, sources, "has 'none' beside other sources, where it is ignored", "keep one of them"
        )
    if name == "require_trusted_types_for":
        _each_of(field, sources, frozenset({"'script'"}), "is no group of sinks")
    elif name == "trusted_types":
        _policy_names(field, sources)
    elif name == "report_uri":
        _addresses(field, sources)
    else:
        for source in sources:
            _source(name, source)


def _each_of(field: str, given: tuple[str, ...], known: frozenset[str], problem: str) -> None:
    for word in given:
        if word not in known:
            raise ConfigurationError(field, word, problem, did_you_mean(word, sorted(known)))


def _policy_names(field: str, names: tuple[str, ...]) -> None:
    """Of Trusted Types: the names that `trustedTypes.createPolicy` may be given."""
    for name in names:
        if name not in {"*", "'none'", "'allow-duplicates'"} and not terms.TRUSTED_TYPES_NAME.match(name):
            raise ConfigurationError(field, name, "is no policy name of Trusted Types: letters, digits and -#=_/@.%")


def _addresses(field: str, addresses: tuple[str, ...]) -> None:
    for address in addresses:
        if address.startswith("'"):
            raise ConfigurationError(field, address, "is a keyword, and reports go to addresses")


def _quoted(field: str, source: str) -> None:
    """Refuse a keyword without its quotes, and one that is none."""
    if source in terms.UNQUOTED_WORDS or UNQUOTED.match(source):
        raise ConfigurationError(
            field, source, "is a keyword without its quotes, so a host name to browsers", f'write "{source!r}"'
        )
    bare = source.strip("'")
    if not source.startswith("'") or (source == f"'{bare}'" and bare in terms.KEYWORDS) or terms.NONCE.match(source):
        return
    if terms.HASH.match(source):
        if problem := terms.hash_problem(source):
            raise ConfigurationError(field, source, problem, "take CSP.hash_of(text)")
        return
    near = get_close_matches(bare, terms.KEYWORDS, n=1)
    raise ConfigurationError(field, source, "is not a keyword of CSP", f"did you mean \"'{near[0]}'\"?" if near else "")


def _source(name: str, source: str) -> None:
    """Refuse what means nothing in this directive, and what no browser can read."""
    field = f"CSP.{name}"
    if not source.startswith("'"):
        if problem := terms.source_problem(source):
            raise ConfigurationError(field, source, problem)
        return
    word = source.strip("'").lower()
    if word in {"none", "self"}:
        return
    fits = word not in {"script", "allow-duplicates", "allow", "block"}
    if name == "connect_src":
        fits = word == "unsafe-webtransport-hashes" or bool(terms.HASH.match(source))
    elif word in terms.SCRIPT_ONLY:
        fits = name in SCRIPT_FIELDS
    elif word in terms.BOTH or source == NONCE or terms.NONCE.match(source) or terms.HASH.match(source):
        fits = name in SCRIPT_FIELDS | STYLE_FIELDS
    if not fits:
        where = name.replace("_", "-")
        raise ConfigurationError(field, source, f"means nothing in {where}: browsers ignore it there", "leave it out")


def _token(field: str, text: str) -> None:
    if not text or FORBIDDEN.search(text):
        raise ConfigurationError(
            field,
            text,
            "is empty or holds a space, a comma, a semicolon or a character outside ASCII",
            "write each source as a text of its own",
        )
