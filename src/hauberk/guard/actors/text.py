"""Does a text look like an attack? A signal among others: what is typed into a search box may look like anything.

Judged by what the text would do if the application pasted it somewhere: it closes a string and goes on as SQL, adds a
command, climbs out of a folder, opens an element that runs script, or evaluates an expression.
"""

from __future__ import annotations

import re
from functools import lru_cache

from hauberk.guard.body import pairs
from hauberk.guard.tokens import Token, tokenise

LONGEST = 500
"""Characters of a value that are looked at: what a request can make us search is bounded."""
MOST = 32
"""Values of a query that are looked at."""

_RISKY = re.compile(
    rb"['\"`<;|$({\\]|\.\.(?:/|%2[fF]|%5[cC])|--|/\*|%(?:2[2478eE]|3[bBcC]|5[cC]|60|7[bBcC]|00|0[aAdD]|25)|"
    rb"[+ ](?:union|or|and)[+ ]",
    re.IGNORECASE,
)
_CLIMB = re.compile(r"(?:\.\.[/\\]){2,}|(?:^|[/\\])(?:etc[/\\](?:passwd|shadow)|proc[/\\]self)|\x00")
_COMMAND = re.compile(
    r"(?:[;|&\n]|\$\(|`)\s*(?:(?:/\w+)*/)?(?:ba|da|z|k)?(?:sh|id|ls|cat|nc|curl|wget|ping|sleep|whoami|uname|echo|env|"
    r"python3?|perl|ruby|php|powershell|cmd|nslookup|dig|tftp|chmod|rm|touch|tail|head|printf|expr)"
    r"(?:\s|\$\{?IFS|[;|&)`<>]|\Z)"
)
_MARKUP = re.compile(
    r"<\s*(?:script|iframe|object|embed|base|applet)\b|<\s*/?\s*[a-z][\w:-]*[^>]*[\s/\"']on[a-z]{3,}\s*=|"
    r"\bjavascript\s*:\s*[^\s]|<\s*svg\b[^>]*\bon",
    re.IGNORECASE,
)
_EXPRESSION = re.compile(r"\{\{.*\}\}|\$\{.*\}|<%.*%>|#\{.*\}|\{%.*%\}", re.DOTALL)
_EVALUATED = re.compile(
    r"[\d'\"]\s*[*+]\s*[\d'\"]|\w\(|__\w+__|\.\w+\[|\bconfig\b|\bself\b|\brequest\b|jndi:", re.IGNORECASE
)

_FOLLOWS = frozenset(
    "and between collate except glob group having ilike in into intersect is like limit not offset or order procedure "
    "regexp rlike union where xor".split()
)
"""Words that may follow a literal."""
_DEFINING = frozenset("alter create delete drop insert truncate".split())
_RUNNING = frozenset("begin call declare exec execute select set shutdown update waitfor".split())
"""Words that begin a statement: those that name a kind of object next, and the others."""
_OBJECTS = frozenset("all database from function index into procedure role schema table trigger user view".split())
_OPERATORS = frozenset("= < > | + - * / % & ^ ) ; , :".split())
_LITERALS = frozenset({"number", "string"})


def attack_in(query: bytes, path: str) -> str:
    """What a query or path looks like: `sql`, `shell`, `path`, `markup`, `template`; empty for nothing."""
    if query and _RISKY.search(query) is not None:
        for _, value in list(pairs(query))[:MOST]:
            if kind := kind_of(value):
                return kind
    if "'" in path or "<" in path or ".." in path or ";" in path or "{" in path or "\0" in path:
        return next((kind for segment in path.split("/")[:MOST] if (kind := kind_of(segment))), "") or (
            "path" if _CLIMB.search(path) else ""
        )
    return ""


@lru_cache(maxsize=1024)
def kind_of(value: str) -> str:
    """What one value looks like; empty for nothing."""
    value = value[:LONGEST]
    if _CLIMB.search(value) is not None:
        return "path"
    if _MARKUP.search(value) is not None:
        return "markup"
    if (found := _EXPRESSION.search(value)) is not None and _EVALUATED.search(found[0]) is not None:
        return "template"
    if _is_sql(value):
        return "sql"
    return "shell" if _COMMAND.search(value) is not None else ""


def _is_sql(value: str) -> bool:
    """Whether a string closes and the text goes on as a statement does, or the text does so after a number or word."""
    for quote in "'\"":
        if quote in value:
            tokens = tokenise(quote + value, "sqlite")
            if tokens[0].closed and _goes_on(quote + value, tokens[1:]):
                return True
    tokens = tokenise(value, "sqlite") if value.strip() else ()
    return len(tokens) > 1 and tokens[0].kind in {"number", "word"} and _adds(value, tokens[1:])


def _shown(text: str, tokens: tuple[Token, ...]) -> list[tuple[str, str]]:
    kept = [token for token in tokens if token.kind != "space"][:24]
    return [(token.kind, text[token.start : token.end].lower()) for token in kept]


def _goes_on(text: str, tokens: tuple[Token, ...]) -> bool:
    """After a literal: an operator, a clause or the end of the statement, and something that it is about."""
    found = _shown(text, tokens)
    while found and found[0] == ("symbol", ")"):
        del found[0]
    if not found:
        return False
    kind, first = found[0]
    rest = found[1:]
    if kind == "comment":
        return True
    if kind == "word" and first in _FOLLOWS:
        return any(k in _LITERALS | {"comment"} or t in {"select", "by", "("} for k, t in rest)
    if kind != "symbol" or first not in _OPERATORS:
        return False
    if first == ";":
        return _statement(rest)
    return any(k == "comment" or t in {"select", "(", "or", "and"} for k, t in rest) or (
        first in "=<>|+" and bool(rest) and rest[0][0] in _LITERALS | {"symbol"}
    )


def _statement(found: list[tuple[str, str]]) -> bool:
    """Whether another statement begins here, or the rest is cut off."""
    match found:
        case [("comment", _), *_] | [(_, "shutdown")]:
            return True
        case [(_, verb), (_, object_), *_]:
            return verb in _RUNNING or (verb in _DEFINING and object_ in _OBJECTS)
    return False


def _adds(text: str, tokens: tuple[Token, ...]) -> bool:
    """After a number or a word: a condition on literals, another query, or another statement."""
    found = [*_shown(text, tokens)]
    while found and found[0] == ("symbol", ")"):
        del found[0]
    texts = [t for _, t in found]
    if not found:
        return False
    if texts[0] == "union":
        return "select" in texts[:4]
    if texts[0] in {"or", "and", "xor", "having", "&&", "||"}:
        return any(
            found[at][0] in _LITERALS and texts[at + 1] in {"=", "<", ">", "like"} and found[at + 2][0] in _LITERALS
            for at in range(1, len(found) - 2)
        ) or ("(" in texts and "select" in texts)
    if texts[0] == ";":
        return _statement(found[1:])
    return texts[:2] == ["order", "by"] and len(found) > 3 and found[-1][0] == "comment"
