"""One answer of the application, as it was sent, with a sentence beside each line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hauberk.core.finding import Result
from hauberk.report.evidence import stat
from hauberk.report.page.markup import EMPTY, Markup, el, within
from hauberk.report.plain import clip, line, words

ROOM = 24_000
"""Octets that it may take."""


def answer(result: Result) -> Markup:
    """The status line and every field; nothing where the run kept no answer."""
    kept = stat(result, "answer")
    fields = kept.get("fields")
    if not isinstance(fields, list):
        return EMPTY
    rows, cut = within(_rows(kept, fields), ROOM)
    if cut:
        rows.append(el("li", None, f"and {len(fields) + 1 - len(rows)} more lines"))
    return el("ol", "answer", rows)


def _rows(kept: Mapping[str, Any], fields: list[Any]) -> Iterator[Markup]:
    asked = f"GET {clip(line(str(kept.get('path', '/'))), 120)}"
    yield el(
        "li", None, el("b", None, asked), el("span", "said", f"answered with {words(str(kept.get('status', '?')))}")
    )
    for field in fields:
        if isinstance(field, Mapping):
            yield _row(*(str(field.get(name, "")) for name in ("name", "value", "said", "problem")))


def _row(name: str, value: str, said: str, problem: str) -> Markup:
    return el(
        "li",
        None,
        el("span", None, el("b", None, clip(line(name), 80)), ": ", clip(line(value), 600)),
        el("span", "said wrong" if problem else "said", clip(words(problem or said), 300)),
    )
