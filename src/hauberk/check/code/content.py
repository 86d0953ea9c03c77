"""What becomes of content that a client sent: mails, keys of a cache, markup languages, archives, JSON of any type."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from hauberk.check.code.rule import Hit, check_code, code_rule
from hauberk.check.module import REQUEST_NAMES, Function, Module, Reached, argument, constant

MAIL = code_rule(
    "mail-request",
    "A mail is put together as text with a request's value",
    "high",
    why="A line break in it begins another header, another recipient or another mail.",
    fix="Build it with email.message.EmailMessage, which refuses line breaks in headers, and send_message().",
    cwe=(93, 88),
    asvs="1.3.11",
    top10="A05",
)
MEMCACHE = code_rule(
    "memcache-request",
    "A request's value is a key of memcached",
    "medium",
    why="A line break or a blank in a key is a command of its own to the cache.",
    fix="Hash it, or check it against a pattern, before it becomes a key.",
    cwe=(93, 74),
    asvs="1.3.9",
    top10="A05",
)
MARKDOWN = code_rule(
    "markdown-request",
    "Markdown of a request becomes HTML as it is",
    "high",
    why="Markdown may hold HTML, and links with javascript:, so it is script in every reader's browser.",
    fix="Clean what comes out: nh3.clean(markdown.markdown(text)); or switch HTML off: mistune(escape=True).",
    cwe=(79, 80),
    asvs="1.3.5",
    top10="A05",
)
ARCHIVE = code_rule(
    "archive-size",
    "An archive is unpacked without looking at what it grows to",
    "medium",
    why="Forty kilobytes grow to gigabytes, or to a million files.",
    fix="Sum file_size (zip) or size (tar) of all members, and count them, before the first is unpacked.",
    cwe=(409,),
    asvs="5.2.3",
    top10="A06",
)
JSON_TYPE = code_rule(
    "json-any-type",
    "JSON is read whatever Content-Type it comes with",
    "low",
    why="A page of another site sends text/plain without a preflight, and it is taken for the API's JSON.",
    fix="Refuse what is not application/json: request.get_json() without force=True, or a comparison of the type.",
    cwe=(352,),
    asvs="3.5.2",
    top10="A01",
)
CACHES = re.compile(r"^(memcache|pymemcache|pylibmc|bmemcached|aiomcache|emcache)\b")
MARKDOWNS = frozenset(
    {"markdown.markdown", "markdown2.markdown", "mistune.html", "mistune.markdown", "commonmark.commonmark"}
)
CLEANERS = frozenset({"clean", "sanitize", "bleach", "clean_html", "escape"})
SIZES = frozenset({"file_size", "size", "st_size"})


def _mails(module: Module) -> list[ast.Call]:
    return [call for name, call in module.calls if name.rpartition(".")[2] in {"sendmail", "send_message"}]


def _mail(module: Module) -> Iterator[Hit]:
    for reached in module.tainted_calls:
        if reached.name.rpartition(".")[2] == "sendmail":
            text = argument(reached.call, 2, "msg")
            if text is not None and reached.holds(text):
                yield Hit(
                    reached.call,
                    "The text of a mail, headers and all, holds a request's value.",
                    sure=not reached.looked_at(text),
                )


def _made_by(module: Module, pattern: re.Pattern[str]) -> set[str]:
    """Names that hold what these packages make."""
    return {
        t.id
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and pattern.match(module.name(node.value.func))
        for t in node.targets
        if isinstance(t, ast.Name)
    }


def _cache_calls(module: Module) -> list[ast.Call]:
    names = _made_by(module, CACHES)
    return [
        call
        for _, call in module.calls
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in names
    ]


def _memcache(module: Module) -> Iterator[Hit]:
    calls = {id(call) for call in _cache_calls(module)}
    for reached in module.tainted_calls:
        key = argument(reached.call, 0, "key")
        if id(reached.call) in calls and key is not None and reached.holds(key):
            yield Hit(reached.call, "A key of the cache holds a request's value.", sure=not reached.looked_at(key))


def _marked(module: Module) -> list[Reached]:
    return [r for r in module.tainted_calls if r.name in MARKDOWNS and r.holds(argument(r.call, 0))]


def _markdown(module: Module) -> Iterator[Hit]:
    cleaned = {
        id(part) for name, call in module.calls if name.rpartition(".")[2] in CLEANERS for part in ast.walk(call)
    }
    for reached in _marked(module):
        function = next((f for f in module.functions if any(n is reached.call for n in ast.walk(f))), None)
        later = function is not None and any(
            isinstance(n, ast.Call) and module.name(n.func).rpartition(".")[2] in CLEANERS for n in ast.walk(function)
        )
        safe = constant(argument(reached.call, -1, "safe_mode")) in {"escape", "replace"}
        if id(reached.call) not in cleaned and not later and not safe:
            yield Hit(reached.call, f"What {reached.name}() makes of a request's text is not cleaned.")


def _archives(module: Module) -> list[tuple[Function, ast.Call]]:
    return [
        (function, node)
        for function in module.functions
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in {"extractall", "unpack_archive"}
    ]


def _archive(module: Module) -> Iterator[Hit]:
    for function, call in _archives(module):
        compared = [n for test in ast.walk(function) if isinstance(test, ast.Compare) for n in ast.walk(test)]
        names = {n.id for n in compared if isinstance(n, ast.Name)}
        summed = {
            t.id
            for node in ast.walk(function)
            if isinstance(node, ast.Assign | ast.AugAssign) and _sizes(node.value)
            for t in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(t, ast.Name)
        }
        if not any(_sizes(n) for n in compared) and not names & summed:
            yield Hit(call, f"{function.name}() unpacks without comparing the size of what is in it.")


def _sizes(node: ast.AST) -> bool:
    return any(isinstance(n, ast.Attribute) and n.attr in SIZES for n in ast.walk(node))


def _reads_json(module: Module) -> list[tuple[ast.Call, bool]]:
    """Where a body is read as JSON, and whether its type is compared first."""
    found = []
    for function in module.functions:
        typed = any("content_type" in t or "content-type" in t.lower() or "is_json" in t for t in _words(function))
        for node in ast.walk(function):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Attribute) and node.func.attr == "get_json":
                found.append((node, typed or constant(argument(node, 0, "force")) is not True))
            elif module.name(node.func) == "json.loads" and node.args and _is_body(node.args[0]):
                found.append((node, typed))
    return found


def _is_body(node: ast.expr) -> bool:
    for part in ast.walk(node):
        if (
            isinstance(part, ast.Attribute)
            and part.attr in {"body", "data", "get_data"}
            and isinstance(part.value, ast.Name)
        ):
            return part.value.id in REQUEST_NAMES
    return False


def _words(function: Function) -> list[str]:
    return [n.attr for n in ast.walk(function) if isinstance(n, ast.Attribute)] + [
        n.value for n in ast.walk(function) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    ]


def _json_type(module: Module) -> Iterator[Hit]:
    for call, typed in _reads_json(module):
        if not typed:
            yield Hit(call, "The body is read as JSON whatever its Content-Type says.")


CHECKS = (
    check_code(MAIL, _mail, of=lambda m: len(_mails(m)), what="places that send mail"),
    check_code(MEMCACHE, _memcache, of=lambda m: len(_cache_calls(m)), what="calls of memcached"),
    check_code(MARKDOWN, _markdown, of=lambda m: len(_marked(m)), what="places that turn a request's text into HTML"),
    check_code(ARCHIVE, _archive, of=lambda m: len(_archives(m)), what="places that unpack an archive"),
    check_code(JSON_TYPE, _json_type, of=lambda m: len(_reads_json(m)), what="places that read a body as JSON"),
)
