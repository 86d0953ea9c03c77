"""Values inside of values: what an application that parses a text gets from it. Nothing here raises.

XML elements and attributes, JSON in a text, the claims of a token, names and passwords of Basic authentication,
literals of GraphQL, and the names of files in an archive.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import json
import re
import zlib
from collections.abc import Iterator
from typing import Any

Named = tuple[str, str]

DEEPEST = 100
_BEGINS = frozenset("{[< \t\r\n")
"""How JSON and XML begin."""
MOST = 10_000
MOST_NODES = 50_000
"""How many tags and texts of an XML document are looked at."""
LONGEST = 4 * 1024 * 1024
"""Octets beyond which nothing is unpacked any further."""

_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})")
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"), (b"\x4c\x6f\xa7\x94", "cp037"), (b"<\0?\0", "utf-16-le"), (b"\0<\0?", "utf-16-be"),
)  # fmt: skip
"""How a document in another coding begins (XML 1.0, appendix F)."""
_MARKUP = re.compile(
    r"<!\[CDATA\[(?P<data>[\s\S]*?(?=\]\]>)|[\s\S]*+)(?:\]\]>)?|<!--(?:[\s\S]*?-->|[\s\S]*+)|<\?(?:[\s\S]*?\?>|[\s\S]*+)"
    r"|<!DOCTYPE[^<>\[]*+(?:\[(?:[\s\S]*?\]\s*>|[\s\S]*+)|>)"
    r"|<(?P<tag>[^\s<>/!?\"']+)(?P<rest>(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+)>|(?P<end></[^<>]*+>)|<"
    r"|(?P<text>[^<]++)"
)
"""What is not closed runs to the end: every character is then looked at once, whatever comes."""
_ATTRIBUTE = re.compile(r"([^\s=\"'<>/]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_ENTITY = re.compile(r"<!ENTITY\s+(?:%\s+)?([^\s\"'%&;<>]+)\s+(?:\"([^\"]*)\"|'([^']*)')")
_JWT = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{2,}+\.([A-Za-z0-9_-]{2,}+)\.[A-Za-z0-9_-]*+")
"""A signed token in compact form (RFC 7515, section 7.1)."""
_GRAPHQL = re.compile(r'"""((?:[^"\\]++|\\[\s\S]|"(?!""))*+)(?:""")?|"((?:[^"\\\n]++|\\.)*+)"?')


def nests(name: str, value: str) -> bool:
    """Whether there may be values in a value: what most are asked, and `inner` then is not."""
    return (
        value[:1] in _BEGINS
        or ("ey" in value and value.count(".") > 1)
        or ("{" in value and name.endswith("query"))
        or name == "header:authorization"
    )


def inner(name: str, value: str) -> Iterator[Named]:
    """What stands in one value of a request, under the name of the value."""
    first = value.lstrip()[:1]
    if first and first in "{[" and (document := as_json(value)) is not None:
        yield from ((name, text) for text in leaves(document))
    if "ey" in value and value.count(".") > 1:
        for claimed in claims(value):
            yield from ((f"{name}.{key}", text) for key, content in claimed.items() for text in leaves(content))
    if name == "header:authorization" and value[:6].lower() == "basic ":
        yield from _basic(name, value[6:])
    if first == "<":
        yield from xml_leaves(value)
    if "{" in value and '"' in value and name.endswith("query"):
        yield from graphql_literals(name, value)


def decoded(blob: bytes) -> Iterator[str]:
    """The text of an XML document, as its first octets and its declaration say that it is coded."""
    for begins, coding in _BOMS:
        if blob.startswith(begins):
            yield blob.decode(coding, "replace")
            return
    yield blob.decode("utf-8", "replace")
    declared = _ENCODING.match(blob.lstrip())
    if declared is not None and declared[1].lower() not in {b"utf-8", b"ascii", b"us-ascii"}:
        try:
            yield blob.decode(declared[1].decode("ascii"), "replace")
        except (LookupError, UnicodeError):  # Then no parser reads it either.
            return


def xml_leaves(text: str) -> Iterator[Named]:
    """Texts and attributes of a document, with their references resolved; values of its entities."""
    tag = ""
    pending: list[str] = []
    for count, found in enumerate(_MARKUP.finditer(text)):
        if count > MOST_NODES:
            return
        if found["text"] is not None:
            pending.append(html.unescape(found["text"]))
        elif found["data"] is not None:
            pending.append(found["data"])
        elif found["tag"]:
            if joined := "".join(pending).strip():
                yield f"xml:{tag}", joined
            pending, tag = [], found["tag"]
            for name, double, single in _ATTRIBUTE.findall(found["rest"]):
                yield f"xml:{tag}@{name}", html.unescape(double or single)
        elif found["end"] and (joined := "".join(pending).strip()):
            yield f"xml:{tag}", joined
            pending = []
    if joined := "".join(pending).strip():
        yield f"xml:{tag}", joined
    for name, double, single in _ENTITY.findall(text) if "<!ENTITY" in text else ():
        yield f"xml:&{name}", html.unescape(double or single)


def as_json(text: str | bytes) -> Any:
    """An object or list of JSON; None for anything else."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict | list) else None


def leaves(document: Any, depth: int = 0) -> Iterator[str]:
    """Every text in an object that is a value, not a name."""
    if isinstance(document, str):
        yield document
    elif depth < DEEPEST and isinstance(document, dict | list):
        for below in document.values() if isinstance(document, dict) else document:
            yield from leaves(below, depth + 1)


def claims(value: str) -> Iterator[dict[str, Any]]:
    """What a JSON Web Token says, verified or not (RFC 7519), wherever in the text it stands."""
    for token in _JWT.finditer(value) if value.count(".") >= 2 else ():
        padded = token[1] + "=" * (-len(token[1]) % 4)
        try:
            document = json.loads(base64.urlsafe_b64decode(padded))
        except (ValueError, binascii.Error, RecursionError):
            continue
        if isinstance(document, dict):
            yield document


def _basic(name: str, credentials: str) -> Iterator[Named]:
    """User and password (RFC 7617)."""
    try:
        user, _, password = base64.b64decode(credentials.strip()).decode("utf-8", "replace").partition(":")
    except (ValueError, binascii.Error):
        return
    yield f"{name}.user", user
    yield f"{name}.password", password


def graphql_literals(name: str, document: str) -> Iterator[Named]:
    """Strings that stand in a GraphQL document itself (October 2021, section 2.9.4); variables come as JSON."""
    for block, plain in _GRAPHQL.findall(document):
        if block:
            yield name, block.replace('\\"""', '"""')
        elif plain:
            unescaped = as_json(f'["{plain}"]') if "\\" in plain else None
            yield name, unescaped[0] if unescaped else plain


def member_names(content: bytes) -> Iterator[str]:
    """Names of the files in a zip or tar archive, and what its links point to, from as much of it as is there."""
    if content.startswith(b"PK\x03\x04"):
        yield from _zip_names(content)
        return
    if content.startswith(b"\x1f\x8b"):
        content = unpacked(content)
    if content[257:262] == b"ustar":
        yield from _tar_names(content)


def unpacked(content: bytes) -> bytes:
    """What gzip packed, as far as it can be read."""
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(content, LONGEST)
    except zlib.error:
        return b""


def _zip_names(content: bytes) -> Iterator[str]:
    """Local headers (PKWARE APPNOTE, 4.3.7): the directory at the end may lie beyond what is kept."""
    at = 0
    for _ in range(MOST):
        at = content.find(b"PK\x03\x04", at)
        if at < 0 or at + 30 > len(content):
            return
        length = int.from_bytes(content[at + 26 : at + 28], "little")
        yield content[at + 30 : at + 30 + length].decode("utf-8", "replace")
        at += 30


def _tar_names(content: bytes) -> Iterator[str]:
    """Headers of 512 octets (POSIX.1-2017, pax, "ustar Interchange Format"), long names of GNU and pax records."""
    at = 0
    for _ in range(MOST):
        head = content[at : at + 512]
        if len(head) < 512 or not head[0]:
            return
        name, link, prefix = (head[a:b].rstrip(b"\0") for a, b in ((0, 100), (157, 257), (345, 500)))
        for part in (prefix + b"/" + name if prefix else name, link):
            if part:
                yield part.decode("utf-8", "replace")
        digits = head[124:136].strip(b"\0 ")
        size = int(digits, 8) if digits and all(48 <= digit < 56 for digit in digits) else 0
        if head[156:157] in {b"L", b"K", b"x", b"g"}:
            text = content[at + 512 : at + 512 + min(size, 65_536)].decode("utf-8", "replace")
            yield from (line.partition("=")[2] or line for line in text.rstrip("\0").split("\n") if line)
        at += 512 + (size + 511) // 512 * 512
