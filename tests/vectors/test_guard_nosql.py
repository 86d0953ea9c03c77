"""guard: filters of MongoDB that carry an operator of the request, and texts that become one in an application.

A payload is put where applications put such texts: into a script, into relaxed JSON, as JSON, and in brackets. Where
the result has an operator, or the script another shape, the guard has to say so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
import yaml

from hauberk.guard.documents import Document, nested, within
from hauberk.guard.nosql import brought, interpreted, judge_script, judged, shape

Case = tuple[str, Callable[[], None]]


def cases(check: Callable[[dict[str, Any]], None], path: Path) -> Iterator[Case]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            yield f"{number}", partial(check, json.loads(line))


def attack(found: list[Document], texts: list[tuple[str, str]], used: Any) -> bool:
    request = brought(found, texts)
    return any(judgement.attack for node in interpreted(used, "filter") for _, judgement in judged(node, request))


def zen(fact: dict[str, Any]) -> None:
    request = fact["request"]
    found = [(f"{place}:", request[place]) for place in ("body", "query") if place in request]
    for place in ("headers", "cookies"):
        for name, value in request.get(place, {}).items():
            found += ((f"{place}:{name}", document) for document in within(value))
    assert attack(found, [], fact["filter"]) == (fact["expected"] == "attack"), fact


def applications(text: str) -> Iterator[Any]:
    """What is sent to the server, by applications that parse the text or put it into another."""
    for written in (text, "{" + text + "}", f"{{ name: '{text}' }}", f"{{ name: {text} }}", f"[{{ a: ['{text}'] }}]"):
        for load in (json.loads, yaml.safe_load):
            try:
                yield load(written)
            except (ValueError, yaml.YAMLError):
                continue
    yield nested(iter(parse_qsl(f"name{text}", keep_blank_values=True)))


def payload(fact: dict[str, Any]) -> None:
    text = unquote(fact["text"])
    worked = 0
    for used in applications(text):
        if any(True for _ in interpreted(used, "filter")):
            worked += 1
            brackets = nested(iter(parse_qsl(f"name{text}", keep_blank_values=True)))
            found: list[Document] = [("query:", brackets), *(("query:", document) for document in within(text))]
            assert attack(found, [("query:a", text)], used), (fact, used)
    for script in ("this.name == '{}'", "function() {{ return this.a == {} }}", "return '{}'"):
        written = script.replace("{}", text)
        if shape(written) != shape(script.replace("{}", "a")):
            worked += 1
            assert judge_script(written, text).attack, (fact, written)
    if not worked:
        pytest.fail(f"{fact} does nothing in any of the applications")


FILES: dict[str, Callable[[Path], Iterator[Case]]] = {
    "guard/nosql_zen.jsonl": partial(cases, zen),
    "guard/payloads_nosql.jsonl": partial(cases, payload),
}


def test_facts(vector_file: str, run_file: Callable[[Any], None]) -> None:
    run_file(FILES[vector_file])
