"""From an operation and values to a request: sensible examples, and any one of them replaced."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote, urlencode

from hauberk.core.finding import Place
from hauberk.scan.messages import Request
from hauberk.scan.pictures import kind_of, named, wants_picture
from hauberk.scan.surface import FORM, JSON, MULTIPART, Operation, Parameter

Key = tuple[Place, str]
"""`Parameter.key`."""
Values = Mapping[Key, Any]
"""A value for a parameter, by `Parameter.key`; for an upload it is the file's name, and what the file holds, or a File.

Where a picture is asked for, the file is one, is named like one, and holds the value in a comment.
"""


class Members(dict[str, Any]):
    """An object that goes into a form or a query member by member, as `name[key]=value` and as `name.key=value`.

    Parsers of either notation make the object of it again (qs, and nested forms of REST frameworks).
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An upload as it is to be sent."""

    name: str
    media: str
    content: bytes


BOUNDARY = "hauberk-2f1d7c3a9b"
UNSENT: frozenset[str] = frozenset({"host", "content-length", "content-type", "cookie", "connection", "origin"})
"""Fields that are the transport's, set from the body, or those of same-origin checks."""

BINDING = ("user-agent", "accept-language", "x-forwarded-for", "x-real-ip", "forwarded")
"""Fields that a session may be bound to, so that with another value it is nobody's."""
OWN: frozenset[str] = frozenset({"authorization", *BINDING})
"""Fields that the identity sends by itself or not at all, unless a value is put there on purpose."""

FORMATS: dict[str, str] = {
    "email": "hauberk@example.com",
    "uuid": "123e4567-e89b-42d3-a456-426614174000",
    "date": "2026-01-02",
    "date-time": "2026-01-02T03:04:05Z",
    "time": "03:04:05Z",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "hostname": "example.com",
    "binary": "hauberk.txt",
    "path": "hauberk.txt",
}
NAMES: tuple[tuple[str, str], ...] = (
    (r"e-?mail", FORMATS["email"]),
    (r"(.*_)?(ur[il]|website|homepage|link)", FORMATS["uri"]),
    (r"(.*_)?(date|day|birthday)", FORMATS["date"]),
    (r"(.*_)?(id|pk|page|count|qty|quantity|amount|limit|offset|size|age|year|number|num|n)", "1"),
    (r"(phone|tel|mobile)", "+12025550123"),
)
"""What a name says about its values where no schema does."""
USUAL: tuple[str, ...] = (
    *("hauberk", "1", "12", "123", "1234", "2026", "12345", "123456", "1234567890", "a", "ab", "A", "AB", "ABC", "en"),
    *("a1", "A1", "abc-123", "1.0", "1.0.0", "00:00", "#aabbcc", "+12025550123", *FORMATS.values()),
)
"""Values to try on a pattern."""
_BODILESS: frozenset[Place] = frozenset({"query", "path", "header", "cookie"})
_NAMES = tuple((re.compile(pattern, re.IGNORECASE), value) for pattern, value in NAMES)


def example(parameter: Parameter) -> Any:
    """A value that the application is likely to take: the known one, or one that the schema allows."""
    if parameter.example not in (None, ""):
        return parameter.example
    schema = parameter.schema
    for word in ("const", "default", "example"):
        if schema.get(word) not in (None, "", [], {}):
            return schema[word]
    for word in ("enum", "examples"):
        choices = schema.get(word)
        if isinstance(choices, list) and choices:
            return choices[0]
    match schema.get("type"):
        case "integer" | "number":
            return _number(schema)
        case "boolean":
            return True
        case "null":
            return None
        case "object":
            return {}
        case "array":
            return [example(Parameter(name=parameter.name, place=parameter.place, schema=schema.get("items") or {}))]
    return _text(parameter)


def _number(schema: Mapping[str, Any]) -> int:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if isinstance(low, int | float) and low >= 1:
        return int(low) + ("exclusiveMinimum" in schema)
    if isinstance(high, int | float) and high <= 1:
        return int(high) - ("exclusiveMaximum" in schema)
    return 1


def _text(parameter: Parameter) -> str:
    schema = parameter.schema
    known = FORMATS.get(str(schema.get("format")))
    if known is None and isinstance(schema.get("pattern"), str):
        known = _matching(schema["pattern"])
    if known is None:
        last = re.split(r"[.\]]", parameter.name.removesuffix("[]"))[-1]
        known = next((value for pattern, value in _NAMES if pattern.fullmatch(last)), "hauberk")
    shortest, longest = schema.get("minLength"), schema.get("maxLength")
    if isinstance(shortest, int):
        known = known.ljust(shortest, "k")
    return known[:longest] if isinstance(longest, int) else known


