"""Which inputs a handler reads, from its syntax tree: for frameworks where parameters are not declared.

A read is an attribute chain that begins at the request and ends in a constant name: `request.args.get("q")`,
`(await request.form())["name"]`, `json.loads(request.body)["user"]["id"]`. Names that stand for such a chain are
followed through assignments, and the request through calls of functions whose source can be read.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any

from hauberk.core.finding import Place
from hauberk.integrations.surface.source import FunctionNode, global_value, layers, parse
from hauberk.scan.surface import Parameter

GETTERS = frozenset({"get", "getlist", "getone", "getall", "get_list", "pop", "setdefault", "multi_items"})
SEARCHES = frozenset({"find", "index", "rfind", "rindex", "partition", "rpartition", "split", "startswith"})
DEPTH = 3
"""How many calls the request is followed through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accessors:
    """How a framework's request names its inputs."""

    attributes: Mapping[str, Place]
    """Attributes that hold a mapping, and methods that return one."""
    raw_query: frozenset[str] = frozenset()
    """Attributes that give the query as it came: code that searches it for `name=` reads that name."""
    raw: frozenset[str] = frozenset()
    """Attributes and methods that give the body: `json.loads` of it is the JSON document."""
    environ: frozenset[str] = frozenset()
    """Attributes that hold CGI names: `META["HTTP_X_TOKEN"]`."""
    proxies: frozenset[str] = frozenset()
    """Modules whose global `request` is the request."""


@dataclass(frozen=True, slots=True)
class Source:
    """What an expression stands for: a mapping of inputs at a place, or a part of the JSON document."""

    place: Place | None
    """None: the request itself."""
    path: str = ""
    raw: bool = False
    environ: bool = False


REQUEST = Source(None)

OTHER_LOADERS = frozenset(
    "pickle cPickle _pickle dill cloudpickle marshal jsonpickle yaml toml tomllib plistlib xmltodict".split()
)
"""Modules whose `loads` reads something else than JSON."""


