"""Did a request bring an operator into a query of MongoDB (CWE-943)? Judged where the server would interpret one.

An operator is a name that begins with `$`. The server reads them in filters, pipelines and updates; in documents that
are stored they are data. They come from a request as parts of an object, or of a text that the application parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from hauberk.guard.documents import DEEPEST, Document
from hauberk.guard.inner import leaves
from hauberk.guard.inputs import decodings
from hauberk.guard.likeness import compare
from hauberk.guard.verdict import Judgement

TAKEN = Judgement("attack", "an operator of the query comes from the request")
PARSED = Judgement("attack", "a text of the request became an operator of the query")
CODE = Judgement("attack", "a text of the request became an operator that runs code")
NAMED = Judgement("unknown", "the request has the name of an operator of the query")

VALUES = frozenset({"$eq", "$literal", "$in", "$nin"})
"""Operators whose operands are compared and not interpreted."""
RUNS = frozenset({"$where", "$function", "$accumulator", "$expr"})
_PULL = ("$pull",)
"""The one operator of an update with a condition in it."""
_OPERATOR = re.compile(r"\$([A-Za-z]+)[\"']?\s*[\]:=]")
"""A name of an operator where one stands in JSON, in brackets, or in one of JSON's relaxed spellings."""
_TOKEN = re.compile(
    r"(?P<comment>//[^\n]*|/\*[\s\S]*?\*/)|(?P<open>/\*[\s\S]*)"
    r"|(?P<string>'(?:[^'\\\n]|\\[\s\S])*'|\"(?:[^\"\\\n]|\\[\s\S])*\"|`(?:[^`\\]|\\[\s\S])*`)"
    r"|(?P<word>[\w$.]+)|(?P<space>\s+)|(?P<symbol>[\s\S])"
)

PARTS: dict[str, tuple[str, ...]] = {
    "find": ("filter", "projection", "let"),
    "aggregate": ("pipeline", "let"),
    "count": ("query",),
    "distinct": ("query",),
    "findAndModify": ("query", "arrayFilters", "let"),
    "findandmodify": ("query", "arrayFilters", "let"),
    "mapReduce": ("query",),
    "mapreduce": ("query",),
    "update": ("q", "arrayFilters", "c"),
    "delete": ("q",),
}
"""What the server interprets, by command; of `update` and `delete` in each of its statements."""
STATEMENTS = {"update": "updates", "delete": "deletes"}
UPDATES = {"update": "u", "findAndModify": "update", "findandmodify": "update"}
SCRIPTS = {"mapReduce": ("map", "reduce", "finalize"), "mapreduce": ("map", "reduce", "finalize")}


class Node(NamedTuple):
    """An object with operators, where the server interprets it, and the way there."""

    path: str
    operators: Mapping[str, Any]


class Brought(NamedTuple):
    """What a request has of operators: objects, and names in texts."""

    objects: list[tuple[str, Mapping[str, Any]]]
    written: dict[str, str]
    """Operator to input: in a text, as part of some notation."""
    spelled: dict[str, str]
    """Operator to input: a text that is nothing but the name."""

    def __bool__(self) -> bool:
        return bool(self.objects or self.written or self.spelled)


def brought(found: Iterable[Document], inputs: Iterable[tuple[str, str]]) -> Brought:
    """The operators of a request, from its documents and from its other texts."""
    objects: list[tuple[str, Mapping[str, Any]]] = []
    written: dict[str, str] = {}
    spelled: dict[str, str] = {}
    for name, document in found:
        objects += ((name, operators) for operators in _objects(document, 0))
        _mentions(((name, text) for text in leaves(document)), written, spelled)
    _mentions(inputs, written, spelled)
    return Brought(objects, written, spelled)


def _mentions(inputs: Iterable[tuple[str, str]], written: dict[str, str], spelled: dict[str, str]) -> None:
    for name, value in inputs:
        for text in decodings(value):
            if "$" in text:
                for operator in _OPERATOR.findall(text):
                    written.setdefault("$" + operator, name)
                if text.strip()[1:].isalpha():
                    spelled.setdefault(text.strip(), name)


