"""How a server is started from code, and by its configuration file."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from hauberk.check.code.rule import Hit, check_code, code_rule
from hauberk.check.module import Module, argument, constant

DEBUG = code_rule(
    "debug",
    "The development server runs with its debugger",
    "high",
    why="The debugger runs any code that a visitor types.",
    fix="Take debug=True away; start it with `flask --debug run` while developing.",
    cwe=(489,),
    asvs="13.4.2",
    top10="A02",
)
TRUST = code_rule(
    "server-trust",
    "The server believes any client about its address and scheme",
    "medium",
    why="A client that writes X-Forwarded-For itself escapes rate limits, allow lists and the log.",
    fix="Name your own proxies: forwarded_allow_ips='10.0.0.1'.",
    cwe=(348, 290),
    asvs="4.1.3 15.3.4",
    top10="A07",
)

SERVERS = frozenset({"uvicorn.run", "uvicorn.Config", "hypercorn.Config", "granian.Granian"})
EVERYBODY = frozenset({"*", "0.0.0.0/0", "::/0"})


def _starts(module: Module) -> list[tuple[str, ast.Call]]:
    return [
        (name, call)
        for name, call in module.calls
        if name in SERVERS or name.endswith(".run_simple") or (name.endswith(".run") and _an_app(module, call))
    ]


def _an_app(module: Module, call: ast.Call) -> bool:
    """Whether `x.run()` is that of an application which this module makes, or is called so."""
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    if not isinstance(owner, ast.Name):
        return False
    made = {
        t.id
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and module.name(node.value.func).rpartition(".")[2] in {"Flask", "Quart", "create_app"}
        for t in node.targets
        if isinstance(t, ast.Name)
    }
    return owner.id in made or owner.id in {"app", "application"}


def _debug(module: Module) -> Iterator[Hit]:
    for name, call in _starts(module):
        for option in ("debug", "use_debugger", "reload"):
            if constant(argument(call, -1, option)) is True and not (option == "reload" and name.startswith("uvicorn")):
                yield Hit(call, f"{name}() is told {option}=True.")
                break


def _trust(module: Module) -> Iterator[Hit]:
    for name, call in _starts(module):
        if _everybody(argument(call, -1, "forwarded_allow_ips")):
            yield Hit(call, f"{name}() is told forwarded_allow_ips='*'.")
    for node in module.tree.body:
        named = isinstance(node, ast.Assign) and any(
            getattr(t, "id", "") == "forwarded_allow_ips" for t in node.targets
        )
        if named and isinstance(node, ast.Assign) and _everybody(node.value):
            yield Hit(node, "gunicorn is told forwarded_allow_ips='*'.")


def _configured(module: Module) -> int:
    given = [t for n in module.tree.body if isinstance(n, ast.Assign) for t in n.targets]
    return len(_starts(module)) + sum(isinstance(t, ast.Name) and t.id == "forwarded_allow_ips" for t in given)


def _everybody(node: ast.expr | None) -> bool:
    given = constant(node)
    names = given.split(",") if isinstance(given, str) else given if isinstance(given, list | tuple) else ()
    return any(str(name).strip() in EVERYBODY for name in names)


CHECKS = (
    check_code(DEBUG, _debug, of=lambda m: len(_starts(m)), what="places that start a server"),
    check_code(TRUST, _trust, of=_configured, what="places that start a server"),
)
