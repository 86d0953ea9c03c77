"""Named values of a request's body, by its content type, from as much of it as has been read. Never raises."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_plus

from hauberk.guard.inner import MOST_NODES, Named, decoded, graphql_literals, member_names, unpacked, xml_leaves

_WIDE = {b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"}
"""How XML in UTF-16 begins."""
MOST_PAIRS = 10_000
SHORT = 200
"""Characters of a name or value that is decoded once, however often it comes."""
LONGEST_FILE, MOST_LINES, MOST_CELLS = 64 * 1024, 1_000, 2_000
"""Octets of a file whose text is read, and how much of it."""
DEEPEST = 100
_PARAMETER = re.compile(r';\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))')
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)


def body_inputs(content_type: str, body: bytes) -> tuple[list[Named], bool]:
    """The inputs of a body, and whether its format was understood."""
    kind = content_type.partition(";")[0].strip().lower()
    if not body:
        return [], True
    if body.startswith(b"\x1f\x8b") and (plain := unpacked(body)) and not plain.startswith(b"\x1f\x8b"):
        return [("upload:", name) for name in member_names(body)] + body_inputs(content_type, plain)[0], False
    if kind == "application/graphql":
        text = _text(body, content_type)
        return [("body", text), *graphql_literals("body", text)], True
    if kind == "multipart/form-data":
        return _multipart(content_type, body)
    if kind == "application/x-www-form-urlencoded":
        return [*_form(body)], True
    if kind.endswith("json") or body.lstrip()[:1] in {b"{", b"["}:
        # Frameworks read JSON under any content type when told to.
        return _json(body)
    if kind.endswith("xml") or body.lstrip()[:1] == b"<" or body[:2] in _WIDE:
        texts = [*decoded(body)]
        found = [*(("body", text) for text in texts), *(leaf for text in texts for leaf in xml_leaves(text))]
        return found, all(2 * text.count("<") < MOST_NODES for text in texts)
    text = _text(body, content_type)
    # Of other formats the whole is an input, for applications that take it as it is.
    found = [("body", text), *(("upload:", name) for name in member_names(body))]
    if b"=" in body:
        found += _form(body)
    return found, kind == "text/plain"


def pairs(query: bytes) -> Iterator[Named]:
    """Names and values of a query or form (WHATWG URL, section 5.1), at most `MOST_PAIRS`."""
    for part in query.decode("latin-1").split("&", MOST_PAIRS)[:MOST_PAIRS]:
        name, _, value = part.partition("=")
        yield _decoded(name), _decoded(value)


def _decoded(part: str) -> str:
    if "%" not in part and part.isascii():
        return part.replace("+", " ")
    return _remembered(part) if len(part) <= SHORT else _unquoted(part)


def _unquoted(part: str) -> str:
    # Octets beyond ASCII that came unescaped are UTF-8 if they are anything.
    return unquote_plus(part.encode("latin-1").decode("utf-8", "replace"), errors="replace")


_remembered = lru_cache(maxsize=2_048)(_unquoted)


def _form(body: bytes) -> Iterator[Named]:
    for name, value in pairs(body):
        yield f"form:{name}", value
        yield f"form:{name}", name


def _text(body: bytes, content_type: str) -> str:
    found = _CHARSET.search(content_type)
    try:
        return body.decode(found.group(1) if found else "utf-8")
    except (LookupError, UnicodeDecodeError):
        return body.decode("utf-8", "replace")


def _json(body: bytes) -> tuple[list[Named], bool]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return [("body", body.decode("utf-8", "replace"))], False
    return [*_leaves(document, "", 0)], True


def _leaves(node: Any, path: str, depth: int) -> Iterator[Named]:
    """Every text in a JSON document, keys included."""
    if isinstance(node, str):
        yield f"json:{path}", node
    elif depth >= DEEPEST:
        return
    elif isinstance(node, dict):
        for key, value in node.items():
            inner = f"{path}.{key}" if path else key
            yield f"json:{path}", key
            yield from _leaves(value, inner, depth + 1)
    elif isinstance(node, list):
        for at, value in enumerate(node):
            yield from _leaves(value, f"{path}[{at}]", depth + 1)


def _multipart(content_type: str, body: bytes) -> tuple[list[Named], bool]:
    """Fields, file names (RFC 7578), and what stands in files that are text and not long."""
    boundary = next((a or b for name, a, b in _PARAMETER.findall(content_type) if name.lower() == "boundary"), "")
    if not boundary:
        return [("body", body.decode("utf-8", "replace"))], False
    found: list[Named] = []
    for part in body.split(b"--" + boundary.encode("latin-1", "replace"))[1 : MOST_PAIRS + 1]:
        head, _, content = part.partition(b"\r\n\r\n")
        fields = _disposition(head.decode("utf-8", "replace"))
        name = fields.get("name", "")
        if not name:
            continue
        found.append((f"form:{name}", name))
        file_names = [value for key, value in fields.items() if key in {"filename", "filename*"}]
        found += [(f"upload:{name}", value) for value in file_names]
        found += [(f"upload:{name}", member) for member in member_names(content)] if file_names else []
        if file_names:
            found += ((f"upload:{name}", text) for text in contents(content.removesuffix(b"\r\n")))
        else:
            found += [(f"form:{name}", text) for text in _texts(content.removesuffix(b"\r\n"))]
    return found, True


def contents(content: bytes) -> Iterator[str]:
    """What an application may take out of a file: all of it, its lines, their cells (RFC 4180). Of a file that is no
    text only how it begins: nothing that came with it is known by its values alone."""
    if len(content) > LONGEST_FILE or b"\0" in content:
        yield content[:SHORT].decode("latin-1")
        return
    text = content.decode("utf-8-sig", "replace")
    yield text
    lines = text.splitlines()[:MOST_LINES]
    separator = max(",;\t", key=lines[0].count) if lines else ","
    cells = 0
    for line in lines:
        yield line
        for cell in line.split(separator):
            if (cells := cells + 1) > MOST_CELLS:
                return
            yield cell.strip()[1:-1].replace('""', '"') if cell.strip()[:1] == '"' else cell


def _texts(content: bytes) -> Iterator[str]:
    """A field as UTF-8, and as Latin-1 where it is none: some parsers fall back to it."""
    text = content.decode("utf-8", "replace")
    yield text
    if "\ufffd" in text:
        yield content.decode("latin-1")


def _disposition(head: str) -> dict[str, str]:
    """The parameters of a part's Content-Disposition; `filename*` decoded (RFC 8187)."""
    line = next((line for line in head.split("\r\n") if line.lower().startswith("content-disposition:")), "")
    fields: dict[str, str] = {}
    for name, quoted, token in _PARAMETER.findall(line):
        value = re.sub(r"\\([\"\\])", r"\1", quoted) if quoted else token
        if name.endswith("*"):
            value = unquote_plus(value.rpartition("''")[2].replace("+", "%2B"))
        fields[name.lower()] = value
    return fields
