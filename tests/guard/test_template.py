"""Templates that are compiled from text: input that is data in them, and input that is syntax."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.core.plan import Plan
from hauberk.guard import Guard
from hauberk.guard.template import judge
from tests.guard.sites import ask


def jinja(source: str, **values: Any) -> Any:
    jinja2 = pytest.importorskip("jinja2")
    return jinja2.Environment().from_string(source).render(**values)


def jinja_template(source: str, **values: Any) -> Any:
    return pytest.importorskip("jinja2").Template(source).render(**values)


def jinja_compiled(source: str, **values: Any) -> Any:
    jinja2 = pytest.importorskip("jinja2")
    environment = jinja2.Environment()
    return jinja2.Template.from_code(environment, environment.compile(source), {}).render(**values)


def jinja_own_marks(source: str, **values: Any) -> Any:
    jinja2 = pytest.importorskip("jinja2")
    return jinja2.Environment("<?", "?>", "<%", "%>").from_string(source).render(**values)


def in_flask(source: str, **values: Any) -> Any:
    return pytest.importorskip("flask").render_template_string(source, **values)


def django(source: str, **values: Any) -> Any:
    template = pytest.importorskip("django.template")
    return template.Engine().from_string(source).render(template.Context(values))


def mako(source: str, **values: Any) -> Any:
    return pytest.importorskip("mako.template").Template(source).render(**values)


def tornado(source: str, **values: Any) -> Any:
    return pytest.importorskip("tornado.template").Template(source).generate(**values)


ENGINES: dict[Callable[..., Any], tuple[str, ...]] = {
    jinja: ("{{ 7*7 }}", "{% set x = 1 %}", "{# gone #}", "a {{ config }}", "{{''.__class__}}"),
    jinja_template: ("{{ 7*7 }}",),
    jinja_compiled: ("{{ 7*7 }}",),
    jinja_own_marks: ("<% 7*7 %>", "<? set x = 1 ?>"),
    in_flask: ("{{ config.items() }}", "{% for x in (1, 2) %}a{% endfor %}"),
    django: ("{% debug %}", "{{ a.b }}", "{# gone #}", "{% load i18n %}"),
    mako: ("${7*7}", "<% x = 1 %>", "<%! import os %>", "% if True:\n% endif\n", "## gone"),
    tornado: ("{{ 7*7 }}", "{% import os %}", "{# gone #}"),
}
ATTACKS = [(engine, attack) for engine, attacks in ENGINES.items() for attack in attacks]
BENIGN = ["Ada & Bob", "50 % off {now}", 'it\'s $5 # 1 "quoted"', "a < b > c", "(1) * [2] } {", "C:\\x\\y"]


def name(case: object) -> str:
    return str(getattr(case, "__name__", repr(case)))


def needs(engine: Callable[..., Any]) -> None:
    pytest.importorskip({django: "django", mako: "mako.template", tornado: "tornado.template"}.get(engine, "jinja2"))


@pytest.mark.parametrize(("engine", "attack"), ATTACKS, ids=name)
def test_syntax_of_a_request_is_not_compiled(engine: Callable[..., Any], attack: str) -> None:
    needs(engine)
    start = "Dear " if "\n" not in attack and "##" not in attack else ""
    assert ask(lambda value: engine(start + value + "!"), attack) == 403
    assert ask(lambda value: engine(value), attack) == 403
    assert ask(lambda value: engine(start + value), attack, Plan.of([Guard(mode="block", template="off")])) != 403


@pytest.mark.parametrize("benign", BENIGN)
@pytest.mark.parametrize("engine", ENGINES, ids=name)
def test_text_of_a_request_is_data(engine: Callable[..., Any], benign: str) -> None:
    needs(engine)
    assert ask(lambda value: engine("Dear " + value + "!"), benign) == 200


@pytest.mark.parametrize(("engine", "attack"), ATTACKS, ids=name)
def test_a_variable_is_never_syntax(engine: Callable[..., Any], attack: str) -> None:
    source = {jinja_own_marks: "<% v %>", mako: "${v}"}.get(engine, "{{ v }}")
    needs(engine)
    assert ask(lambda value: engine(source, v=value), attack) == 200


def test_an_input_inside_a_literal_of_an_expression() -> None:
    assert ask(lambda value: jinja("{{ '" + value + "'|upper }}"), "it is (a) | b") == 200
    assert ask(lambda value: jinja("{{ '" + value + "'|upper }}"), "' ~ self ~ '") == 403
    assert ask(lambda value: django("{{ x|default:'" + value + "' }}"), "it is (a) | b") == 200
    assert ask(lambda value: django("{{ x|default:'" + value + "' }}"), "'|add:x.y|add:'") == 403
    assert ask(lambda value: jinja("{% raw %}" + value + "{% endraw %}"), "{{ 7*7 }}") == 200
    assert ask(lambda value: jinja("{% raw %}" + value + "{% endraw %}"), "{% endraw %}{{ 7*7 }}") == 403


def test_a_template_of_a_file_that_has_the_same_words(tmp_path: Path) -> None:
    jinja2 = pytest.importorskip("jinja2")
    (tmp_path / "page.html").write_text("Hello {{ user.name }}")

    def page(value: str) -> Any:
        environment = jinja2.Environment(loader=jinja2.FileSystemLoader(tmp_path))
        return environment.get_template("page.html").render(user={"name": value})

    assert ask(page, "{{ user.name }}") == 200


def test_a_constant_of_the_code_that_has_the_same_words() -> None:
    assert ask(lambda value: jinja("Hello {{ user }}"), "{{ user }}") == 200


@pytest.mark.parametrize(("value", "status"), [("7 * 7", 403), ("'a text'", 200)])
def test_an_expression_of_a_request(value: str, status: int) -> None:
    jinja2 = pytest.importorskip("jinja2")
    assert ask(lambda value: jinja2.Environment().compile_expression(value)(), value) == status


def test_a_sandbox_is_meant_for_templates_of_others() -> None:
    sandbox = pytest.importorskip("jinja2.sandbox")
    assert ask(lambda value: sandbox.SandboxedEnvironment().from_string(value).render(), "{{ 7*7 }}") == 200


def test_starlette() -> None:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route
    from starlette.testclient import TestClient

    from hauberk.adapters.asgi import ASGIShield
    from tests.guard.sites import BLOCK

    async def page(request: Request) -> Response:
        return PlainTextResponse(jinja(f"Hello {request.query_params['v']}"))

    with TestClient(ASGIShield(Starlette(routes=[Route("/", page)]), BLOCK)) as client:
        assert client.get("/", params={"v": "{{ 7*7 }}"}).status_code == 403
        assert client.get("/", params={"v": "{ 7*7 }"}).text == "Hello { 7*7 }"


TEMPLATES = ("x {} y", "{% if x %}{}{% endif %}", "{{ '{}' }}", "{# {} #}{{ x }}")


def nodes(source: str) -> list[str]:
    jinja2 = pytest.importorskip("jinja2")
    tree = jinja2.Environment(keep_trailing_newline=True).parse(source)
    return [type(node).__name__ for node in tree.find_all(jinja2.nodes.Node)]


@given(st.text(alphabet="{}%#$<>!ab'\"\n -", min_size=2))
def test_an_input_that_changes_what_jinja_parses_is_an_attack(value: str) -> None:
    jinja2 = pytest.importorskip("jinja2")
    for template in TEMPLATES:
        source = template.replace("{}", value)
        try:
            changed = nodes(source) != nodes(template.replace("{}", "a"))
        except jinja2.TemplateSyntaxError:
            continue
        if changed and source.count(value) == 1 and len(value.strip()) > 1:
            assert judge(source, value, "jinja2").attack, source


@given(st.text())
def test_any_text_is_judged(text: str) -> None:
    for dialect in ("jinja2", "django", "mako", "tornado", "unknown"):
        judge(f"a {text} b", text, dialect)
