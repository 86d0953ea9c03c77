"""What became of a canary in a page."""

import pytest

from hauberk.scan.oracles.markup import contexts, escape
from hauberk.scan.oracles.script import states

C = "hbk0a1b2c3d"


@pytest.mark.parametrize(
    "page",
    [
        f"<p><{C}></p>",
        f"<p {C}=1>",
        f'<input value="x" {C}=1>',
        f"<svg><{C} /></svg>",
        f"<a href='javascript:{C}'>x</a>",
        f"<a href=' JaVa\tscript:{C}'>x</a>",
        f"<form action=javascript:{C}></form>",
        f"<button onclick=\"go('{C}'-{C}-'')\">",
        f"<button onclick='go(&#39;{C}&#39;-{C}-&#39;&#39;)'>",
        f"<script>var a='{C}'-{C}-'';</script>",
        f"<script>var a=`{C}${{{C}}}`;</script>",
        f'<script type=module>a="{C}"-{C}-""</script>',
        f"<textarea></textarea><{C}>",
        f"<!-- --><{C}>",
        f"<TITLE></TITLE><{C.upper()}>",
    ],
)
def test_markup_or_code(page: str) -> None:
    assert escape(page, C)


@pytest.mark.parametrize(
    "page",
    [
        "<p>nothing</p>",
        f"<p>{C}</p>",
        f"&lt;{C}&gt;",
        f"<p title='{C}&#39; {C}=1&gt;&lt;{C}&gt;'>",
        f"<textarea><{C}></textarea>",
        f"<title><{C}></title>",
        f"<!-- <{C}> -->",
        f"<a href='/x?u=javascript:{C}'>x</a>",
        f"<a href='https://e.example/{C}'>x</a>",
        f"<script>var a='{C}\\'-{C}-\\'';</script>",
        f"<script>var a='{C}\\u003c{C}';</script>",
        f"<script type='application/json'>{{\"a\": \"{C}'-{C}-'\"}}</script>",
        f"<script>var a=\"{C}'-{C}-'\";</script>",
        f"<script>// '{C}' {C}\n</script>",
        f"<script>var a='{C}\n{C}';</script>",
        f"<button onclick=\"go('{C}\\'-{C}-\\'')\">",
        f"<style>p::after{{content:'<{C}>'}}</style>",
        f"<noscript><p title='{C}'></noscript>",
    ],
)
def test_still_a_value(page: str) -> None:
    assert escape(page, C) is None


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        (f"<p>{C}", "text"),
        (f"<p title={C}>", "attribute"),
        (f"<a href='{C}/x'>", "url"),
        (f"<a href='/x/{C}'>", "attribute"),
        (f"<b onclick='f(\"{C}\")'>", "handler"),
        (f"<script>a='{C}'</script>", "script"),
        (f"<script type=text/template>{C}</script>", "data"),
        (f"<title>{C}</title>", "raw"),
        (f"<!-- {C} -->", "comment"),
    ],
)
def test_contexts(page: str, kind: str) -> None:
    assert [context.kind for context in contexts(page, C)] == [kind]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("W", [""]),
        ("'W'", ["'"]),
        ('"a\'W"', ['"']),
        ("'\\'W'", ["'"]),
        ("'\\\\'+W", [""]),
        ("`${W}W`", ["", "`"]),
        ("`${{a:1}.a}W`", ["`"]),
        ("/* ' */W", [""]),
        ("/* W */", ["/*"]),
        ("// 'W\nW", ["//", ""]),
        ("'a\nW", ["!"]),
        ("", []),
    ],
)
def test_where_a_word_stands_in_javascript(code: str, expected: list[str]) -> None:
    assert list(states(code, "W")) == expected
