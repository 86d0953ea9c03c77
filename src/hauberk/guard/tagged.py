"""Names of Python objects in documents of a request: tags of YAML, keys of jsonpickle (CWE-502)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from hauberk.core.exchange import Exchange
from hauberk.guard.blobs import blobs
from hauberk.guard.verdict import Judgement

TAGGED = Judgement("attack", "a tag in the request names the object that is made")
KEYED = Judgement("attack", "a key in the request names the object that is made")
DEEPEST = 100
_SPLIT = re.compile(r"%TAG\s")
"""A directive under which a name may be written in parts (YAML 1.1, section 7.1)."""
_MARK = re.compile(r'"py/')


def tags(ex: Exchange) -> list[tuple[str, str]]:
    """The texts of the request that have a tag of YAML in them, percent-decoded as tags are."""
    return [(origin, unquote(text)) for origin, text in _texts(ex) if "!" in text]


def names_by_tag(text: str, name: str) -> bool:
    """Whether a document names an object: as one word behind an exclamation mark, or in parts that it defines."""
    if name in text:
        return re.search(r"!\S*?" + re.escape(name), text) is not None
    return _SPLIT.search(text) is not None and name[-1:] in text


def keys(ex: Exchange) -> list[tuple[str, set[str]]]:
    """The names below `py/...` keys in the JSON of the request."""
    found = ((origin, set(_named(text))) for origin, text in _texts(ex) if "py" in text or "\\u" in text)
    return [(origin, names) for origin, names in found if names]


def _texts(ex: Exchange) -> Iterator[tuple[str, str]]:
    for origin, blob in blobs(ex):
        yield origin, blob.decode("utf-8", "replace")
        if blob.startswith((b"\xff\xfe", b"\xfe\xff")):
            yield origin, blob.decode("utf-16", "replace")


def _named(text: str) -> Iterator[str]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        # Input that goes into a document of the application's own is a part of JSON at most.
        if _MARK.search(text):
            yield from re.findall(r"[\w./]+", text)
        return
    yield from _below(document, 0, within=False)


def _below(node: Any, depth: int, *, within: bool) -> Iterator[str]:
    if depth > DEEPEST:
        return
    if isinstance(node, str):
        if within:
            yield node
    elif isinstance(node, list):
        for item in node:
            yield from _below(item, depth + 1, within=within)
    elif isinstance(node, dict):
        for key, item in node.items():
            yield from _below(item, depth + 1, within=within or key.startswith("py/"))
