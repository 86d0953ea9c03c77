"""Who may do what: handlers that ask nobody, checks that fail open, services without a password, names of downloads."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TypeGuard

from hauberk.check.code.rule import Hit, check_code, code_rule
from hauberk.check.module import Function, Module, Route, constant, from_request

OPEN = code_rule(
    "open-route",
    "A handler changes something and asks nobody who he is",
    "medium",
    why="Its neighbours ask; this one was forgotten, and answers everybody who knows the address.",
    fix="Give it the same dependency or decorator, or ask at the router, so that none can be forgotten.",
    cwe=(862, 306),
    asvs="8.2.1",
    top10="A01",
)
FAIL_OPEN = code_rule(
    "fail-open",
    "A check that fails lets everybody in",
    "high",
    why="Whoever can make it raise, by an odd value or by load, has passed it.",
    fix="Return False, or let the error go on: what could not be checked is refused.",
    cwe=(636, 280),
    asvs="16.5.3",
    top10="A10",
)
SERVICE = code_rule(
    "open-service",
    "Another service is used without a name and a password",
    "low",
    why="Whoever reaches its port reads and writes what is in it.",
    fix="Give this application an account of its own there, and its password through the environment.",
    cwe=(306, 287),
    asvs="13.2.1",
    top10="A07",
)
DISPOSITION = code_rule(
    "disposition-request",
    "The name of a download is put into its header as it was sent",
    "low",
    why="A quotation mark, a semicolon or a line break in it gives the file another name or type.",
    fix="Let the framework write it: FileResponse(filename=...), send_file(download_name=...); RFC 6266 says how.",
    cwe=(116, 113),
    asvs="5.4.2",
    top10="A05",
)

ASKS = re.compile(
    r"auth|login|logged|user|permission|require|role|admin|token|jwt|bearer|principal|current_|verify|api_?key|guard",
    re.IGNORECASE,
)
PUBLIC = re.compile(
    r"log_?in|log_?out|sign_?(in|up|out)|regist|reset|forgot|token|webhook|hook|callback|health|ping|contact|subscribe|"
    r"public|confirm|verify|auth|search|csp|report|session",
    re.IGNORECASE,
)
PLAIN = frozenset(
    """str int float bool bytes list dict set tuple None Any Optional Union Annotated Literal UUID Decimal date datetime
    Request Response BackgroundTasks UploadFile File Form Body Query Path Header Cookie Depends HttpRequest fastapi
    starlette typing uuid""".split()
)
"""Types that say nothing of who asks."""
WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
CHECKING = re.compile(r"^_?(is_|has_|can_|may_)|valid|verif|check|allow|auth|permi", re.IGNORECASE)
DSN = re.compile(
    r"^(postgres(ql)?|mysql|mariadb|redis|valkey|rediss|mongodb|amqp|memcached)(\+\w+)?://(?P<rest>[^/]*)",
    re.IGNORECASE,
)
LOCAL = re.compile(r"^(localhost|127\.|\[::1\]|$)")


def _asks(module: Module, route: Route) -> bool:
    """Whether a decorator, a parameter, a dependency or the body has to do with who it is."""
    function = route.function
    arguments = function.args
    parts: list[ast.AST] = [*arguments.defaults, *(d for d in arguments.kw_defaults if d is not None)]
    parts += [a.annotation for a in (*arguments.args, *arguments.kwonlyargs) if a.annotation is not None]
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call):
            parts += [k.value for k in decorator.keywords if k.arg in {"dependencies", "guards", "permission", "auth"}]
        if not _routes(decorator):
            parts.append(decorator)
    given = (*arguments.args, *arguments.kwonlyargs)
    if any(ASKS.search(word) for part in parts for word in _words(part)) or any(ASKS.search(a.arg) for a in given):
        return True
    if not all(_plain(module, a.annotation) for a in given):
        return True  # an alias from elsewhere may stand for a dependency that asks
    called = (module.name(n.func) for n in ast.walk(function) if isinstance(n, ast.Call))
    read = (n.attr for n in ast.walk(function) if isinstance(n, ast.Attribute))
    return any(ASKS.search(word) for word in called) or any(
        word in {"user", "session", "cookies", "auth"} for word in read
    )


def _plain(module: Module, annotation: ast.expr | None) -> bool:
    """Whether a parameter can be seen to be a value of the request, or the request itself."""
    own = {node.name for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)}
    names = set(_words(annotation)) if annotation is not None else set()
    return names <= PLAIN | own


def _routes(decorator: ast.expr) -> bool:
    func = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(func, ast.Attribute) and func.attr in {
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "route",
        "api_route",
    }


def _words(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr


def _guarded(module: Module) -> bool:
    """Whether a whole router or application asks: APIRouter(dependencies=...), before_request."""
    for name, call in module.calls:
        word = name.rpartition(".")[2]
        if word in {"APIRouter", "FastAPI", "include_router", "Litestar", "Router"} and any(
            k.arg in {"dependencies", "guards"} and any(ASKS.search(w) for w in _words(k.value)) for k in call.keywords
        ):
            return True
    return any(
        "before_request" in ast.dump(d) or "middleware" in ast.dump(d)
        for f in module.functions
        for d in f.decorator_list
    )


def _writers(module: Module) -> list[Route]:
    """Handlers that change something, in a module where others ask who it is."""
    if _guarded(module) or not any(_asks(module, route) for route in module.routes):
        return []
    return [route for route in module.routes if route.methods & WRITING]


def _open(module: Module) -> Iterator[Hit]:
    for route in _writers(module):
        path = next(
            (str(constant(d.args[0])) for d in route.function.decorator_list if isinstance(d, ast.Call) and d.args), ""
        )
        public = PUBLIC.search(route.function.name) or PUBLIC.search(path)
        if not public and not _asks(module, route):
            yield Hit(
                route.function, f"{route.function.name}() answers {', '.join(sorted(route.methods))} to everybody."
            )


def _checks(module: Module) -> list[Function]:
    """Functions that say whether something is allowed, and that catch errors."""
    return [f for f in module.functions if CHECKING.search(f.name) and any(isinstance(n, ast.Try) for n in ast.walk(f))]


def _fail_open(module: Module) -> Iterator[Hit]:
    for function in _checks(module):
        for node in ast.walk(function):
            if isinstance(node, ast.ExceptHandler) and any(
                isinstance(n, ast.Return) and constant(n.value) is True for n in node.body
            ):
                yield Hit(node, f"{function.name}() returns True when it fails.")


def _services(module: Module) -> list[tuple[ast.Constant, str]]:
    """Addresses of services that stand in the code: the node, and what stands before the path."""
    parts = {
        id(part)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.BinOp | ast.JoinedStr)
        for part in ast.walk(node)
    }
    return [
        (node, found["rest"])
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts
        if (found := DSN.match(node.value))
    ]


def _service_urls(module: Module) -> int:
    read = sum(
        isinstance(n, ast.Constant) and isinstance(n.value, str) and bool(re.fullmatch(r"\w*(URL|DSN|URI)", n.value))
        for n in ast.walk(module.tree)
    )
    return len(_services(module)) + read


def _service(module: Module) -> Iterator[Hit]:
    for node, rest in _services(module):
        host = rest.rpartition("@")[2]
        if "@" not in rest and not LOCAL.match(host) and "{" not in host:
            yield Hit(node, f"{host} is used without a name and a password.")


def _dispositions(module: Module) -> list[ast.AST]:
    """Where a Content-Disposition is written by hand, and where the framework does it."""
    found: list[ast.AST] = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Dict):
            found += [v for k, v in zip(node.keys, node.values, strict=True) if _is_disposition(k)]
        elif isinstance(node, ast.Assign):
            found += [node.value for t in node.targets if isinstance(t, ast.Subscript) and _is_disposition(t.slice)]
        elif isinstance(node, ast.Call) and any(k.arg in {"filename", "download_name"} for k in node.keywords):
            found.append(node)
    return found


def _is_disposition(key: ast.expr | None) -> bool:
    name = constant(key)
    return isinstance(name, str) and name.lower() == "content-disposition"


def _disposition(module: Module) -> Iterator[Hit]:
    written = {id(value) for value in _dispositions(module)}
    for function in module.functions:
        names = module.tainted(function)
        for value in ast.walk(function):
            if id(value) not in written or isinstance(value, ast.Call):
                continue
            parts = [p.value for p in value.values if isinstance(p, ast.FormattedValue)] if _f(value) else [value]
            if any(from_request(part, names) for part in parts):
                yield Hit(value, "The name that a client chose is put into the field as it is.")


def _f(node: ast.AST) -> TypeGuard[ast.JoinedStr]:
    return isinstance(node, ast.JoinedStr)


CHECKS = (
    check_code(OPEN, _open, of=lambda m: len(_writers(m)), what="handlers that change something"),
    check_code(FAIL_OPEN, _fail_open, of=lambda m: len(_checks(m)), what="checks that catch errors"),
    check_code(SERVICE, _service, of=_service_urls, what="addresses of services"),
    check_code(DISPOSITION, _disposition, of=lambda m: len(_dispositions(m)), what="names of downloads"),
)
