"""One parsed module: what its names stand for, and which values come from a request."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from hauberk.core.finding import Location

REQUEST_PARTS = frozenset(
    """GET POST FILES COOKIES META body data query_params path_params args form values json files cookies headers
    get_json view_args stream query_string""".split()
)
"""Attributes of a request that hold what a client sent, in Flask, Quart, Django, Starlette and Litestar."""
REQUEST_NAMES = frozenset({"request", "req", "websocket"})
ROUTE_WORDS = frozenset({"route", "get", "post", "put", "patch", "delete", "options", "head", "websocket", "api_route"})
TEXT_TYPES = frozenset(
    """str bytes list List tuple set Optional Union Annotated Query Form Path Header Cookie Body File UploadFile Any
    dict Dict None""".split()
)
"""What the annotation of a handler's parameter may name for it to be a client's text; anything else is an object."""
CARRIERS = frozenset(
    """str repr bytes list tuple dict sorted reversed join strip lstrip rstrip lower upper title replace format split
    rsplit partition rpartition removeprefix removesuffix decode encode get getlist get_json get_data json form body pop
    items keys values read loads b64decode urlsafe_b64decode unquote unquote_plus expanduser Path PurePath joinpath
    fspath normpath text""".split()
)
"""What these are called with is in what they give back; of other functions it is not known, and so not said."""
PATH_PARTS = frozenset({"name", "stem", "suffix"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Route:
    """A function that answers requests."""

    function: Function
    methods: frozenset[str]
    """Upper-case; empty where the decorator does not tell."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A call, and what of the request is at hand where it stands."""

    name: str
    """The dotted name of what is called."""
    call: ast.Call
    tainted: frozenset[str]
    """Local names that hold something that a client sent."""
    examined: frozenset[str]
    """Local names that a condition of the function looks into: perhaps what makes it safe."""

    def holds(self, node: ast.AST | None) -> bool:
        """Whether an argument holds something of the request."""
        return node is not None and from_request(node, self.tainted)

    def looked_at(self, node: ast.AST) -> bool:
        """Whether what it holds was looked into first."""
        return bool({n.id for n in _plain_names(node)} & self.examined)