@dataclass(slots=True)
class _Reader:
    accessors: Accessors
    function: FunctionType
    tree: FunctionNode
    names: dict[str, Source]
    depth: int
    found: dict[tuple[str, str], Parameter] = field(default_factory=dict)

    def run(self) -> None:
        # Twice: a name may be used above the line that a loop assigns it in.
        for _ in range(2):
            for node in ast.walk(self.tree):
                self.assign(node)
        for node in ast.walk(self.tree):
            self.read(node)

    def assign(self, node: ast.AST) -> None:
        targets: list[ast.expr]
        match node:
            case ast.Assign(targets=targets, value=value):
                pass
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                targets = [target]
            case _:
                return
        source = self.source(value)
        if source is not None:
            self.names.update({target.id: source for target in targets if isinstance(target, ast.Name)})

    def read(self, node: ast.AST) -> None:
        match node:
            case ast.Subscript(value=inner, slice=key):
                self.add(self.source(inner), key)
            case ast.Call(func=ast.Attribute(value=inner, attr=attr), args=[key, *rest]) if attr in GETTERS:
                self.add(self.source(inner), key, default=rest[0] if rest else None, call=node)
            case ast.Compare(left=key, ops=[ast.In() | ast.NotIn()], comparators=[inner]):
                self.add(self.source(inner), key)
                self.search(self.source(inner), key)
            case ast.Call(func=ast.Attribute(value=inner, attr=attr), args=[key, *_]) if attr in SEARCHES:
                self.search(self.source(inner), key)
            case ast.Call(func=ast.Name(id="int" | "float" as kind), args=[inner]):
                self.number(inner, kind)
        if isinstance(node, ast.Call):
            self.body(node)
            self.enter(node)

    def body(self, call: ast.Call) -> None:
        """A body that is handed on as it came, to be read as something else than JSON: XML, YAML, a pickle."""
        made = self.source(call)
        if made is not None and made.place in {"json", "body"}:
            return
        given = (self.source(value) for value in (*call.args, *(k.value for k in call.keywords)))
        if any(source is not None and source.raw and source.place == "body" for source in given):
            self.found.setdefault(("body", ""), Parameter(name="", place="body"))

    def add(
        self, source: Source | None, key: ast.expr, default: ast.expr | None = None, call: ast.Call | None = None
    ) -> None:
        element = isinstance(key, ast.Constant) and isinstance(key.value, int)
        text = "[]" if element else self.text(key)
        if source is None or source.place is None or source.raw or text is None or (element and source.place != "json"):
            return
        place, name = source.place, source.path + text if element else self.name(source, text)
        if not name or (place == "header" and name in {"host", "content-type", "content-length", "cookie"}):
            return
        schema: dict[str, Any] = {}
        if call is not None and any(
            k.arg == "type" and isinstance(k.value, ast.Name) and k.value.id == "int" for k in call.keywords
        ):
            schema["type"] = "integer"
        default = default or next((k.value for k in call.keywords if k.arg == "default"), None) if call else default
        value = default.value if isinstance(default, ast.Constant) else None
        example = value if isinstance(value, str | int | float) and not isinstance(value, bool) else None
        parameter = Parameter(name=name, place=place, schema=schema, example=example)
        known = self.found.get((place, name))
        self.found[place, name] = known.union(parameter) if known else parameter

    def search(self, source: Source | None, key: ast.expr) -> None:
        """`query_string.find("id=")`: the query as text, searched for a name."""
        name = (self.joined(key) or "").strip("?&=")
        if source is not None and source.place == "query" and source.raw and name.isidentifier():
            self.found.setdefault(("query", name), Parameter(name=name, place="query"))

    def joined(self, key: ast.expr) -> str | None:
        """A constant text, or several that are added."""
        match key:
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                first, second = self.joined(left), self.joined(right)
                return None if first is None or second is None else first + second
            case ast.Constant(value=bytes() as octets):
                return octets.decode("latin-1")
        return self.text(key)

    def name(self, source: Source, name: str) -> str:
        if source.environ:
            return name.removeprefix("HTTP_").replace("_", "-").lower() if name.startswith("HTTP_") else ""
        if source.place == "header":
            return name.lower()
        return f"{source.path}.{name}" if source.path else name

    def number(self, inner: ast.expr, kind: str) -> None:
        """`int(request.args["n"])`: the handler takes numbers only."""
        match inner:
            case ast.Subscript(value=holder, slice=key) | ast.Call(func=ast.Attribute(value=holder), args=[key, *_]):
                source, name = self.source(holder), self.text(key)
            case _:
                return
        if source is None or source.place is None or name is None or source.raw:
            return
        schema = {"type": "integer" if kind == "int" else "number"}
        parameter = Parameter(name=self.name(source, name), place=source.place, schema=schema)
        known = self.found.get((source.place, parameter.name))
        self.found[source.place, parameter.name] = parameter.union(known) if known else parameter

    def text(self, key: ast.expr) -> str | None:
        """A constant text, written out or by the name of a global."""
        if isinstance(key, ast.Name):
            value = global_value(self.function, key.id)
            return value if isinstance(value, str) else None
        return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None

    def source(self, node: ast.expr | None) -> Source | None:
        """What the expression stands for, if it is the request or comes from it."""
        match node:
            case ast.Await(value=inner):
                return self.source(inner)
            case ast.Name(id=name):
                return self.names.get(name) or (REQUEST if self.is_proxy(name) else None)
            case ast.BoolOp(values=[first, *_]):  # request.get_json() or {}
                return self.source(first)
            case ast.Attribute(value=ast.Name(id=holder), attr="request") if holder == "self" or self.is_module(holder):
                return REQUEST
            case ast.Attribute(value=inner, attr=attr):
                return self.attribute(self.source(inner), attr)
            case ast.Call(func=ast.Attribute(attr="loads" | "decode" as attr, value=inner), args=args):
                other = isinstance(inner, ast.Name) and inner.id in OTHER_LOADERS
                body = self.source(inner) if attr == "decode" else self.source(args[0]) if args and not other else None
                if body is not None and body.place == "query":
                    return body if attr == "decode" else None
                return (body if attr == "decode" else Source("json")) if body is not None and body.raw else None
            case ast.Call(func=ast.Attribute(value=inner, attr=attr), args=[key, *_]) if attr in GETTERS:
                return self.part(self.source(inner), key)
            case ast.Call(func=ast.Attribute() as method):
                return self.source(method)
            case ast.Call(func=ast.Name(id="dict"), args=[inner]):
                return self.source(inner)
            case ast.Subscript(value=inner, slice=key):
                return self.part(self.source(inner), key)
        return None

    def attribute(self, source: Source | None, attr: str) -> Source | None:
        if source is None or source.place is not None:
            return source if source is not None and attr in {"copy", "to_dict"} else None
        if attr in self.accessors.raw:
            return Source("body", raw=True)
        if attr in self.accessors.raw_query:
            return Source("query", raw=True)
        if attr in self.accessors.environ:
            return Source("header", environ=True)
        place = self.accessors.attributes.get(attr)
        return Source(place) if place else None

    def part(self, source: Source | None, key: ast.expr) -> Source | None:
        """A part of the JSON document: `data["user"]`, `data["tags"][0]`."""
        if source is None or source.place != "json":
            return None
        if isinstance(key, ast.Constant) and isinstance(key.value, int):
            return Source("json", source.path + "[]")
        name = self.text(key)
        return None if name is None else Source("json", self.name(source, name))

    def is_proxy(self, name: str) -> bool:
        """Whether a global name is the framework's request proxy, as in `from flask import request`."""
        if not self.accessors.proxies or name in self.function.__code__.co_varnames:
            return False
        value = global_value(self.function, name)
        kind = type(value)
        return kind.__name__ == "LocalProxy" and name.endswith("request")

    def is_module(self, name: str) -> bool:
        """Whether a name is the framework itself, as in `flask.request`."""
        value = global_value(self.function, name)
        return isinstance(value, ModuleType) and value.__name__ in self.accessors.proxies

    def enter(self, call: ast.Call) -> None:
        """Follow the request, or a mapping of inputs, into a function that is called with it."""
        if not isinstance(call.func, ast.Name) or self.depth == 0:
            return
        called = global_value(self.function, call.func.id)
        if not isinstance(called, FunctionType) or called.__module__.partition(".")[0] in FOREIGN:
            return
        given = {position: source for position, arg in enumerate(call.args) if (source := self.source(arg))}
        named = {k.arg: source for k in call.keywords if k.arg and (source := self.source(k.value))}
        if not given and not named and not self.accessors.proxies:
            return
        for parameter in _read(self.accessors, called, given, named, self.depth - 1):
            known = self.found.get((parameter.place, parameter.name))
            self.found[parameter.place, parameter.name] = known.union(parameter) if known else parameter