def _matching(pattern: str) -> str | None:
    """The first of some usual values that the pattern takes (JSON Schema: it may match anywhere)."""
    try:
        compiled = re.compile(pattern)
    except re.error:  # JavaScript's grammar differs in places
        return None
    return next((value for value in USUAL if compiled.search(value)), None)


def examples(operation: Operation) -> dict[tuple[Place, str], Any]:
    """A value for each parameter."""
    chosen: dict[tuple[Place, str], Any] = {p.key: example(p) for p in operation.parameters}
    for name in operation.names:
        chosen.setdefault(("path", name), example(Parameter(name=name, place="path")))
    return chosen


class Builder:
    """Makes many requests of one operation: what stays the same from one to the next is worked out once."""

    def __init__(self, operation: Operation) -> None:
        self.operation, self._known = operation, examples(operation)
        plain = {p.place for p in operation.parameters} <= {"query", "path"} and not operation.together
        self._path = _path(operation, self._known) if plain else ""
        self._pairs = {p.key: _pair(p.name, self._known[p.key]) for p in operation.at("query")} if plain else {}

    def request(self, values: Values, more: Values | None = None) -> Request:
        """As `request`; `more` are parameters that the operation has not."""
        more = more or {}
        if not self._pairs or not values.keys() <= self._pairs.keys() or any(place != "query" for place, _ in more):
            return request(_with(self.operation, more), values, {**self._known, **more})
        pairs = dict(self._pairs)
        for key, value in (*values.items(), *more.items()):
            pairs[key] = _pair(key[1], value)
        asked = "&".join(pair for pair in pairs.values() if pair)
        return Request(method=self.operation.method, target=f"{self._path}?{asked}" if asked else self._path)


def _with(operation: Operation, more: Values) -> Operation:
    added = tuple(Parameter(name=name, place=place, required=True) for place, name in more)
    # Code that looks for the first field that it does not know has to find this one.
    first = tuple(parameter for parameter in added if parameter.place == "header")
    rest = tuple(parameter for parameter in added if parameter.place != "header")
    return replace(operation, parameters=(*first, *operation.parameters, *rest)) if added else operation


def _pair(name: str, value: Any) -> str:
    if type(value) is str:
        return f"{_quoted(name)}={_quoted(value)}"
    return "&".join(f"{_quoted(key)}={_quoted(text)}" for key, text in _named(name, value))


def request(operation: Operation, values: Values | None = None, known: Values | None = None) -> Request:
    """The operation's request with examples for all parameters, but with these values where they are given.

    `known` are its `examples`, where they have been worked out.
    """
    chosen: dict[tuple[Place, str], Any] = {**(examples(operation) if known is None else known), **(values or {})}
    asked = operation.at("query")
    if operation.together and values:
        sent = operation.beside(frozenset(name for place, name in values if place == "query"))
        asked = tuple(p for p in asked if p.name in sent or p.required)
    query = [pair for p in asked for pair in _named(p.name, chosen[p.key])]
    target = _path(operation, chosen)
    if query:
        target += "?" + "&".join(f"{_quoted(name)}={_quoted(text)}" for name, text in query)
    headers = [
        (p.name.lower(), _text_of(chosen[p.key]))
        for p in operation.at("header")
        if p.name.lower() not in UNSENT and (p.name.lower() not in OWN or p.key in (values or {}))
    ]
    # A cookie of which no value is known may be the session's: the jar has that, or nobody.
    sent_cookies = (p for p in operation.at("cookie") if p.key in (values or {}) or p.example not in (None, ""))
    cookies = [f"{p.name}={cookie(_text_of(chosen[p.key]))}" for p in sent_cookies]
    if cookies:
        headers.append(("cookie", "; ".join(cookies)))
    media, body = _body(operation, chosen)
    if media:
        headers.append(("content-type", media))
    return Request(method=operation.method, target=target, headers=tuple(headers), body=body)


def _path(operation: Operation, chosen: Values) -> str:
    path = _quoted(operation.path, safe="/{}:@!$&'()*+,;=~")
    if "{" not in path:
        return path
    slashes = {p.name for p in operation.at("path") if p.schema.get("format") == "path"}
    for name in operation.names:
        text = _text_of(chosen["path", name])
        path = path.replace("{" + quote(name) + "}", quote(text, safe="/" if name in slashes else ""), 1)
    return path


