"""One named field of a form's body, without reading the rest of the form (HTML, section 4.10.22; RFC 7578).

Made for looking up a token: what is not clearly that field is not it. A form that cannot be read has no such field.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
MOST_FIELDS = 1_000
"""Fields of a urlencoded form that are looked at; one with more has no token."""


def media_type(content_type: str) -> str:
    """Type and subtype in lower case, without parameters."""
    return content_type.partition(";")[0].strip().lower()


def field_values(content_type: str, body: bytes, name: str) -> list[str]:
    """Every value that a form gives to the field of this name, in order; none if the body is no form."""
    kind = media_type(content_type)
    if kind == URLENCODED:
        return _urlencoded(body, name)
    if kind == MULTIPART:
        boundary = _parameter(content_type, "boundary")
        return list(_multipart(body, boundary, name)) if boundary else []
    return []


def _urlencoded(body: bytes, name: str) -> list[str]:
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:  # too many fields, or octets that no browser leaves unencoded
        return []
    return [value for key, value in pairs if key == name]


def _multipart(body: bytes, boundary: str, name: str) -> Iterator[str]:
    delimiter = b"\r\n--" + boundary.encode("latin-1", "replace")
    # The first delimiter has no line before it; what comes before it is a preamble.
    for part in (b"\r\n" + body).split(delimiter)[1:]:
        if part.startswith(b"--"):
            return
        head, blank, content = part.partition(b"\r\n\r\n")
        if not blank:
            continue
        disposition = _disposition(head)
        if _parameter(disposition, "name") == name and _parameter(disposition, "filename") is None:
            yield content.decode("utf-8", "replace")


def _disposition(head: bytes) -> str:
    for line in head.split(b"\r\n"):
        key, _, value = line.partition(b":")
        if key.strip().lower() == b"content-disposition":
            return value.decode("utf-8", "replace").strip()
    return ""


def _parameter(field: str, wanted: str) -> str | None:
    """A parameter of a header field, its quotes taken off; the first one counts."""
    rest = field.partition(";")[2]
    while rest:
        key, equals, rest = rest.partition("=")
        if not equals:
            return None
        rest = rest.lstrip()
        if rest.startswith('"'):
            value, rest = _quoted(rest[1:])
            rest = rest.partition(";")[2]
        else:
            value, _, rest = rest.partition(";")
            value = value.strip()
        if key.strip().lower() == wanted:
            return value
    return None


def _quoted(text: str) -> tuple[str, str]:
    """A quoted string up to its closing quote, and what follows."""
    value: list[str] = []
    at = 0
    while at < len(text) and text[at] != '"':
        if text[at] == "\\" and at + 1 < len(text):
            at += 1
        value.append(text[at])
        at += 1
    return "".join(value), text[at + 1 :]
