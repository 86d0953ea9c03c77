"""Structured values of a request: what an application gets once it has parsed JSON, brackets in names, or a token.

For sinks that take objects and not text. Made when such a sink asks, once for each request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hauberk.core.exchange import Exchange
from hauberk.guard.body import body_inputs, pairs
from hauberk.guard.inner import as_json, claims, leaves
from hauberk.guard.inputs import decodings, head_inputs

Document = tuple[str, Any]
"""The input that it came in, and the object."""

MOST = 2_000
DEEPEST = 100
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")


def documents(ex: Exchange) -> list[Document]:
    """The body, query and form as objects, and every object that a text among the inputs is."""
    found: list[Document] = []
    body = ex.kept_body()
    kind = ex.header("content-type").partition(";")[0].strip().lower()
    parsed = as_json(body)
    if parsed is not None:
        found.append(("json:", parsed))
    if b"[" in ex.query or b"%5b" in ex.query.lower():
        found.append(("query:", nested(pairs(ex.query))))
    if kind == "application/x-www-form-urlencoded":
        found.append(("form:", nested(pairs(body))))
    fields = [] if parsed is not None else body_inputs(ex.header("content-type"), body)[0]
    if kind == "multipart/form-data":
        named = [(name.removeprefix("form:"), value) for name, value in fields if name.startswith("form:")]
        found.append(("form:", nested(iter(named))))
    for name, value in (*head_inputs(ex), *fields, *(_leaves("json:", parsed) if parsed is not None else ())):
        found += ((name, document) for document in within(value))
        if len(found) > MOST:
            break
    return found


def within(value: str) -> Iterator[Any]:
    """The objects that a text is, if it is any: JSON, however coded, and the claims of a token."""
    for form in dict.fromkeys(decodings(value)):
        if form.lstrip()[:1] in {"{", "["} and (document := as_json(form)) is not None:
            yield document
    yield from claims(value)


def nested(fields: Iterator[tuple[str, str]]) -> dict[str, Any]:
    """Names in brackets as objects: `user[$ne]=1` is `{"user": {"$ne": "1"}}`, as several parsers read it."""
    root: dict[str, Any] = {}
    for name, value in fields:
        first = name.partition("[")[0]
        path = [first, *_BRACKETS.findall(name)][:DEEPEST]
        node = root
        for key in path[:-1]:
            inner = node.setdefault(key, {})
            if not isinstance(inner, dict):
                break
            node = inner
        else:
            node[path[-1]] = value
    return root


def _leaves(name: str, document: Any) -> Iterator[tuple[str, str]]:
    return ((name, text) for text in leaves(document))
