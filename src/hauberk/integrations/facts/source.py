"""Where in the source a setting is made: by `ast`, in the application's own modules."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hauberk.core.finding import Location

FOREIGN = frozenset({"site-packages", "dist-packages", "node_modules", "venv", "env", "__pypackages__"})
"""Folders below a project's root that hold other people's code."""
MOST_FILES = 500
MISSING = object()
Spot = tuple[str, str | None]
"""A name, and the function in whose call it stands; `()` for the call of the name itself, None for anywhere."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A name that is given a value: `name = value`, `x["name"] = value`, `call(name=value)`, `{"name": value}`."""

    name: str
    within: str
    """The function that is called, where it is an argument."""
    line: int
    value: object = MISSING
    """The value where it is a literal."""


class Source:
    """One parsed module."""

    def __init__(self, path: Path, location: Location) -> None:
        self.path, self.location = path, location
        self.tree = ast.parse(path.read_bytes(), filename=str(path))
        self.marks = tuple(_marks(self.tree))

    def marked(self, name: str, within: str | None = None) -> list[Mark]:
        """The marks of a name; within one call, within none (an empty text), or anywhere (None)."""
        return [mark for mark in self.marks if mark.name == name and (within is None or mark.within == within)]

    def at(self, line: int) -> Location:
        """A line of this file."""
        return Location(file=self.location.file, line=line)


class Sources:
    """The application's own modules, the one that holds the application first."""

    def __init__(self, root: Path, paths: Iterable[Path]) -> None:
        self.root = root.resolve()
        self.files: list[Source] = []
        self.gaps: list[str] = []
        for number, path in enumerate(dict.fromkeys(p.resolve() for p in paths)):
            if number >= MOST_FILES:
                self.gaps.append(f"Only the first {MOST_FILES} modules were searched for literals.")
                break
            try:
                self.files.append(Source(path, self.place(path)))
            except (OSError, SyntaxError, ValueError) as error:
                self.gaps.append(f"{self.place(path).file} could not be read: {error}.")

    def place(self, path: Path | str, line: int | None = None) -> Location:
        """The file relative to the project where it lies inside."""
        full = Path(path).resolve()
        try:
            return Location(file=full.relative_to(self.root).as_posix(), line=line)
        except ValueError:
            return Location(file=str(full), line=line)

    def find(self, *spots: Spot, value: object = MISSING) -> Location | None:
        """The first of the spots (name, within which call) that is known, in the first file that knows one.

        With `value`, a place that says exactly that wins over one that does not.
        """
        last: Location | None = None
        for source in self.files:
            for spot in spots:
                found = source.marked(*spot)
                same = [mark for mark in found if value is not MISSING and _same(mark.value, value)]
                if same:
                    return source.at(same[-1].line)
                if found and last is None:
                    last = source.at(found[-1].line)
        return last

    def first(self, *places: Location | None) -> Location:
        """The first place that is known, or none."""
        return next((place for place in places if place is not None), Location())

    def literal(self, value: str | bytes, names: Iterable[str] = ()) -> Location | None:
        """Where the value stands as a literal; a short one only where it is given to one of the names."""
        wanted = set(names)
        for source in self.files:
            for mark in source.marks:
                if mark.name in wanted and mark.value is not MISSING and _same(mark.value, value):
                    return source.at(mark.line)
        if len(value) < 8:
            return None
        for source in self.files:
            for node in ast.walk(source.tree):
                if isinstance(node, ast.Constant) and _same(node.value, value):
                    return source.at(node.lineno)
        return None

    def function(self, function: Any) -> Location:
        """Where a function or class is defined; nowhere if it has no source."""
        code = getattr(function, "__code__", None)
        if code is not None:
            return self.place(code.co_filename, code.co_firstlineno)
        module = sys.modules.get(getattr(function, "__module__", "") or "")
        path, name = getattr(module, "__file__", None), getattr(function, "__name__", "")
        if not path:
            return Location()
        for source in self.files:
            if source.path == Path(path).resolve():
                lines = [n.lineno for n in ast.walk(source.tree) if isinstance(n, ast.ClassDef) and n.name == name]
                return source.at(lines[-1]) if lines else source.location
        return self.place(path)


