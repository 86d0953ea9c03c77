"""The fields of a request's form or flat JSON body, such as those of a login."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from hauberk.scan.messages import Request
from hauberk.scan.surface import FORM, Parameter

NAME = re.compile(r"user|name|mail|login|account|identifier|phone", re.IGNORECASE)
"""Fields that say who somebody is."""


_STRICT = frozenset({"const", "enum", "format", "pattern"})


def is_strict(parameter: Parameter) -> bool:
    """Whether an application is likely to look at the form of its value: an address, a date, one of a few."""
    return not _STRICT.isdisjoint(parameter.schema) or "mail" in parameter.name.lower()


def fields_of(request: Request) -> dict[str, str]:
    """The fields of a form or of a flat JSON body."""
    kind = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if kind == FORM:
        return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        document = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    given = document.items() if isinstance(document, dict) else ()
    return {key: value for key, value in given if isinstance(value, str)}


def with_fields(request: Request, fields: dict[str, str]) -> Request:
    """The same request with these fields."""
    kind = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if kind == FORM:
        return replace(request, body=urlencode(fields).encode())
    return replace(request, body=json.dumps({**json.loads(request.body), **fields}).encode())
