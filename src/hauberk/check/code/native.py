"""Numbers of fixed width, memory past Python's own care, and what a handler opens and never closes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from hauberk.check.code.rule import Hit, check_code, code_rule
from hauberk.check.module import REQUEST_NAMES, Function, Module

NUMBER = code_rule(
    "native-number",
    "A request's number becomes one of fixed width without a look at its size",
    "medium",
    why="It wraps around: a large amount becomes a small or a negative one.",
    fix="Compare it with the least and the greatest value first.",
    cwe=(190,),
    asvs="1.4.2",
    top10="A05",
)
MEMORY = code_rule(
    "native-memory",
    "Memory is reached past Python's own care, by a request's value",
    "high",
    why="A length or an address that is wrong reads or overwrites what lies beside it.",
    fix="Leave ctypes out, or check the length against the buffer that it belongs to.",
    cwe=(119, 787),
    asvs="1.4.1",
    top10="A05",
)
UNCLOSED = code_rule(
    "unclosed",
    "A file or connection is opened in a handler and never closed",
    "low",
    why="Each request keeps one, until there are no more of them.",
    fix="Open it in a with statement.",
    cwe=(772, 404),
    asvs="1.4.3",
    top10="A10",
)
OPENERS = frozenset(
    {"open", "io.open", "sqlite3.connect", "socket.socket", "socket.create_connection", "psycopg.connect"}
)


def _is_number(name: str) -> bool:
    return (
        bool(re.match(r"(ctypes\.c_(u?(int|long|short|byte|size)|size_t)|numpy\.u?int(8|16|32|64))", name))
        or name == "struct.pack"
    )


def _numbers(module: Module) -> list[ast.Call]:
    return [call for name, call in module.calls if _is_number(name)]


def _number(module: Module) -> Iterator[Hit]:
    for function in module.functions:
        sent = _numeric(module, function)
        compared = {
            n.id
            for t in ast.walk(function)
            if isinstance(t, ast.Compare)
            for n in ast.walk(t)
            if isinstance(n, ast.Name)
        }
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and _is_number(module.name(node.func)):
                held = {n.id for a in node.args for n in ast.walk(a) if isinstance(n, ast.Name)} & sent
                if held - compared:
                    yield Hit(
                        node,
                        f"{module.name(node.func)}() is given {', '.join(sorted(held - compared))} as it was sent.",
                    )


def _numeric(module: Module, function: Function) -> set[str]:
    """Names that hold a number that a client sent: parameters of a handler that are int, and int(...) of a request."""
    route = any(r.function is function for r in module.routes)
    names = {
        a.arg for a in function.args.args if route and isinstance(a.annotation, ast.Name) and a.annotation.id == "int"
    }
    for node in ast.walk(function):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and module.name(node.value.func) in {"int", "float"}
            and any(isinstance(n, ast.Name) and n.id in REQUEST_NAMES for n in ast.walk(node.value))
        ):
            names |= {t.id for t in node.targets if isinstance(t, ast.Name)}
    return names


NATIVE = frozenset({"ctypes.memmove", "ctypes.memset", "ctypes.string_at", "ctypes.wstring_at"})


def _memory_calls(module: Module) -> list[ast.Call]:
    return [call for name, call in module.calls if name in NATIVE or name.endswith((".from_address", ".from_buffer"))]


def _memory(module: Module) -> Iterator[Hit]:
    calls = {id(call) for call in _memory_calls(module)}
    for function in module.functions:
        sent = _numeric(module, function)
        compared = {
            n.id
            for t in ast.walk(function)
            if isinstance(t, ast.Compare)
            for n in ast.walk(t)
            if isinstance(n, ast.Name)
        }
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and id(node) in calls:
                held = {n.id for a in node.args for n in ast.walk(a) if isinstance(n, ast.Name)} & sent
                if held - compared:
                    yield Hit(
                        node,
                        f"{module.name(node.func)}() is given {', '.join(sorted(held - compared))} as it was sent.",
                    )


def _opened(module: Module) -> list[tuple[Function, str, ast.Call]]:
    """Files and connections that a handler opens by a name of its own."""
    return [
        (route.function, target.id, node.value)
        for route in module.routes
        for node in ast.walk(route.function)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and module.name(node.value.func) in OPENERS
        for target in node.targets
        if isinstance(target, ast.Name)
    ] + [
        (route.function, "", item.context_expr)
        for route in module.routes
        for node in ast.walk(route.function)
        if isinstance(node, ast.With | ast.AsyncWith)
        for item in node.items
        if isinstance(item.context_expr, ast.Call) and module.name(item.context_expr.func) in OPENERS
    ]


def _unclosed(module: Module) -> Iterator[Hit]:
    for function, name, call in _opened(module):
        if name and not _let_go(function, name):
            yield Hit(call, f"{function.name}() never closes {name}.")


def _let_go(function: Function, name: str) -> bool:
    """Whether it is closed, entered, or handed to somebody else."""
    for node in ast.walk(function):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in {"close", "aclose"}
            and getattr(node.value, "id", "") == name
        ):
            return True
        given = [*node.args, *(k.value for k in node.keywords)] if isinstance(node, ast.Call) else []
        given += [node.value] if isinstance(node, ast.Return | ast.Yield) and node.value is not None else []
        given += [i.context_expr for i in node.items] if isinstance(node, ast.With | ast.AsyncWith) else []
        if any(isinstance(g, ast.Name) and g.id == name for g in given):
            return True
    return False


CHECKS = (
    check_code(NUMBER, _number, of=lambda m: len(_numbers(m)), what="numbers of fixed width"),
    check_code(MEMORY, _memory, of=lambda m: len(_memory_calls(m)), what="calls that reach memory"),
    check_code(UNCLOSED, _unclosed, of=lambda m: len(_opened(m)), what="files and connections that handlers open"),
)