def _objects(node: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    if depth > DEEPEST or not isinstance(node, dict | list):
        return
    if isinstance(node, dict) and (operators := _operators(node)):
        yield operators
    for inner in node.values() if isinstance(node, dict) else node:
        yield from _objects(inner, depth + 1)


def _operators(node: Mapping[Any, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in node.items() if isinstance(key, str) and key.startswith("$")}


def nodes(command: Mapping[str, Any]) -> list[Node]:
    """Every object of a command in which the server looks for operators."""
    name = next(iter(command), "")
    if name == "explain" and isinstance(command[name], Mapping):
        return nodes(command[name])
    statements = command.get(STATEMENTS[name], ()) if name in STATEMENTS else (command,)
    found: list[Node] = []
    for statement in statements:
        for part in PARTS.get(name, ()):
            found += interpreted(statement.get(part), part)
        if name in UPDATES:
            found += _update(statement.get(UPDATES[name]))
    return found


def interpreted(node: Any, path: str, depth: int = 0) -> Iterator[Node]:
    """The objects with operators in a filter or pipeline, below values that are only compared no more."""
    if depth > DEEPEST:
        return
    if isinstance(node, Mapping):
        if operators := _operators(node):
            yield Node(path, operators)
        for key, value in node.items():
            if key not in VALUES:
                yield from interpreted(value, f"{path}.{key}", depth + 1)
    elif isinstance(node, Sequence) and not isinstance(node, str | bytes):
        for value in node:
            yield from interpreted(value, path + "[]", depth + 1)


def _update(update: Any) -> Iterator[Node]:
    """An update's operators are those at its top; below them is data. As a list it is a pipeline."""
    if not isinstance(update, Mapping):
        yield from interpreted(update, "update")
        return
    if operators := _operators(update):
        yield Node("update", operators)
        for key in _PULL:
            yield from interpreted(operators.get(key), f"update.{key}")


def scripts(command: Mapping[str, Any]) -> Iterator[str]:
    """Every piece of JavaScript that the server would run."""
    name = next(iter(command), "")
    yield from (str(command[part]) for part in SCRIPTS.get(name, ()) if part in command)
    for node in nodes(command):
        for key, value in node.operators.items():
            if key == "$where":
                yield str(value)
            elif key in {"$function", "$accumulator"} and isinstance(value, Mapping):
                parts = ("body", "init", "accumulate", "merge", "finalize")
                yield from (str(value[part]) for part in parts if part in value)


def judged(node: Node, request: Brought) -> Iterator[tuple[str, Judgement]]:
    """Which inputs brought operators of this object, and how sure that is."""
    for name, operators in request.objects:
        if all(key in node.operators and same(value, node.operators[key]) for key, value in operators.items()):
            yield name, TAKEN
            return
    for operator in node.operators:
        if operator in request.written:
            yield request.written[operator], PARSED
        elif operator in request.spelled:
            yield request.spelled[operator], CODE if operator in RUNS else NAMED


def same(sent: Any, used: Any) -> bool:
    """Whether a value of the request may be the one that is used: its text may have been made a number, or an id."""
    if isinstance(sent, dict) and isinstance(used, Mapping):
        return sent.keys() == used.keys() and all(same(value, used[key]) for key, value in sent.items())
    if isinstance(sent, list) and isinstance(used, Sequence) and not isinstance(used, str | bytes):
        return len(sent) == len(used) and all(map(same, sent, used))
    return bool(sent == used) or (isinstance(sent, str | int | float) and str(sent) == str(used))


def judge_script(script: str, value: str) -> Judgement:
    """Judge one input in a piece of JavaScript: inert inside one literal (ECMA-262, section 12)."""
    escaped = [value.replace("\\", "\\\\").replace(mark, "\\" + mark) for mark in "'\"`"]
    return compare(script, value, shape, "the input adds code to a script of the query", escaped=escaped)


@lru_cache(maxsize=32)
def shape(script: str) -> tuple[str, ...] | None:
    """Symbols as they are, and one sign for whatever is a value; None where something is never closed."""
    found: list[str] = []
    for token in _TOKEN.finditer(script):
        kind, text = token.lastgroup, token.group()
        if kind == "open" or (kind == "symbol" and text in "'\"`"):
            return None
        if kind == "string":
            # What stands in ${} of a template is code.
            found.append("v" + "$" * text.count("${") * (text[0] == "`"))
        elif kind == "symbol":
            found.append(text)
        elif kind != "space":
            found.append("v" if kind == "word" else "#")
    return tuple(found)
