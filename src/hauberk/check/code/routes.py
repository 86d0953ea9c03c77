"""What handlers do that no configuration shows."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from hauberk.check.code.rule import Hit, check_code, code_rule
from hauberk.check.module import REQUEST_NAMES, Module, Route, constant

WRITES = code_rule(
    "get-writes",
    "A GET changes something",
    "medium",
    why="A link or an image on any page makes the visitor's browser send it, with his cookies.",
    fix="Answer POST, PUT or DELETE instead.",
    cwe=(352,),
    asvs="3.5.3",
    top10="A01",
)
IN_URL = code_rule(
    "secret-in-url",
    "A secret is taken from the address",
    "medium",
    why="Addresses end in logs, in the browser's history and in Referer.",
    fix="Take it from a header or from the body of a POST.",
    cwe=(598,),
    asvs="14.2.1",
    top10="A06",
)
UNTYPED = code_rule(
    "untyped-body",
    "A body is taken without a schema",
    "low",
    why="Whatever a client invents reaches the code behind: other types, other fields, other depths.",
    fix="Declare a model of it: pydantic, msgspec, a form or a serialiser.",
    cwe=(20,),
    asvs="2.2.1 15.3.5",
    top10="A06",
)
WHOLE = code_rule(
    "whole-record",
    "A record is answered with all its fields",
    "medium",
    why="Hashes of passwords, addresses and flags go to whoever asks; the page not showing them helps nothing.",
    fix="Name the fields that the answer has: response_model, a serialiser, a dict.",
    cwe=(213, 200),
    asvs="15.3.1",
    top10="A01",
)
UPLOAD = code_rule(
    "upload-name",
    "An upload is kept under the name its sender gave",
    "high",
    why="The name can lead out of the folder, or end in .py, .html or .svg and be run or shown.",
    fix="Make up a name, and keep uploads outside of what is served; at least secure_filename().",
    cwe=(434, 22),
    asvs="5.3.2 5.3.1",
    top10="A06 A01",
)

WRITERS = frozenset(
    {"commit", "save", "delete", "bulk_create", "bulk_update", "add_all", "insert_one", "update_one", "delete_one"}
)
STATEMENTS = ("insert ", "update ", "delete ", "drop ", "alter ", "replace into ")
SECRETS = frozenset(
    """password passwd pwd secret token access_token api_key apikey auth_token session_id sessionid credit_card
    card_number cvv ssn pin otp""".split()
)
SAFE_TOKENS = frozenset({"page_token", "next_token", "continuation_token"})


def _writes(module: Module) -> Iterator[Hit]:
    for route in module.routes:
        if route.methods != {"GET"}:
            continue
        for node in ast.walk(route.function):
            if isinstance(node, ast.Call) and (what := _writing(node)):
                yield Hit(node, f"{route.function.name}() answers GET and {what}.")
                break


def _writing(call: ast.Call) -> str:
    func = call.func
    if not isinstance(func, ast.Attribute):
        return ""
    if func.attr in WRITERS:
        # Sets, files and caches have methods of these names; a record's and a database's are called without much.
        known = isinstance(func.value, ast.Name) and func.value.id in {"db", "session", "conn", "connection", "con"}
        return f"calls {func.attr}()" if known or (func.attr in {"save", "delete"} and not call.args) else ""
    if func.attr in {"execute", "executemany"} and call.args:
        text = constant(call.args[0])
        head = text.lstrip().lower() if isinstance(text, str) else ""
        return f"executes {head.split()[0].upper()}" if head.startswith(STATEMENTS) else ""
    return ""


def _in_url(module: Module) -> Iterator[Hit]:
    for route in module.routes:
        function = route.function
        if route.methods == {"GET"} and not any(
            isinstance(d, ast.Call) and _is_flask(d) for d in function.decorator_list
        ):
            for parameter in (*function.args.args, *function.args.kwonlyargs):
                if parameter.arg.lower() in SECRETS and not _marked(function, parameter):
                    yield Hit(parameter, f"{function.name}() takes {parameter.arg} from the query.")
    for node in ast.walk(module.tree):
        name = _query_read(node)
        if name.lower() in SECRETS - SAFE_TOKENS:
            yield Hit(node, f"{name} is read from the query.")


def _is_flask(decorator: ast.Call) -> bool:
    return isinstance(decorator.func, ast.Attribute) and decorator.func.attr == "route"


def _marked(function: ast.FunctionDef | ast.AsyncFunctionDef, parameter: ast.arg) -> bool:
    """Whether FastAPI is told to take it from elsewhere: Header, Cookie, Depends, Body, Form, Path."""
    text = ast.dump(parameter.annotation) if parameter.annotation else ""
    given = dict(zip([a.arg for a in reversed(function.args.args)], reversed(function.args.defaults), strict=False))
    if parameter.arg in given:
        text += ast.dump(given[parameter.arg])
    return any(f"'{word}'" in text for word in ("Header", "Cookie", "Depends", "Security", "Body", "Form", "Path"))


def _query_read(node: ast.AST) -> str:
    """The name that is read from `request.args`, `request.GET` or `request.query_params`."""
    owner: ast.expr | None = None
    key: ast.expr | None = None
    if isinstance(node, ast.Subscript):
        owner, key = node.value, node.slice
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"get", "getlist"}:
        owner, key = node.func.value, node.args[0] if node.args else None
    if not isinstance(owner, ast.Attribute) or owner.attr not in {"args", "GET", "query_params"}:
        return ""
    name = constant(key)
    return name if isinstance(name, str) else ""


def _untyped(module: Module) -> Iterator[Hit]:
    for route in module.routes:
        if not route.methods & {"POST", "PUT", "PATCH"}:
            continue
        for parameter in route.function.args.args:
            annotation = ast.unparse(parameter.annotation) if parameter.annotation else ""
            if annotation in {"dict", "Any", "dict[str, Any]", "Dict", "Dict[str, Any]", "typing.Any", "object"}:
                yield Hit(parameter, f"{route.function.name}() takes {parameter.arg} as {annotation}.")


def _whole(module: Module) -> Iterator[Hit]:
    for route in module.routes:
        if _has_model(route):
            continue
        for node in ast.walk(route.function):
            if isinstance(node, ast.Return) and node.value is not None and (what := _everything(node.value)):
                yield Hit(node, f"{route.function.name}() answers with {what}.")


def _has_model(route: Route) -> bool:
    returns = route.function.returns
    if returns is not None and ast.unparse(returns) not in {
        "dict",
        "Any",
        "list",
        "list[dict]",
        "dict[str, Any]",
        "Response",
    }:
        return True
    return any(
        isinstance(d, ast.Call) and any(k.arg in {"response_model", "response_model_include"} for k in d.keywords)
        for d in route.function.decorator_list
    )


def _everything(node: ast.expr) -> str:
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and part.attr == "__dict__":
            return "every attribute of an object (__dict__)"
        if isinstance(part, ast.Call):
            word = part.func.attr if isinstance(part.func, ast.Attribute) else getattr(part.func, "id", "")
            if word == "model_to_dict" and len(part.args) == 1 and not part.keywords:
                return "every field of a model (model_to_dict)"
            if word == "vars" and part.args:
                return "every attribute of an object (vars)"
            if (
                word == "values"
                and isinstance(part.func, ast.Attribute)
                and not part.args
                and _manager(part.func.value)
            ):
                return "every column of a table (values())"
    return ""


def _manager(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Attribute) and part.attr == "objects" for part in ast.walk(node))


def _upload(module: Module) -> Iterator[Hit]:
    for reached in module.tainted_calls:
        name, call = reached.name, reached.call
        if name.rpartition(".")[2] not in {"save", "open", "write_bytes", "joinpath"} or not (
            call.args or call.keywords
        ):
            continue
        for part in ast.walk(call):
            if isinstance(part, ast.Attribute) and _senders(part) and not _cleaned(call, part):
                yield Hit(call, f"{name}() is given the name that the sender chose.")
                break


def _senders(node: ast.Attribute) -> bool:
    """Whether this is an upload's own name."""
    return node.attr == "filename" and not (isinstance(node.value, ast.Name) and node.value.id in REQUEST_NAMES)


def _cleaned(call: ast.Call, part: ast.Attribute) -> bool:
    for node in ast.walk(call):
        if isinstance(node, ast.Call) and node is not call:
            word = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if word in {"secure_filename", "basename", "hash", "sha256"} and any(n is part for n in ast.walk(node)):
                return True
    return False


CHECKS = (
    check_code(WRITES, _writes),
    check_code(IN_URL, _in_url),
    check_code(UNTYPED, _untyped),
    check_code(WHOLE, _whole),
    check_code(UPLOAD, _upload),
)