class Module:
    """A module's tree with the questions that rules ask of it."""

    def __init__(self, tree: ast.Module, file: Location) -> None:
        self.tree, self.file = tree, file

    def at(self, node: ast.AST) -> Location:
        """Where a node stands."""
        return Location(file=self.file.file, line=getattr(node, "lineno", None))

    @cached_property
    def imports(self) -> dict[str, str]:
        """Name in this module to the dotted name that it stands for."""
        names: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    names[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name if alias.asname else alias.name.partition(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    names[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}"
        return names

    def name(self, node: ast.expr) -> str:
        """The dotted name of an expression, imports resolved: `hashlib.md5` after `from hashlib import md5`."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            parts.append(self.imports.get(node.id, node.id))
        elif isinstance(node, ast.Call):
            parts.append(self.name(node.func) + "()")
        return ".".join(reversed(parts))

    @cached_property
    def calls(self) -> tuple[tuple[str, ast.Call], ...]:
        """Every call with the dotted name of what is called."""
        return tuple((self.name(node.func), node) for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """Every function and method."""
        return tuple(n for n in ast.walk(self.tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """Functions with a decorator that makes them handlers."""
        found = []
        for function in self.functions:
            methods = [m for decorator in function.decorator_list if (m := _methods(decorator)) is not None]
            if methods:
                found.append(Route(function, frozenset().union(*methods)))
        return tuple(found)

    @cached_property
    def tainted_calls(self) -> tuple[Reached, ...]:
        """Every call inside of a function, with what is known there of names that hold something of the request."""
        handlers = {route.function for route in self.routes}
        found: list[Reached] = []
        for function in self.functions:
            names, looked = self._tainted(function, function in handlers), examined(function)
            calls = (node for node in _own_nodes(function) if isinstance(node, ast.Call))
            found += [Reached(self.name(call.func), call, names, looked) for call in calls]
        return tuple(found)

    def tainted(self, function: Function) -> frozenset[str]:
        """Local names of a function that hold something that a client sent."""
        return self._tainted(function, any(route.function is function for route in self.routes))

    @cached_property
    def aliases(self) -> dict[str, ast.expr]:
        """Names that this module gives to types: `Text = Annotated[str, Form()]`."""
        return {
            t.id: node.value
            for node in self.tree.body
            if isinstance(node, ast.Assign)
            for t in node.targets
            if isinstance(t, ast.Name)
        }

    def _tainted(self, function: Function, handler: bool) -> frozenset[str]:
        names: set[str] = set()
        if handler:
            names = {a.arg for a in _parameters(function) if self._is_text(a.annotation)}
        while True:
            before = len(names)
            for node in _own_nodes(function):
                for target, value in _assigned(node):
                    if from_request(value, frozenset(names)):
                        names |= {n.id for n in _plain_names(target)}
            if len(names) == before:
                return frozenset(names)

    def _is_text(self, annotation: ast.expr | None) -> bool:
        """Whether a handler's parameter is a client's text, and no number, dependency or object of the framework."""
        if annotation is None:
            return True
        if isinstance(annotation, ast.Name) and annotation.id in self.aliases:
            annotation = self.aliases[annotation.id]
        names = _names_in(annotation)
        return bool(names & {"str", "bytes", "UploadFile"}) and names <= TEXT_TYPES


def from_request(node: ast.AST, names: frozenset[str]) -> bool:
    """Whether an expression holds something that a client sent, and nothing was done to make it harmless."""
    if isinstance(node, ast.Name):
        return node.id in names
    if isinstance(node, ast.Attribute):
        if isinstance(node.value, ast.Name) and node.value.id in REQUEST_NAMES:
            return node.attr in REQUEST_PARTS
        if node.attr in PATH_PARTS and isinstance(node.value, ast.Call):
            return False  # Path(text).name leads nowhere
        return from_request(node.value, names)
    if isinstance(node, ast.Call):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called not in CARRIERS:
            return False
        return any(from_request(part, names) for part in (node.func, *node.args, *(k.value for k in node.keywords)))
    if isinstance(node, ast.Compare | ast.Constant | ast.Lambda | ast.UnaryOp):
        return False
    if isinstance(node, ast.IfExp):
        return from_request(node.body, names) or from_request(node.orelse, names)
    return any(from_request(child, names) for child in ast.iter_child_nodes(node))


def examined(function: Function) -> frozenset[str]:
    """Names that a condition of this function looks into: compared, searched in, or given to a question."""
    asked: set[str] = set()
    sources = {n.id: value for node in _own_nodes(function) for t, value in _assigned(node) for n in _plain_names(t)}
    for node in _own_nodes(function):
        if isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert):
            asked |= _looked_into(node.test)
            # `ours = text.startswith("/")`, and later `if ours`
            asked |= {
                name
                for plain in _plain_names(node.test)
                if isinstance(sources.get(plain.id), ast.Compare | ast.BoolOp | ast.Call | ast.UnaryOp)
                for name in _looked_into(sources[plain.id])
            }
    return frozenset(asked)


def _plain_names(node: ast.AST) -> list[ast.Name]:
    return [n for n in ast.walk(node) if isinstance(n, ast.Name)]


def _looked_into(test: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(test):
        if isinstance(node, ast.Compare):
            if not all(isinstance(c, ast.Constant) and c.value in {None, ""} for c in node.comparators):
                found |= {n.id for n in _plain_names(node)}
        elif isinstance(node, ast.Call):
            found |= {n.id for n in _plain_names(node)}
    return found


def argument(call: ast.Call, position: int, *keywords: str) -> ast.expr | None:
    """An argument by place or by name."""
    for keyword in call.keywords:
        if keyword.arg in keywords:
            return keyword.value
    return call.args[position] if 0 <= position < len(call.args) else None


def constant(node: ast.expr | None) -> object:
    """The value of a literal; None for everything else."""
    if node is None:
        return None
    try:
        value: object = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return value


def _methods(decorator: ast.expr) -> frozenset[str] | None:
    """The methods that a decorator routes; None if it is no route."""
    call = decorator if isinstance(decorator, ast.Call) else None
    func = call.func if call else decorator
    word = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    if word not in ROUTE_WORDS or (call is None and not isinstance(func, ast.Attribute)):
        return None
    if call is not None and not (call.args or call.keywords or isinstance(func, ast.Name)):
        return None
    if word in {"route", "api_route"}:
        given = constant(next((k.value for k in call.keywords if k.arg == "methods"), None)) if call else None
        return frozenset(str(m).upper() for m in given) if isinstance(given, list | tuple | set) else frozenset({"GET"})
    return frozenset({word.upper()})


def _parameters(function: Function) -> list[ast.arg]:
    arguments = function.args
    given = [*arguments.posonlyargs, *arguments.args]
    defaults = dict(zip([a.arg for a in reversed(given)], reversed(arguments.defaults), strict=False))
    defaults |= {a.arg: d for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None}
    return [
        a
        for a in (*given, *arguments.kwonlyargs)
        if a.arg not in {"self", "cls", *REQUEST_NAMES} and not _names_in(defaults.get(a.arg)) & {"Depends", "Security"}
    ]


def _names_in(node: ast.AST | None) -> set[str]:
    if node is None:
        return set()
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} | {
        n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)
    }


def _assigned(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if not isinstance(target, ast.Attribute | ast.Subscript):
                yield target, node.value
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr | ast.AugAssign) and node.value is not None:
        if isinstance(node.target, ast.Name):
            yield node.target, node.value
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        yield node.target, node.iter


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    """The nodes of a function, those of functions inside of it left out."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(node))