def own_files(module: str, root: Path) -> list[Path]:
    """The files of the imported modules that belong to the project: the application's own, its package, the rest."""
    home = sys.modules.get(module)
    main = getattr(home, "__file__", None)
    package = module.rpartition(".")[0] or module
    near, far = [], []
    for name, other in sorted(sys.modules.items()):
        path = getattr(other, "__file__", None)
        if not isinstance(path, str) or not path.endswith(".py"):
            continue
        if name == package or name.startswith(package + "."):
            near.append(Path(path))
        elif _inside(Path(path), root) and not _ours(name) and not _is_test(Path(path), root):
            far.append(Path(path))
    return [*([Path(main)] if main else []), *near, *far]


def star_imports(path: Path) -> Iterator[Path]:
    """The files that a settings module takes everything from, the last import first."""
    module = next((m for m in list(sys.modules.values()) if _is_file(m, path)), None)
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return  # it is reported when the file itself is read
    for node in reversed(list(ast.walk(tree))):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            base = getattr(module, "__name__", "").split(".")
            prefix = ".".join(base[: len(base) - node.level]) if node.level else ""
            name = ".".join(part for part in (prefix, node.module) if part)
            other = getattr(sys.modules.get(name), "__file__", None)
            if other:
                yield Path(other)
                yield from star_imports(Path(other))


def _is_file(module: object, path: Path) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and Path(file).resolve() == path.resolve()


def _inside(path: Path, root: Path) -> bool:
    try:
        parts = path.resolve().relative_to(root.resolve()).parts
    except ValueError:
        return False
    return not any(part in FOREIGN or part.startswith(".") for part in parts[:-1])


def _is_test(path: Path, root: Path) -> bool:
    """Whether a file is a test: it answers no request, and may do what the application must not."""
    parts = path.resolve().relative_to(root.resolve()).parts
    return "tests" in parts[:-1] or parts[-1] == "conftest.py" or parts[-1].startswith("test_")


def _ours(module: str) -> bool:
    """Modules of hauberk are no part of the application, except where one of them is the application."""
    return module == "hauberk" or module.startswith("hauberk.")


def _same(a: object, b: object) -> bool:
    return type(a) is type(b) and a == b


def _marks(tree: ast.Module) -> Iterator[Mark]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _target(target, node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield from _target(node.target, node.value)
        elif isinstance(node, ast.Call):
            yield from _call(node)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield Mark(key.value, "", key.lineno, _literal(value))


def _target(target: ast.expr, value: ast.expr) -> Iterator[Mark]:
    if isinstance(target, ast.Tuple):
        for element in target.elts:
            yield from _target(element, value)
    elif name := _name(target):
        yield Mark(name, "", target.lineno, _literal(value))
    elif isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        yield Mark(str(target.slice.value), "", target.lineno, _literal(value))


def _call(node: ast.Call) -> Iterator[Mark]:
    called = _name(node.func)
    if called:
        yield Mark(called, "()", node.lineno)
    for keyword in node.keywords:
        if keyword.arg:
            yield Mark(keyword.arg, called, keyword.value.lineno, _literal(keyword.value))
    for argument in node.args:
        if name := _name(argument):
            yield Mark(name, called, node.lineno)
    # setdefault("NAME", value), setattr(x, "NAME", value), environ.get("NAME", "value")
    texts = [a for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    if texts and len(node.args) > 1:
        yield Mark(str(texts[0].value), called, node.lineno, _literal(node.args[-1]))


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _literal(node: ast.expr) -> object:
    try:
        value: object = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return MISSING
    return value
