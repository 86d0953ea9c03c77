"""XPath expressions: what an input does in them, by the pure judge and through lxml, ElementTree and elementpath."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import elementpath
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from lxml import html as lxml_html

from hauberk.core.plan import Plan
from hauberk.guard import Guard, install
from hauberk.guard.xpath import judge, shape
from tests.guard.sites import ask

DOCUMENT = "<users><user name='ada' pin='1'/><user name='bob' pin='2'/><user name=\"o'brien\" pin='3'/></users>"

ATTACKS = [
    ("//user[@name='{}']", "' or '1'='1"),
    ("//user[@name='{}']", "x'] | //user[@pin='1"),
    ('//user[@name="{}"]', '" or ""="'),
    ("//user[@name='{}' and @pin='1']", "ada' or ''='"),
    ("//user[{}]", "last()"),
    ("//user[{}]", "1 or 1"),
    ("//{}", "user/@pin"),
    ("//user[@name='{}']", "a'"),
    ("//user[@name='{}']/@pin", "x']/../*[1"),
    ("count(//{})", "*|//@*"),
    ("//user[contains(@name, '{}')]", "')] | //*[contains(., '"),
    ("//user[@id={}]", "1 (: it :) or 2"),
]
INERT = [
    ("//user[@name='{}']", "a text, with (signs) = / | [1]"),
    ('//user[@name="{}"]', "o'brien"),
    ("//user[@name='{}']", "' or '1'='1".replace("'", '"')),
    ("//user[@id={}]", "12.5"),
    ("//user[@id={}]", "'a text'"),
    ("//{}", "a-b"),
    ("//{}", "{http://ns.example/}user"),
]


@pytest.mark.parametrize(("template", "value"), ATTACKS)
def test_an_input_that_is_syntax_is_an_attack(template: str, value: str) -> None:
    assert judge(template.replace("{}", value), value).attack


@pytest.mark.parametrize(("template", "value"), INERT)
def test_an_input_inside_one_literal_is_inert(template: str, value: str) -> None:
    assert judge(template.replace("{}", value), value).verdict == "inert"


@given(st.text(min_size=2))
def test_doubled_marks_stay_inside(value: str) -> None:
    doubled = value.replace("'", "''")
    assert not judge(f"//a[@b='{doubled}']", value).attack


@given(st.text(max_size=50))
def test_any_text_has_a_shape(text: str) -> None:
    shape(text)
    judge(f"//a[{text}]", text)


TREE = etree.fromstring(DOCUMENT)
STANDARD = ET.fromstring(DOCUMENT)
Find = Callable[[str], Any]
WAYS: dict[str, Find] = {
    "element.xpath": lambda path: TREE.xpath(path),
    "tree.xpath": lambda path: TREE.getroottree().xpath(path),
    "XPath": lambda path: etree.XPath(path)(TREE),
    "ETXPath": lambda path: etree.ETXPath(path)(TREE),
    "XPathEvaluator": lambda path: etree.XPathEvaluator(TREE)(path),
    "XPathEvaluator(tree)": lambda path: etree.XPathEvaluator(TREE.getroottree())(path),
    "html": lambda path: lxml_html.fromstring(f"<div>{DOCUMENT}</div>").xpath(path),
    "elementpath.select": lambda path: elementpath.select(STANDARD, path),
    "elementpath.Selector": lambda path: elementpath.Selector(path).select(STANDARD),
    "elementpath of lxml": lambda path: elementpath.select(TREE, path, parser=elementpath.XPath1Parser),
}
FINDERS: dict[str, Find] = {
    "ElementTree.findall": lambda path: STANDARD.findall("." + path),
    "ElementTree.find": lambda path: STANDARD.find("." + path),
    "ElementTree.iterfind": lambda path: [*STANDARD.iterfind("." + path)],
    "lxml.findall": lambda path: TREE.findall("." + path),
    "lxml.findtext": lambda path: TREE.getroottree().findtext("." + path),
}


@pytest.mark.parametrize("way", [*WAYS, *FINDERS])
def test_every_way_to_an_expression_is_watched(way: str) -> None:
    install()
    find = (WAYS | FINDERS)[way]

    def named(value: str) -> Any:
        return find(f"//user[@name='{value}']")

    assert ask(named, "x'] | //user[@pin='1" if way in WAYS else "x']/..//user[@pin='1") == 403
    assert ask(named, "ada lovelace") == 200
    assert ask(named, "x'] | //user[@pin='1" if way in WAYS else "x']/..", OBSERVE) in {200, 500}


OBSERVE = Plan.of([Guard(mode="block", xpath="observe")])


@pytest.mark.parametrize("value", ["' or '1'='1", "//user[@name='ada']"])
def test_a_variable_and_a_constant_are_no_syntax(value: str) -> None:
    install()
    assert ask(lambda value: TREE.xpath("//user[@name=$name]", name=value), value) == 200
    assert ask(lambda value: TREE.xpath("//user[@name='ada']"), value) == 200


def test_classes_stay_what_they_were() -> None:
    install()
    assert isinstance(etree.XPath("//user"), etree.XPath)
    assert TREE.xpath("count(//user)") == 3
    assert [user.get("pin") for user in TREE.xpath("//user[@name=$n]", n="o'brien")] == ["3"]
    with pytest.raises(etree.XPathEvalError):
        TREE.xpath("//[")
