"""By what a request is recognised: cookies, keys, and the tokens that sessions are known by."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from hauberk.check.code.rule import Hit, check_code, code_rule
from hauberk.check.module import REQUEST_NAMES, Module, argument, constant

COOKIE = code_rule(
    "cookie-identity",
    "A cookie says who the user is, and nothing verifies it",
    "critical",
    why="Whoever sends user=admin is admin: a cookie is what its sender writes.",
    fix="Keep the name in a session on the server, or in a cookie that is sealed: hauberk's Sessions, CookieSessions.",
    cwe=(565, 302),
    asvs="7.2.1",
    top10="A07",
)
STATIC = code_rule(
    "static-token",
    "Users are recognised by a key that never changes",
    "low",
    why="One key for everybody and for ever: it leaks once, and cannot be taken from one user alone.",
    fix="Give each login a token of its own that ends: a session, or an access token of short life.",
    cwe=(798, 613),
    asvs="7.2.2",
    top10="A07",
)
WEAK = code_rule(
    "session-token",
    "A session's token can be guessed",
    "high",
    why="Whoever finds a token that is in use has the session.",
    fix="secrets.token_urlsafe(32), or leave it to hauberk's Sessions.",
    cwe=(330, 331, 340),
    asvs="7.2.3",
    top10="A04 A07",
)
CODE = code_rule(
    "one-time-code",
    "A one-time code or its seed is made of numbers that can be predicted",
    "high",
    why="After a few codes the next ones are known.",
    fix="secrets.randbelow, secrets.token_bytes; hauberk.auth.totp and hauberk.auth.recovery.",
    cwe=(338, 330),
    asvs="6.5.3",
    top10="A04",
)

GUESSABLE = code_rule(
    "guessable",
    "Something that must not be guessed can be",
    "medium",
    why="Links that reset a password, invitations and API keys are as good as the password.",
    fix="secrets.token_urlsafe(32); a UUID is no promise of randomness.",
    cwe=(330, 338, 340),
    asvs="11.5.1",
    top10="A04",
)

IDENTITY = re.compile(
    r"^(user|username|user_?id|uid|login|account|role|roles|is_?admin|admin|email|customer_?id)$", re.IGNORECASE
)
SESSION = re.compile(
    r"^(session|sessionid|session_?id|session_?token|sid|auth_?token|token|remember_?(me|token)?)$", re.IGNORECASE
)
ONE_TIME = re.compile(
    r"otp|one_?time|recovery_?code|backup_?code|lookup_?secret|totp|mfa|two_?factor|verification_?code", re.IGNORECASE
)
CREDENTIAL = re.compile(r"(?!.*(hook|signature|csrf|xsrf)).*(api.?key|auth|token|secret|session|sid)", re.IGNORECASE)
"""Headers and cookies that say who asks; a webhook's shared secret says which service does."""
UNGUESSABLE = re.compile(
    r"^((password_?)?reset|invite|invitation|confirm(ation)?|activation|csrf|xsrf|api|access|refresh|magic|share|download)"
    r"_?(token|key|code|secret|link)$|^(nonce|api_?key|secret(_key)?|state_token)$",
    re.IGNORECASE,
)
BITS = 128


def _read(node: ast.AST, parts: frozenset[str]) -> str:
    """The name that is read from one of these parts of a request; empty if it is no such expression."""
    owner: ast.expr | None = None
    key: ast.expr | None = None
    if isinstance(node, ast.Subscript):
        owner, key = node.value, node.slice
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        owner, key = node.func.value, argument(node, 0)
    if not isinstance(owner, ast.Attribute) or owner.attr not in parts:
        return ""
    if not isinstance(owner.value, ast.Name) or owner.value.id not in REQUEST_NAMES:
        return ""
    name = constant(key)
    return name if isinstance(name, str) else ""


def _cookies(module: Module) -> int:
    return sum(bool(_read(node, frozenset({"cookies", "COOKIES"}))) for node in ast.walk(module.tree))


def _cookie(module: Module) -> Iterator[Hit]:
    """A name of a person or a right; one that is looked up or verified by a function first is left to it."""
    for function in module.functions:
        given = {
            id(part)
            for call in ast.walk(function)
            if isinstance(call, ast.Call)
            for a in _given(call)
            for part in ast.walk(a)
        }
        for node in ast.walk(function):
            name = _read(node, frozenset({"cookies", "COOKIES"}))
            if name and IDENTITY.match(name) and id(node) not in given:
                yield Hit(node, f"The cookie {name!r} is taken for who the user is.")


