"""Python source: what an input does in it, by the pure judge and through real applications."""

from __future__ import annotations

import ast
import builtins
import code
import dataclasses
import timeit
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.adapters.wsgi import WSGIShield
from hauberk.core.plan import Plan
from hauberk.guard import Guard
from hauberk.guard.code import judge
from hauberk.guard.pytokens import tokenise
from hauberk.guard.seen import SEEN

BLOCK = Plan.of([Guard(mode="block")])
CALL = "__import__('os').getpid()"

ATTACKS = [
    ("{}", CALL),
    ("{}", "1+1"),
    ("{}", "[].__class__.__base__"),
    ("{}", "f'{open(1)}'"),
    ("{}", "[open(1)]"),
    ("{}", "(lambda: 1)()"),
    ("{}", "not True"),
    ("x = '{}'", "' + str(1) + '"),
    ("x = '{}'\nprint(x)", "'\nimport os\n'"),
    ("x = '{}' + '.'", "a\\"),
    ("x = f'{}'", "{open(1)}"),
    ("x = f'{{a}}{}'", "{b.c}"),
    ('x = """{}"""', '"""+str(1)+"""'),
    ("x = 1 # {}", "a\nimport os"),
    ("def f():\n    return {}\n", "1; import os"),
    ("f({})", "1, *x"),
    ("f{}", "(1)"),
    ("a{}", "[1, 2]"),
    ("x = '{}", "' + y"),
    ("{}", " \t" + CALL),
    ("print({})", "1) or print(2"),
    ("x = {}", "'a' 'b'.join(x)"),
]
INERT = [
    ("{}", "12.50"),
    ("{}", "-12"),
    ("x = {}", "+1.5e10"),
    ("{}", "'a text'"),
    ("x = '{}'", CALL.replace("'", '"')),
    ("x = '{}'", "a \\n b # c"),
    ("x = f'{}'", 'it is # " ; {{x}}'),
    ("x = f'{{a}} {}'", "import os; (1)"),
    ('x = """{}"""', "it's 'so'\nand \"so\" "),
    ("x = 1 # {}", "import os; (1)"),
    ("x = r'{}'", "a\\d(b)"),
    ("f(x, '{}')", "1, *x"),
]


@pytest.mark.parametrize(("template", "value"), ATTACKS)
def test_an_input_that_is_more_than_one_literal_is_an_attack(template: str, value: str) -> None:
    assert judge(template.replace("{}", value, 1), value).verdict == "attack"


@pytest.mark.parametrize(("template", "value"), INERT)
def test_an_input_that_stays_in_a_literal_is_inert(template: str, value: str) -> None:
    assert judge(template.replace("{}", value, 1), value).verdict == "inert"


@pytest.mark.parametrize("value", ["[1, 2]", "{'a': [1, None], 'b': (-2, 'c')}", "(1, 2)", "{1, 2}"])
def test_a_display_of_literals_is_not_called_an_attack(value: str) -> None:
    assert judge(value, value).verdict == "unknown"
    assert judge(f"x = f(1, {value})", value).verdict == "unknown"


@given(st.text(min_size=2))
def test_whatever_repr_writes_is_inert(value: str) -> None:
    for source in (f"x = {value!r}", f"f({value!r}, 1)\ny = {value!a} + '.'"):
        assert not judge(source, value).attack


@given(st.text(alphabet="'\"\\{}()[]#\n\r\t ;:=+ab1frbu_.,", min_size=1))
def test_an_input_that_changes_what_python_reads_is_an_attack(value: str) -> None:
    """The parser of Python itself is asked: one constant, as it would be with another text in its place, or more."""
    for template in ("x = '{}'", 'x = """{}"""', "x = f'{}'", "x = r'{}'", "f('{}', y) # '{}'"):
        source = template.replace("{}", value)
        try:
            actual, harmless = tree(source), tree(template.replace("{}", "a"))
        except (SyntaxError, ValueError, MemoryError):
            continue
        if actual != harmless and len(value.strip()) > 1 and value in source:
            assert judge(source, value).attack, source


def tree(source: str) -> str:
    found = ast.parse(source)
    for node in ast.walk(found):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
        if isinstance(node, ast.JoinedStr) and all(isinstance(part, ast.Constant) for part in node.values):
            node.values = []
    return ast.dump(found)


@given(st.text())
def test_any_text_has_tokens_in_order(text: str) -> None:
    at = 0
    for _, start, end in tokenise(text):
        assert at <= start <= end <= len(text)
        at = end


def evaluated(value: str) -> Any:
    return eval("len(" + value + ")")


def executed(value: str) -> Any:
    names: dict[str, Any] = {}
    exec(f"x = '{value}'", names)
    return names["x"]


def compiled(value: str) -> Any:
    return eval(compile(f"'{value}'.upper()", "rule.py", "eval"))


def as_tree(value: str) -> Any:
    return eval(compile(ast.parse(value, mode="eval"), "<tree>", "eval"))


def console(value: str) -> Any:
    return code.InteractiveConsole().runsource(value)


def timed(value: str) -> Any:
    return timeit.timeit(value, number=1)


def client(handler: Callable[[str], Any], plan: Plan = BLOCK) -> Any:
    from flask import Flask, request

    app = Flask(__name__)

    @app.get("/")
    def page() -> str:
        return str(handler(request.args["v"]))

    app.wsgi_app = WSGIShield(app.wsgi_app, plan)  # type: ignore[method-assign]
    return app.test_client()


def status(handler: Callable[[str], Any], value: str, plan: Plan = BLOCK) -> int:
    SEEN.clear()
    code: int = client(handler, plan).get("/?v=" + quote(value)).status_code
    return code


@pytest.mark.parametrize(
    ("handler", "attack", "benign"),
    [
        (evaluated, "str(" + CALL + ")", "'a text'"),
        (executed, "' + " + CALL + ".__str__() + '", "__import__(1) is; a text"),
        (compiled, "'.join(" + CALL + ") + '", "it is (so) + more"),
        (as_tree, CALL, "'a text'"),
        (console, CALL, "'a text'"),
        (timed, CALL, "'a text'"),
    ],
)
def test_code_of_a_request_does_not_run(handler: Callable[[str], Any], attack: str, benign: str) -> None:
    assert status(handler, attack) == 403
    assert status(handler, benign) == 200
    assert status(handler, attack, Plan.of([Guard(mode="block", code="observe")])) in {200, 500}


def literal(value: str) -> Any:
    return ast.literal_eval(value)


def looked_at(value: str) -> Any:
    return ast.dump(ast.parse(value))


def with_machinery(value: str) -> Any:
    made = dataclasses.make_dataclass("Made", [("x", int)])
    return made(x=len(value))


def constant(value: str) -> Any:
    return eval("(1 + 1) * 2")


def in_a_call(value: str) -> Any:
    return eval("str.upper(value)", {"value": value, "str": str})


@pytest.mark.parametrize(
    ("handler", "value"),
    [
        (literal, "['a', {'b': ('c', -1)}]"),
        (looked_at, CALL),
        (with_machinery, CALL),
        (constant, "(1 + 1) * 2"),
        (in_a_call, "str.upper(value)"),
        (in_a_call, CALL),
    ],
)
def test_what_is_no_code_of_the_request_is_left_alone(handler: Callable[[str], Any], value: str) -> None:
    assert status(handler, value) == 200


def test_builtins_are_what_they_were() -> None:
    assert builtins.eval("1 + 1") == 2