def _body(operation: Operation, chosen: Values) -> tuple[str, bytes]:
    if _BODILESS.issuperset(p.place for p in operation.parameters):
        return "", b""
    forms, files, leaves = operation.at("form"), operation.at("upload"), operation.at("json")
    if files or (forms and operation.body == MULTIPART):
        fields = [pair for p in forms for pair in _named(p.name, chosen[p.key])]
        return f"{MULTIPART}; boundary={BOUNDARY}", _multipart(
            fields, [(p.name, _file_of(p, chosen[p.key])) for p in files]
        )
    if forms and not (leaves and operation.body == JSON):
        return FORM, urlencode([pair for p in forms for pair in _named(p.name, chosen[p.key])]).encode()
    if leaves:
        return JSON, json.dumps(document({p.name: chosen[p.key] for p in leaves})).encode()
    raw = operation.at("body")
    if not raw:
        return "", b""
    text = _text_of(chosen[raw[0].key])
    return _kind(text)[0], text.encode()


def _kind(text: str) -> tuple[str, str]:
    """The media type that a document says it is of, and how the name of its file ends."""
    if text.startswith("<?xml"):
        return "application/xml", ".xml"
    if text.startswith("!!"):
        return "application/yaml", ".yaml"
    return "text/plain; charset=utf-8", ""


def document(leaves: Mapping[str, Any]) -> Any:
    """A JSON document from its leaves: `{"user.name": 1, "tags[]": 2}` is `{"user": {"name": 1}, "tags": [2]}`."""
    root: dict[str, Any] = {}
    for name, value in leaves.items():
        here: Any = root
        steps = ["$", *(step for step in re.split(r"\.|(\[\])", name) if step)]
        for step, following in zip(steps, [*steps[1:], None], strict=True):
            empty: Any = value if following is None else [] if following == "[]" else {}
            if isinstance(here, list):
                here[:] = here or [empty]
                here = here[0]
            elif isinstance(here, dict):
                here = here.setdefault(step, empty)
    return root.get("$", {})


def _multipart(fields: list[tuple[str, str]], files: list[tuple[str, File]]) -> bytes:
    """RFC 7578; names are escaped as browsers do (HTML, section 4.10.21.8)."""
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{_escaped(n)}"\r\n\r\n{v}\r\n' for n, v in fields]
    return "".join(parts).encode() + b"".join(_part(*file) for file in files) + f"--{BOUNDARY}--\r\n".encode()


def _part(name: str, file: File) -> bytes:
    head = f'Content-Disposition: form-data; name="{_escaped(name)}"; filename="{_escaped(file.name)}"'
    return f"--{BOUNDARY}\r\n{head}\r\nContent-Type: {file.media}\r\n\r\n".encode() + file.content + b"\r\n"


def _file_of(parameter: Parameter, value: Any) -> File:
    """A file that is named as the value says and holds it; a document is named by its kind, a picture is one."""
    if isinstance(value, File):
        return value
    text = _text_of(value)
    kind, ending = _kind(text)
    if not ending and wants_picture(parameter):
        ending, kind, make = kind_of(parameter)
        return File(name=named(text, ending), media=kind, content=make(text.encode()))
    return File(name=f"hauberk{ending}" if ending else text, media=kind, content=text.encode())


def _escaped(name: str) -> str:
    return name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def cookie(value: str) -> str:
    """A cookie's value; what cannot stand bare is quoted as Python's cookie readers, and so its frameworks, unquote."""
    return SimpleCookie().value_encode(value)[1]


@lru_cache(maxsize=64)
def _table(safe: str) -> dict[int, str]:
    return {code: quote(chr(code), safe=safe) for code in range(128)}


def _quoted(text: str, *, safe: str = "/") -> str:
    """As `urllib.parse.quote`, which takes more than twice as long for ASCII."""
    return text.translate(_table(safe)) if text.isascii() else quote(text, safe=safe)


def _named(name: str, value: Any) -> list[tuple[str, str]]:
    """The fields that carry a value."""
    if isinstance(value, Members):
        return [*_members(name, value, "[{}]"), *_members(name, value, ".{}")]
    return [(name, text) for text in _texts(value)]


def _members(name: str, value: Any, notation: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _members(name + notation.format(key), inner, notation)
    elif isinstance(value, list):
        for inner in value:
            yield from _members(name + "[]", inner, notation)
    else:
        yield name, _text_of(value)


def _texts(value: Any) -> list[str]:
    return [_text_of(item) for item in value] if isinstance(value, list | tuple) else [_text_of(value)]


def _text_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