def _given(call: ast.Call) -> list[ast.expr]:
    """What a function that may verify it is given; conversions verify nothing."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    plain = {"int", "str", "bool", "get", "execute", "query", "filter", "filter_by", "format", "print", "dict", "len"}
    return [] if name in plain else [*call.args, *(k.value for k in call.keywords)]


def _compared(module: Module) -> list[tuple[ast.AST, str, bool]]:
    """Credentials of a request that are compared: where, its name, and whether with a value that never changes."""
    fixed = {
        t.id
        for node in module.tree.body
        if isinstance(node, ast.Assign) and _never_changes(module, node.value)
        for t in node.targets
        if isinstance(t, ast.Name)
    }
    found = []
    for function in module.functions:
        held = {
            t.id: name
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and (name := _credential(node.value))
            for t in node.targets
            if isinstance(t, ast.Name)
        }
        for node in ast.walk(function):
            sides = _sides(module, node)
            name = next((n for side in sides if (n := _named(side, held))), "")
            if name:
                constants = [s for s in sides if isinstance(s, ast.Constant) and isinstance(s.value, str) and s.value]
                names = [s for s in sides if isinstance(s, ast.Name) and s.id in fixed]
                found.append((node, name, bool(constants or names)))
    return found


def _sides(module: Module, node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
        return [node.left, *node.comparators]
    if isinstance(node, ast.Call) and module.name(node.func).rpartition(".")[2] == "compare_digest":
        return list(node.args)
    return []


def _credential(node: ast.AST) -> str:
    name = _read(node, frozenset({"headers", "cookies", "COOKIES", "META"}))
    return name if CREDENTIAL.search(name) else ""


def _named(node: ast.expr, held: dict[str, str]) -> str:
    return held.get(node.id, "") if isinstance(node, ast.Name) else _credential(node)


def _never_changes(module: Module, node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    name = (
        module.name(node.func)
        if isinstance(node, ast.Call)
        else module.name(node)
        if isinstance(node, ast.Subscript)
        else ""
    )
    if isinstance(node, ast.Subscript):
        name = module.name(node.value)
    return name in {"os.environ", "os.getenv", "os.environ.get"}


def _static(module: Module) -> Iterator[Hit]:
    for node, name, fixed in _compared(module):
        if fixed:
            yield Hit(node, f"{name} is compared with one value for everybody.")


def _tokens(module: Module) -> list[tuple[ast.AST, ast.expr]]:
    """Values that become the token of a session."""
    found: list[tuple[ast.AST, ast.expr]] = []
    for _, call in module.calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr == "set_cookie":
            name, value = constant(argument(call, 0, "key")), argument(call, 1, "value")
            if isinstance(name, str) and SESSION.match(name.removeprefix("__Host-")) and value is not None:
                found.append((call, value))
    return found + [
        (node, node.value)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and SESSION.match(t.id) for t in node.targets)
    ]


def _secrets(module: Module) -> list[tuple[ast.AST, ast.expr]]:
    """Values that become a reset token, an API key and the like."""
    return [
        (node, node.value)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Assign)
        and any(UNGUESSABLE.match(getattr(t, "id", getattr(t, "attr", ""))) for t in node.targets)
        and any(isinstance(part, ast.Call) for part in ast.walk(node.value))
    ]


def _guessable_secret(module: Module) -> Iterator[Hit]:
    for place, value in _secrets(module):
        if said := _guessable(module, value):
            yield Hit(place, f"It is {said}.", sure="UUID" not in said)


def _weak(module: Module) -> Iterator[Hit]:
    for place, value in _tokens(module):
        if said := _guessable(module, value):
            yield Hit(place, f"The token is {said}.", sure="UUID" not in said)


def _guessable(module: Module, value: ast.expr) -> str:
    for node in ast.walk(value):
        if not isinstance(node, ast.Call):
            continue
        name = module.name(node.func)
        if name.startswith("random.") and not name.startswith("random.SystemRandom"):
            return f"made by {name}(), whose next values can be computed"
        if name in {"uuid.uuid1", "uuid.uuid3", "uuid.uuid5", "time.time", "time.time_ns", "datetime.datetime.now"}:
            return f"made of {name}()"
        if name == "uuid.uuid4":
            return "a UUID: 122 random bits, and no promise where they come from"
        if name in {"secrets.token_hex", "secrets.token_bytes", "secrets.token_urlsafe", "os.urandom"}:
            size = constant(argument(node, 0, "nbytes", "size"))
            if isinstance(size, int) and size * 8 < BITS:
                return f"{size * 8} random bits, where {BITS} are the least"
    return ""


def _codes(module: Module) -> list[tuple[ast.AST, str]]:
    """Functions and names that are about one-time codes."""
    found: list[tuple[ast.AST, str]] = [(f, f.name) for f in module.functions if ONE_TIME.search(f.name)]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Assign):
            found += [(node, t.id) for t in node.targets if isinstance(t, ast.Name) and ONE_TIME.search(t.id)]
    return found


def _code(module: Module) -> Iterator[Hit]:
    seen: set[int] = set()
    for place, name in _codes(module):
        for node in ast.walk(place):
            if isinstance(node, ast.Call) and id(node) not in seen:
                called = module.name(node.func)
                if called.startswith("random.") and not called.startswith("random.SystemRandom"):
                    seen.add(id(node))
                    yield Hit(node, f"{called}() is used for {name}.")


CHECKS = (
    check_code(COOKIE, _cookie, of=_cookies, what="cookies that are read"),
    check_code(STATIC, _static, of=lambda m: len(_compared(m)), what="credentials that are compared"),
    check_code(WEAK, _weak, of=lambda m: len(_tokens(m)), what="tokens of sessions"),
    check_code(GUESSABLE, _guessable_secret, of=lambda m: len(_secrets(m)), what="values that must not be guessed"),
    check_code(CODE, _code, of=lambda m: len(_codes(m)), what="places about one-time codes"),
)