FOREIGN = frozenset({"flask", "quart", "django", "starlette", "fastapi", "litestar", "werkzeug", "jinja2", "json"})


def reads(endpoint: Any, accessors: Accessors) -> list[Parameter]:
    """Every input that the endpoint, its decorators and the functions that it hands its request to read by name."""
    found: dict[tuple[str, str], Parameter] = {}
    for function in layers(endpoint):
        if function.__module__.partition(".")[0] in FOREIGN:
            continue
        for parameter in _read(accessors, function, None, {}, DEPTH):
            known = found.get((parameter.place, parameter.name))
            found[parameter.place, parameter.name] = known.union(parameter) if known else parameter
    return list(found.values())


def _read(
    accessors: Accessors,
    function: FunctionType,
    given: Mapping[int, Source] | None,
    named: Mapping[str, Source],
    depth: int,
) -> Iterator[Parameter]:
    tree = parse(function)
    if tree is None:
        return
    arguments = [a.arg for a in (*tree.args.posonlyargs, *tree.args.args)]
    if given is None:
        names = dict.fromkeys(_request_names(tree), REQUEST)
    else:
        names = {arguments[position]: source for position, source in given.items() if position < len(arguments)}
    reader = _Reader(accessors, function, tree, {**names, **named}, depth)
    reader.run()
    # A part that was read further is not a leaf itself: data["user"]["name"] reads user.name, not user.
    leaves = [name for place, name in reader.found if place == "json"]
    for parameter in reader.found.values():
        inner = (parameter.name + ".", parameter.name + "[]")
        if parameter.place == "body" and leaves:
            continue
        if parameter.place != "json" or not any(name.startswith(inner) for name in leaves):
            yield parameter


def _request_names(tree: FunctionNode) -> Iterator[str]:
    """The handler's parameters that hold the request: by annotation, by name, or as the first of an undeclared one."""
    positional = [*tree.args.posonlyargs, *tree.args.args]
    first = next((a for a in positional if a.arg != "self"), None)
    for argument in (*positional, *tree.args.kwonlyargs):
        words = _words(argument.annotation)
        undeclared = argument is first and argument.annotation is None
        if undeclared or argument.arg in {"request", "req"} or any(word.endswith("Request") for word in words):
            yield argument.arg


def _words(annotation: ast.expr | None) -> set[str]:
    nodes = list(ast.walk(annotation)) if annotation is not None else []
    return {n.id for n in nodes if isinstance(n, ast.Name)} | {n.attr for n in nodes if isinstance(n, ast.Attribute)}
