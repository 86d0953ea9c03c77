"""What there is to test: the operations of an application and their parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, Literal

from hauberk.core.finding import Location, Place

Source = Literal["routes", "openapi", "graphql", "form", "crawl", "browser", "recorded"]
Media = Literal["", "application/x-www-form-urlencoded", "multipart/form-data", "application/json"]

FORM: Media = "application/x-www-form-urlencoded"
MULTIPART: Media = "multipart/form-data"
JSON: Media = "application/json"

NOWHERE = Location()

LINKS = 100
"""How many kinds of links to one operation are remembered."""
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
DIGITS = re.compile(r"[0-9]+")
"""Paths that differ in these alone are taken to be of one kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One input of an operation."""

    name: str
    """As it is sent. In a JSON body the path to the leaf: `user.name`, `tags[]`; empty if the body is the value."""
    place: Place
    schema: Mapping[str, Any] = field(default_factory=dict)
    """JSON Schema, as far as it is known; `{"format": "path"}` for a path parameter that may hold slashes."""
    example: Any = None
    """A value that the application is known to take."""
    required: bool = False
    key: tuple[Place, str] = field(init=False, repr=False, compare=False)
    """What makes two parameters the same one."""

    def __post_init__(self) -> None:
        name = self.name.lower() if self.place == "header" else self.name
        object.__setattr__(self, "key", (self.place, name))

    def union(self, other: Parameter) -> Parameter:
        """The same parameter as two sources know it; what this one knows wins."""
        return replace(
            self,
            schema={**other.schema, **self.schema},
            example=other.example if self.example in (None, "") else self.example,
            required=self.required or other.required,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A method on a path template, and what it reads."""

    method: str
    path: str
    """With path parameters as `{name}`."""
    parameters: tuple[Parameter, ...] = ()
    body: Media = ""
    handler: Location = NOWHERE
    """File (relative to the project) and line of the function that answers."""
    source: Source = "routes"
    secured: bool = False
    """Whether its description says that it needs a login (OpenAPI, `security`)."""
    together: tuple[frozenset[str], ...] = ()
    """Names of query parameters that were seen in one link: others may lead the application elsewhere."""
    variant: str = ""
    """What tells it from others at the same method and path, such as the field of a GraphQL endpoint."""
    names: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """The path's parameters, in order."""
    _said: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = tuple(PLACEHOLDER.findall(self.path)) if "{" in self.path else ()
        object.__setattr__(self, "names", names)
        said = f"{self.method} {self.path} {self.variant}" if self.variant else f"{self.method} {self.path}"
        object.__setattr__(self, "_said", said)

    def __str__(self) -> str:
        return self._said

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two operations the same one."""
        return self.method, self.path, self.variant

    def at(self, *places: Place) -> tuple[Parameter, ...]:
        """The parameters in these places."""
        return tuple(p for p in self.parameters if p.place in places)

    def beside(self, names: frozenset[str]) -> frozenset[str]:
        """The query parameters that go with these: the fewest that were seen with them, or all."""
        fitting = [group for group in self.together if names <= group]
        return min(fitting, key=len) if fitting else frozenset(p.name for p in self.at("query"))

    def union(self, other: Operation) -> Operation:
        """The same operation as two sources know it."""
        known = {p.key: p for p in self.parameters}
        for parameter in other.parameters:
            mine = known.get(parameter.key)
            known[parameter.key] = mine.union(parameter) if mine else parameter
        media: Media = MULTIPART if MULTIPART in (self.body, other.body) else self.body or other.body
        handler = self.handler if self.handler.file else other.handler
        together = tuple(dict.fromkeys((*self.together, *other.together)))[:LINKS]
        return replace(
            self,
            parameters=tuple(known.values()),
            body=media,
            handler=handler,
            together=together,
            secured=self.secured or other.secured,
        )

    def match(self, path: str) -> dict[str, str] | None:
        """The path parameters of a concrete, decoded path; None if it is not one of this operation's."""
        slashes = frozenset(p.name for p in self.at("path") if p.schema.get("format") == "path")
        found = _pattern(self.path, slashes).fullmatch(path)
        return None if found is None else dict(zip(self.names, found.groups(), strict=True))


@lru_cache(maxsize=4096)
def _pattern(template: str, slashes: frozenset[str]) -> re.Pattern[str]:
    parts = PLACEHOLDER.split(template)
    texts = [
        re.escape(part) if i % 2 == 0 else "(.+)" if part in slashes else "([^/]+)" for i, part in enumerate(parts)
    ]
    return re.compile("".join(texts), re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Surface:
    """Every operation that is known, each once."""

    operations: tuple[Operation, ...] = ()
    root: str = ""
    """The project's folder: files are named relative to it."""
    host: str = "testserver"
    """A host name that the application answers to."""
    sockets: tuple[str, ...] = ()
    """Paths of WebSocket endpoints."""

    @classmethod
    def of(
        cls,
        operations: Iterable[Operation],
        *,
        root: str = "",
        host: str = "testserver",
        sockets: Iterable[str] = (),
    ) -> Surface:
        """Merge by method and path, in the order in which they came."""
        return cls(root=root, host=host, sockets=tuple(dict.fromkeys(sockets))).add(operations)

    def add(self, operations: Iterable[Operation]) -> Surface:
        """The surface with more operations; parameters of known ones are united."""
        known = {o.key: o for o in self.operations}
        for operation in operations:
            known[operation.key] = known[operation.key].union(operation) if operation.key in known else operation
        return replace(self, operations=tuple(known.values()))

    def learn(self, shown: Operation) -> Surface:
        """The surface with what a page, a browser or a test showed: fresher than what was known, so its values win."""
        known = next((o for o in self.operations if o.key == shown.key), None)
        if known is None:
            return self.add([shown])
        merged = replace(shown.union(known), source=known.source)
        places = tuple(merged if o is known else o for o in self.operations)
        return self if merged == known else replace(self, operations=places)

    @cached_property
    def _literal(self) -> dict[tuple[str, str], Operation]:
        return {(o.method, o.path): o for o in reversed(self.operations) if not o.names}

    @cached_property
    def _templates(self) -> tuple[Operation, ...]:
        return tuple(sorted((o for o in self.operations if o.names), key=lambda o: len(o.names)))

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation that a concrete path belongs to, the most literal first, and its path parameters."""
        literal = self._literal.get((method, path))
        if literal is not None:
            return literal, {}
        for operation in self._templates:
            if operation.method == method:
                values = operation.match(path)
                if values is not None:
                    return operation, values
        return None
